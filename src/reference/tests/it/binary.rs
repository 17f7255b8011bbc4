//! The real binary: its one line, its exit codes, its signals and what it says when it cannot start.

use std::path::Path;
use std::process::{Output, Stdio};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::server::{Client, connect, create, nth};

/// The binary with these arguments, on a free port, with nothing of this user's surroundings.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_user-service"));
    command.args(["--addr", "127.0.0.1:0"]).args(args).env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Starts it and waits for its line: the process, and where it listens.
pub async fn start(mut command: Command) -> (Child, String) {
    let mut child = command.spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
    let Some(line) = stdout.next_line().await.unwrap() else {
        panic!("no line on stdout: {:?}", child.wait_with_output().await);
    };
    (child, line.strip_prefix("listening on ").expect("the promised line").to_owned())
}

/// Starts it and waits for both of its lines: the process, where it listens, and the address of its page.
pub async fn start_with_page(mut command: Command) -> (Child, String, String) {
    let mut child = command.spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut after = async |words: &str| {
        let line = stdout.next_line().await.unwrap().expect("a line on stdout");
        line.strip_prefix(words).expect("the promised line").to_owned()
    };
    let (uri, page) = (after("listening on ").await, after("metrics on http://").await);
    (child, uri, page.trim_end_matches("/metrics").to_owned())
}

pub fn store(path: &Path) -> [&str; 2] {
    ["--store", path.to_str().unwrap()]
}

/// Asserts that it could not start, and that it said why in one sentence with all of `words`.
pub async fn refuses(mut command: Command, words: &[&str]) {
    let Output { status, stdout, stderr } = command.output().await.unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert_eq!((status.code(), stdout.as_slice()), (Some(2), &b""[..]), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    for word in words {
        assert!(said.contains(word), "{word}: {said}");
    }
}

#[cfg(unix)]
pub async fn signal(child: &Child, signal: &str) {
    let pid = child.id().expect("it is running").to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().await.unwrap().success());
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_stops_it_and_its_file_is_kept() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("users.redb");
    let mut users = Vec::new();
    for (round, name) in ["-TERM", "-INT"].into_iter().enumerate() {
        let (mut child, uri) = start(command(&store(&path))).await;
        let mut client = Client::new(connect(&uri).await);
        users.push(create(&mut client, nth(round)).await);
        let kept = client.stream_users(crate::server::window(0, 0)).await.unwrap();
        assert_eq!(crate::server::all(kept).await, users);
        signal(&child, name).await;
        assert_eq!(child.wait().await.unwrap().code(), Some(0), "{name}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let (mut child, uri) = start(command(&["--store", "memory", "--drain", "600"])).await;
    let (_send, receive) = tokio::sync::mpsc::channel(1);
    let chat = tokio_stream::wrappers::ReceiverStream::new(receive);
    let channel = connect(&uri).await;
    let _answers = Client::new(channel.clone()).chat(chat).await.unwrap();
    let mut health = tonic_health::pb::health_client::HealthClient::new(channel);
    let mut watch = health.watch(tonic_health::pb::HealthCheckRequest::default()).await.unwrap().into_inner();
    watch.message().await.unwrap();
    signal(&child, "-TERM").await;
    // NOT_SERVING: the first signal has arrived, and the open chat holds the server.
    watch.message().await.unwrap();
    signal(&child, "-INT").await;
    assert_eq!(child.wait().await.unwrap().code(), Some(128 + 2));
}

#[cfg(unix)]
#[tokio::test]
async fn it_serves_on_after_it_ran_out_of_file_descriptors() {
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n 24 && exec \"$0\" --addr 127.0.0.1:0 --store memory --log"]);
    shell.arg(env!("CARGO_BIN_EXE_user-service")).env_clear().kill_on_drop(true);
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (mut child, uri) = start(shell).await;
    let addr = uri.strip_prefix("http://").unwrap();
    let mut crowd = Vec::new();
    for _ in 0..32 {
        crowd.push(tokio::net::TcpStream::connect(addr).await.unwrap());
    }
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = log.next_line().await.unwrap().unwrap();
    assert!(line.contains("cannot accept a connection"), "{line}");
    drop(crowd);
    create(&mut Client::new(connect(&uri).await), nth(1)).await;
}

