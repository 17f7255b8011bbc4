//! A real PostgreSQL for tests: Debian's, on a socket of its own, gone with the process that started it.
//!
//! Where it is not installed a test says so and passes, or fails with `PROTOGATE_REQUIRE_PEERS=1`; nothing is
//! installed from here (tests/peers/install.sh does that).

use std::io::{self, BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio_postgres::NoTls;
use user_service::store::PostgresStore;
use user_service::store::postgres::PostgresOptions;

/// Makes a database folder $2 with the programs in $1, if there is none, and serves it on a socket there until stdin
/// says a signal, or ends with its writer. PostgreSQL refuses to run as root: it runs as the user of its package then.
/// Nothing in it has to survive the machine, so nothing is synced.
const SCRIPT: &str = r#"
as=
if [ "$(id -u)" = 0 ]; then
    chown postgres "$2"
    as="setpriv --reuid=postgres --regid=postgres --clear-groups"
fi
cd "$2" || exit 1
[ -d data ] || $as "$1/initdb" -D data -A trust -U postgres --no-sync --encoding=UTF8 --locale=C >initdb.log 2>&1 ||
    { cat initdb.log >&2; exit 1; }
$as "$1/postgres" -D data -k "$2" -c listen_addresses= -c fsync=off -c max_connections=200 >>log 2>&1 &
pid=$!
read -r how
kill "-${how:-INT}" "$pid"
wait "$pid"
[ -n "$how" ] || rm -rf "$2"
echo stopped
"#;

/// The folder of the programs.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.extend(std::env::split_paths(&path));
    folders.into_iter().find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// [`programs`]; without them says so, or panics where peers are required.
fn programs_or_skip() -> Option<PathBuf> {
    let found = programs();
    if found.is_none() {
        let message = "no PostgreSQL is installed: run tests/peers/install.sh";
        let required = std::env::var_os("PROTOGATE_REQUIRE_PEERS").is_some_and(|value| value == "1");
        assert!(!required, "{message}");
        // Not eprintln!: the harness keeps what it prints to itself when the test passes.
        io::stderr().write_all(format!("skipped: {message}\n").as_bytes()).unwrap();
    }
    found
}

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
        let log = self.folder.join("log");
        while tokio_postgres::connect(&self.url("postgres"), NoTls).await.is_err() {
            let ended = self.server.as_mut().and_then(|server| server.try_wait().unwrap());
            assert!(ended.is_none(), "{}", std::fs::read_to_string(&log).unwrap_or_default());
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
