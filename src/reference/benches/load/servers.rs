//! Servers as processes: ours and the peers.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tonic::Request;
use tonic::transport::{Channel, Endpoint};
use user_service::pb::user::CreateUserRequest;
use user_service::pb::user::user_service_client::UserServiceClient;

use crate::root;

/// What the service asks of its callers.
pub const TOKEN: &str = "a-token-of-the-benchmark";

/// A running server; it ends with the value.
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub address: String,
    /// The port for HTTP and JSON.
    pub rest: Option<String>,
    _folder: Option<TempDir>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(mut command: Command, has_rest: bool, folder: Option<TempDir>) -> Server {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut after = |words: &str| loop {
            let line = lines.next().expect("a server says where it listens").unwrap();
            if let Some(address) = line.strip_prefix(words) {
                return address.to_owned();
            }
        };
        let address = after("listening on ");
        let rest = has_rest.then(|| after("rest listening on "));
        Server { child, address, rest, _folder: folder }
    }

    /// The service on a file, with its log in a file, metrics, a deadline and a token.
    pub fn reference() -> Server {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("users.redb");
        let mut command = Server::of_ours(store.to_str().unwrap());
        command.arg("--log-file").arg(folder.path().join("calls.log"));
        command.args(["--token", TOKEN, "--deadline", "30s"]);
        command.args(["--metrics-addr", "127.0.0.1:0", "--rest-addr", "127.0.0.1:0"]);
        Server::start(command, true, Some(folder))
    }

    /// The service on a database that others use as well, without a token.
    pub fn on_database(url: &str) -> Server {
        Server::start(Server::of_ours(url), false, None)
    }

    fn of_ours(store: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_user-service"));
        command.args(["--addr", "127.0.0.1:0", "--store", store]);
        command
    }

    /// tonic alone.
    pub fn bare() -> Server {
        let program = Path::new(env!("CARGO_BIN_EXE_user-service")).with_file_name("examples/bare");
        Server::start(Command::new(program), false, None)
    }

    /// A first service in Python.
    pub fn python() -> Option<Server> {
        let python = peers().join("venv/bin/python");
        let mut command = Command::new(&python);
        command.arg(root().join("benches/reference/article.py"));
        command.env("PYTHONPATH", peers().join("pb2")).env("PYTHONDONTWRITEBYTECODE", "1");
        python.exists().then(|| Server::start(command, false, None))
    }

    /// The same in FastAPI, at a port that was free a moment ago.
    pub async fn fastapi() -> Option<Server> {
        let python = peers().join("rest-venv/bin/python");
        if !python.exists() {
            return None;
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(python);
        command.arg(root().join("benches/rest/users.py")).arg(port.to_string());
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Some(Server { child, address: format!("http://127.0.0.1:{port}"), rest: None, _folder: None })
    }

    pub async fn client(&self) -> UserServiceClient<Channel> {
        let endpoint = Endpoint::from_shared(self.address.clone()).unwrap();
        UserServiceClient::new(endpoint.connect().await.unwrap())
    }

    /// The id of a new user.
    pub async fn user(&self) -> String {
        let request = CreateUserRequest { name: "Ada Lovelace".into(), email: "ada@example.com".into() };
        self.client().await.create_user(with_token(request)).await.unwrap().into_inner().id
    }

    /// Resident memory in MiB, now and at most.
    pub fn memory(&self) -> (f64, f64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            kilobytes.unwrap_or(f64::NAN) / 1024.0
        };
        (of("VmRSS:"), of("VmHWM:"))
    }
}

pub fn with_token<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {TOKEN}").parse().unwrap());
    request
}

fn peers() -> PathBuf {
    std::env::var_os("PROTOGATE_PEERS").map_or_else(|| root().join("target/peers"), PathBuf::from)
}
