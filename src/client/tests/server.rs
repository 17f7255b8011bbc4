//! A server that plays a script: what each test calls. Knows gRPC only as bytes.

use std::{
    future::poll_fn,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use bytes::Bytes;
use h2::{
    Reason, RecvStream, SendStream,
    server::{Builder, SendResponse},
};
use http::{HeaderMap, HeaderName, Request, Response};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;

pub type Headers = &'static [(&'static str, &'static str)];

/// What happens on one connection; the last one is used again for all that follow.
#[derive(Debug, Clone)]
pub enum Play {
    /// HTTP/2: every stream is answered with these acts.
    Acts(Vec<Act>),
    /// The same, with a limit of concurrent streams and a stream window in bytes.
    Narrow { streams: u32, window: u32, acts: Vec<Act> },
    /// HTTP/2: acts by the path of the request; an unknown path is UNIMPLEMENTED.
    ByPath(Vec<(&'static str, Vec<Act>)>),
    /// These bytes, whatever the client says, and the end of the connection.
    Bytes(Vec<u8>),
    /// The same, once the head of a request has arrived.
    AfterHead(Vec<u8>),
    /// HTTP/2 by hand: once so many requests have come, GOAWAY without an error for all but the first, which is
    /// answered with `first`. As servers do it whose connections have a maximum age, with a first GOAWAY that takes
    /// everything, or at once.
    Aged { after: usize, warns: bool },
    /// Not a byte, ever.
    Silence,
    /// The connection is closed at once.
    Closed,
}

/// One thing the server does on a stream, in order.
#[derive(Debug, Clone)]
pub enum Act {
    /// Response headers.
    Head(u16, Headers),
    /// Response headers with END_STREAM.
    HeadOnly(u16, Headers),
    /// A body chunk as it is.
    Data(Bytes),
    /// An empty DATA frame with END_STREAM.
    EndData,
    Trailers(Headers),
    /// Reads this many bytes of the request body.
    Read(usize),
    /// Reads the request body to its end.
    ReadAll,
    /// Sends the request body back as it arrives, to its end.
    Echo,
    /// Answers with the length of the request's body and its request headers of this name, as one message.
    Describe(&'static str),
    Reset(Reason),
    /// GOAWAY with this code, and the end of the connection.
    GoAway(Reason),
    /// GOAWAY without an error; open streams may finish.
    Graceful,
    /// The end of the connection in the middle of whatever goes on.
    Close,
    /// Nothing more, ever.
    Hold,
    /// The same chunk until the client wants no more.
    Flood(Bytes),
}

pub const OK: Headers = &[("grpc-status", "0")];
pub const GRPC: Headers = &[("content-type", "application/grpc")];

pub struct Server {
    pub addr: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    pub fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }
}

pub async fn serve(plays: Vec<Play>) -> Server {
    serve_on(TcpListener::bind("127.0.0.1:0").await.unwrap(), plays)
}

pub fn serve_on(listener: TcpListener, plays: Vec<Play>) -> Server {
    serve_with(listener, plays, None)
}

/// In TLS; a handshake that fails is the end of its connection.
pub async fn serve_tls(plays: Vec<Play>, tls: TlsAcceptor) -> Server {
    serve_with(TcpListener::bind("127.0.0.1:0").await.unwrap(), plays, Some(tls))
}

fn serve_with(listener: TcpListener, plays: Vec<Play>, tls: Option<TlsAcceptor>) -> Server {
    let addr = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let index = count.fetch_add(1, SeqCst).min(plays.len() - 1);
            socket.set_nodelay(true).unwrap();
            let (play, tls) = (plays[index].clone(), tls.clone());
            tokio::spawn(async move {
                match tls {
                    None => connection(socket, play).await,
                    Some(tls) => {
                        if let Ok(socket) = tls.accept(socket).await {
                            connection(socket, play).await;
                        }
                    }
                }
            });
        }
    });
    Server { addr, connections }
}

enum Control {
    GoAway(Reason),
    Graceful,
    Close,
}