#[tokio::test]
async fn an_address_in_use_or_of_nobody_is_refused() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("users.redb");
    let at = |addr: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_user-service"));
        command.args(store(&path)).args(["--addr", addr]);
        command
    };
    refuses(at(&addr), &[&addr, "--addr", "port 0"]).await;
    refuses(at("nonsense"), &["nonsense", "HOST:PORT"]).await;
    assert!(!path.exists(), "no store is left behind");
}

#[tokio::test]
async fn a_store_that_is_in_use_damaged_or_nowhere_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("users.redb");
    let (_child, _) = start(command(&store(&path))).await;
    refuses(command(&store(&path)), &["users.redb", "in use by another process", "stop"]).await;

    let text = folder.path().join("text");
    std::fs::write(&text, "these are not the users you are looking for".repeat(1000)).unwrap();
    refuses(command(&store(&text)), &["text", "damaged", "backup"]).await;

    refuses(command(&store(&folder.path().join("no/users.redb"))), &["no/users.redb", "folder"]).await;
    refuses(command(&[]), &["HOME", "--store"]).await;
}

#[tokio::test]
async fn a_store_with_damaged_pages_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("users.redb");
    let kept = user_service::store::EmbeddedStore::open(&path).unwrap();
    let users = (0..2000).map(|number| user_service::store::NewUser {
        name: format!("User {number}"),
        email: format!("user{number}@example.com"),
        created_at: 1,
    });
    user_service::store::UserStore::create(&kept, users.collect()).await.unwrap();
    drop(kept);
    let whole = std::fs::read(&path).unwrap();
    // All but the page of the header; one byte in the middle of a page; the second half.
    let flipped = whole.iter().enumerate().map(|(at, byte)| if at < 4096 { *byte } else { byte ^ 0x55 });
    let email = b"user1000@example.com";
    let at = whole.windows(email.len()).position(|bytes| bytes == email).unwrap();
    let one = whole.iter().enumerate().map(|(place, byte)| if place == at { b'v' } else { *byte });
    for bytes in [flipped.collect(), one.collect(), whole[..whole.len() / 2].to_vec()] {
        std::fs::write(&path, bytes).unwrap();
        refuses(command(&store(&path)), &["damaged", "backup"]).await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn without_a_store_users_are_kept_in_the_data_folder() {
    let folder = TempDir::new().unwrap();
    let cases = [("XDG_DATA_HOME", "protogate/users.redb"), ("HOME", ".local/share/protogate/users.redb")];
    for (variable, path) in cases {
        let mut command = command(&[]);
        command.env(variable, folder.path());
        let (_child, _) = start(command).await;
        assert!(folder.path().join(path).exists(), "{path}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_closed_stdout_is_no_reason_to_panic() {
    // Nobody can say which port it took, so it is given one, on a loopback address that is used here only.
    let reserved = std::net::TcpListener::bind("127.0.0.77:0").unwrap();
    let addr = reserved.local_addr().unwrap().to_string();
    drop(reserved);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut server = Command::new(env!("CARGO_BIN_EXE_user-service"));
    server.args(["--store", "memory", "--addr", &addr]).stdout(writer).stderr(Stdio::piped());
    let mut child = server.kill_on_drop(true).spawn().unwrap();
    while tokio::net::TcpStream::connect(&addr).await.is_err() {
        assert_eq!(child.try_wait().unwrap(), None, "it has ended");
        tokio::task::yield_now().await;
    }
    create(&mut Client::new(connect(&format!("http://{addr}")).await), nth(1)).await;
    signal(&child, "-TERM").await;
    let output = child.wait_with_output().await.unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[tokio::test]
async fn help_shows_examples_and_a_log_shows_calls_and_no_users() {
    let mut help = command(&[]);
    let help = help.arg("--help").output().await.unwrap();
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8(help.stdout).unwrap().contains("Examples:"));

    let (mut child, uri) = start(command(&["--store", "memory", "--log"])).await;
    let mut client = Client::new(connect(&uri).await);
    create(&mut client, nth(1)).await;
    client.create_user(nth(1)).await.unwrap_err();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    for status in ["status=OK", "status=ALREADY_EXISTS"] {
        let line = log.next_line().await.unwrap().unwrap();
        assert!(line.contains("/user.UserService/CreateUser") && line.contains(status), "{line}");
        assert!(line.contains("elapsed_us") && !line.contains("user1"), "{line}");
    }
}
