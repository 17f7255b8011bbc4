//! Where PostgreSQL is installed, and how a server of its own is started.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Makes a database folder $2 with the programs in $1, if there is none, and serves it on a socket there until stdin
/// says a signal, or ends with its writer. PostgreSQL refuses to run as root: it runs as the user of its package then.
/// Nothing in it has to survive the machine, so nothing is synced.
pub const SCRIPT: &str = r#"
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

/// When a server that does not answer has failed: its folder could not be made, or it ended, and the script waits on.
pub const LONGEST_START: Duration = Duration::from_secs(120);

/// What the server of the database folder said.
pub fn log(folder: &Path) -> String {
    ["initdb.log", "log"].map(|name| std::fs::read_to_string(folder.join(name)).unwrap_or_default()).concat()
}

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
pub fn programs_or_skip() -> Option<PathBuf> {
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