/// What a play is spoken over.
trait Socket: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Socket for S {}

async fn connection(mut socket: impl Socket, play: Play) {
    match play {
        Play::Closed => {}
        Play::Aged { after, warns } => drop(aged(&mut socket, after, warns).await),
        Play::Silence => std::future::pending().await,
        Play::AfterHead(bytes) => {
            await_request(&mut socket).await;
            raw(socket, bytes).await;
        }
        Play::Bytes(bytes) => raw(socket, bytes).await,
        Play::Acts(acts) => http2(socket, Builder::new(), move |_| acts.clone()).await,
        Play::Narrow { streams, window, acts } => {
            let mut builder = Builder::new();
            builder.max_concurrent_streams(streams).initial_window_size(window);
            http2(socket, builder, move |_| acts.clone()).await;
        }
        Play::ByPath(paths) => {
            http2(socket, Builder::new(), move |path| {
                let known = paths.iter().find(|(known, _)| *known == path);
                known.map_or_else(
                    || vec![Act::HeadOnly(200, &[("grpc-status", "12")])],
                    |(_, acts)| acts.clone(),
                )
            })
            .await;
        }
    }
}

async fn raw(mut socket: impl Socket, bytes: Vec<u8>) {
    let _ = socket.write_all(&bytes).await;
    let _ = socket.shutdown().await;
    // Reads on, so that closing is an end and not a TCP reset.
    while socket.read(&mut [0; 1024]).await.is_ok_and(|n| n > 0) {}
}

/// Reads the client's preface and frames up to its first HEADERS.
async fn await_request(socket: &mut impl Socket) -> Option<()> {
    socket.read_exact(&mut [0; 24]).await.ok()?;
    loop {
        let mut head = [0; 9];
        socket.read_exact(&mut head).await.ok()?;
        let len = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        socket.read_exact(&mut vec![0; len as usize]).await.ok()?;
        if head[3] == 1 {
            return Some(());
        }
    }
}

/// Reads until so many requests are here, says goodbye to all but the first, and answers that one.
async fn aged(socket: &mut impl Socket, after: usize, warns: bool) -> std::io::Result<()> {
    const ALL: u32 = 0x7fff_ffff;
    let frame = |kind: u8, flags: u8, stream: u32, payload: &[u8]| {
        let length = &(payload.len() as u32).to_be_bytes()[1..];
        [length, &[kind, flags], &stream.to_be_bytes(), payload].concat()
    };
    let goaway = |last: u32| frame(7, 0, 0, &[&last.to_be_bytes()[..], &[0; 4], b"max_age"].concat());
    // Literals without indexing; `:status: 200` is in the static table.
    let headers = |pairs: &[(&str, &str)]| {
        let literal = |(name, value): &(&str, &str)| {
            [&[0, name.len() as u8], name.as_bytes(), &[value.len() as u8], value.as_bytes()].concat()
        };
        pairs.iter().flat_map(literal).collect::<Vec<u8>>()
    };
    socket.read_exact(&mut [0; 24]).await?;
    socket.write_all(&frame(4, 0, 0, &[])).await?;
    let (mut requests, mut ended) = (0, 0);
    while ended < after {
        let mut head = [0; 9];
        socket.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        socket.read_exact(&mut payload).await?;
        match (head[3], head[4] & 1) {
            (6, 0) => socket.write_all(&frame(6, 1, 0, &payload)).await?,
            (1, _) => requests += 1,
            (0, end) => ended += usize::from(end),
            _ => {}
        }
    }
    assert_eq!(requests, after);
    if warns {
        socket.write_all(&goaway(ALL)).await?;
    }
    socket.write_all(&goaway(1)).await?;
    let head = [vec![0x88], headers(&[("content-type", "application/grpc")])].concat();
    socket.write_all(&frame(1, 4, 1, &head)).await?;
    socket.write_all(&frame(0, 0, 1, b"\0\0\0\0\x05first")).await?;
    socket.write_all(&frame(1, 5, 1, &headers(&[("grpc-status", "0")]))).await?;
    // Reads on, so that closing is an end and not a TCP reset.
    while socket.read(&mut [0; 1024]).await? > 0 {}
    Ok(())
}

