//! A real PostgreSQL for tests: Debian's, on a socket of its own, gone with the process that started it.
//!
//! Where it is not installed a test says so and passes, or fails with `PROTOGATE_REQUIRE_PEERS=1`; nothing is
//! installed from here (tests/peers/install.sh does that).

#[path = "postgres/programs.rs"]
mod programs;

use std::io::{self, BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use programs::{LONGEST_START, SCRIPT, log, programs_or_skip};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio_postgres::NoTls;
use user_service::store::PostgresStore;
use user_service::store::postgres::PostgresOptions;

/// A folder of databases, and the server of it while it runs.
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    server: Option<Child>,
}

impl Cluster {
    /// A new one, if PostgreSQL is installed. It takes its folder with it.
    pub async fn start() -> Option<Self> {
        let programs = programs_or_skip()?;
        let folder = TempDir::new().unwrap().keep();
        let mut cluster = Self { folder, programs, server: None };
        cluster.resume().await;
        Some(cluster)
    }

    /// Starts the server again.
    pub async fn resume(&mut self) {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "sh"]).arg(&self.programs).arg(&self.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        self.server = Some(command.spawn().unwrap());
        let given_up = Instant::now() + LONGEST_START;
        while tokio_postgres::connect(&self.url("postgres"), NoTls).await.is_err() {
            let ended = self.server.as_mut().and_then(|server| server.try_wait().unwrap());
            assert!(ended.is_none() && Instant::now() < given_up, "{ended:?}: {}", log(&self.folder));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Stops the server with a signal: INT ends connections, QUIT is a crash.
    pub async fn stop(&mut self, signal: &'static str) {
        let mut server = self.server.take().unwrap();
        let ended = tokio::task::spawn_blocking(move || {
            writeln!(server.stdin.take().unwrap(), "{signal}").unwrap();
            let said = io::BufReader::new(server.stdout.take().unwrap()).lines().next().unwrap().unwrap();
            server.wait().unwrap();
            said
        });
        assert_eq!(ended.await.unwrap(), "stopped");
    }

    /// Where the database of this name is.
    pub fn url(&self, name: &str) -> String {
        url(&self.folder, name)
    }
}

fn url(folder: &Path, name: &str) -> String {
    format!("postgres://postgres@{}/{name}", folder.to_str().unwrap().replace('/', "%2F"))
}

/// A client of a database, for what a store cannot do.
pub async fn client(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The address of a new database of the server that all tests of this process share.
pub async fn database() -> Option<String> {
    static SHARED: OnceCell<Option<Cluster>> = OnceCell::const_new();
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let cluster = SHARED.get_or_init(Cluster::start).await.as_ref()?;
    let name = format!("test{}", NEXT.fetch_add(1, Ordering::Relaxed));
    client(&cluster.url("postgres")).await.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    Some(cluster.url(&name))
}

/// A store on the database at `url`, with few connections, as there are many tests.
pub async fn open(url: &str) -> PostgresStore {
    PostgresStore::open(url, PostgresOptions::default().with_connections(6)).await.unwrap()
}