async fn http2(socket: impl Socket, builder: Builder, acts: impl Fn(&str) -> Vec<Act>) {
    let Ok(mut connection) = builder.handshake::<_, Bytes>(socket).await else { return };
    let (control, mut controls) = mpsc::unbounded_channel();
    loop {
        tokio::select! {
            stream = connection.accept() => match stream {
                Some(Ok((request, respond))) => {
                    let acts = acts(request.uri().path());
                    tokio::spawn(stream_of(request, respond, acts, control.clone()));
                }
                _ => return,
            },
            Some(control) = controls.recv() => match control {
                Control::GoAway(reason) => connection.abrupt_shutdown(reason),
                Control::Graceful => connection.graceful_shutdown(),
                Control::Close => return,
            },
        }
    }
}

/// A client that goes away ends the play: `None` all the way up.
async fn stream_of(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    acts: Vec<Act>,
    control: mpsc::UnboundedSender<Control>,
) -> Option<()> {
    let (head, mut request) = request.into_parts();
    let mut body: Option<SendStream<Bytes>> = None;
    for act in acts {
        match act {
            Act::Head(status, headers) => {
                body = Some(respond.send_response(response(status, headers), false).ok()?)
            }
            Act::HeadOnly(status, headers) => {
                body = Some(respond.send_response(response(status, headers), true).ok()?);
            }
            Act::Data(data) => send(body.as_mut()?, data).await?,
            Act::EndData => body.as_mut()?.send_data(Bytes::new(), true).ok()?,
            Act::Trailers(trailers) => body.as_mut()?.send_trailers(map(trailers)).ok()?,
            Act::Read(mut left) => {
                while left > 0 {
                    left = left.saturating_sub(read(&mut request).await?.len());
                }
            }
            Act::ReadAll => while read(&mut request).await.is_some() {},
            Act::Echo => {
                while let Some(data) = read(&mut request).await {
                    send(body.as_mut()?, data).await?;
                }
            }
            Act::Describe(name) => {
                let mut len = 0;
                while let Some(data) = read(&mut request).await {
                    len += data.len();
                }
                let values: Vec<_> = head.headers.get_all(name).iter().map(|v| v.to_str().unwrap()).collect();
                let text = format!("{} {} {len} {}", head.method, head.uri, values.join("|"));
                send(body.as_mut()?, super::frame(text.as_bytes())).await?;
            }
            Act::Reset(reason) => match &mut body {
                Some(body) => body.send_reset(reason),
                None => respond.send_reset(reason),
            },
            Act::GoAway(reason) => control.send(Control::GoAway(reason)).ok()?,
            Act::Graceful => control.send(Control::Graceful).ok()?,
            Act::Close => control.send(Control::Close).ok()?,
            Act::Hold => {
                poll_fn(|cx| match &mut body {
                    Some(body) => body.poll_reset(cx),
                    None => respond.poll_reset(cx),
                })
                .await
                .ok()?;
            }
            Act::Flood(data) => loop {
                send(body.as_mut()?, data.clone()).await?;
            },
        }
    }
    Some(())
}

fn response(status: u16, headers: Headers) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = status.try_into().unwrap();
    *response.headers_mut() = map(headers);
    response
}

fn map(headers: Headers) -> HeaderMap {
    headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
}

async fn read(body: &mut RecvStream) -> Option<Bytes> {
    let data = body.data().await?.ok()?;
    body.flow_control().release_capacity(data.len()).ok()?;
    Some(data)
}

async fn send(body: &mut SendStream<Bytes>, mut data: Bytes) -> Option<()> {
    while !data.is_empty() {
        body.reserve_capacity(data.len());
        let room = poll_fn(|cx| body.poll_capacity(cx)).await?.ok()?;
        body.send_data(data.split_to(room.min(data.len())), false).ok()?;
    }
    Some(())
}
