//! What the benchmarks share: files to work on, and what a process cost.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

/// protobuf's own files need editions and imports that the package does not ship: no tool compiles them.
const NOT_COMPARED: &str = "google/protobuf/";

#[derive(Clone, Copy)]
pub struct Cost {
    pub time: Duration,
    pub megabytes: f64,
}

/// Where `tests/peers/install.sh` put them.
pub fn peers() -> PathBuf {
    match std::env::var_os("PROTOGATE_PEERS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers"),
    }
}

/// Runs a process to its end, which has to be with this code.
pub fn run(program: &Path, arguments: &[&str], folder: &Path, code: i32) -> Cost {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let used = command.spawn().unwrap().wait4().unwrap();
    let time = started.elapsed();
    assert_eq!(used.status.code(), Some(code), "{command:?} in {}", folder.display());
    #[expect(clippy::cast_precision_loss)]
    let megabytes = used.rusage.maxrss as f64 / 1e6;
    Cost { time, megabytes }
}

/// What a first service looks like; it imports what comes with every compiler.
pub const SMALL: &str = r#"syntax = "proto3";
package small.v1;
import "google/protobuf/empty.proto";
import "google/protobuf/timestamp.proto";
service Users {
  rpc Get(GetRequest) returns (User);
  rpc List(ListRequest) returns (stream User);
  rpc Delete(GetRequest) returns (google.protobuf.Empty);
}
message GetRequest { string id = 1; }
message ListRequest { int32 page_size = 1; string page_token = 2; }
message User {
  string id = 1;
  string name = 2;
  repeated string emails = 3;
  Role role = 4;
  google.protobuf.Timestamp created = 5;
}
enum Role { ROLE_UNSPECIFIED = 0; ROLE_ADMIN = 1; }
"#;

/// Files by the names that imports use. Not their texts: a process starts with the peak of its parent.
pub type Protos = BTreeMap<String, PathBuf>;

/// Every `.proto` file of a package, by its path in it.
pub fn protos(root: &Path) -> Protos {
    let root = root.canonicalize().unwrap();
    let mut files = Protos::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".proto") && !name.starts_with(NOT_COMPARED) {
                files.insert(name, path);
            }
        }
    }
    files
}

/// The first files with all they import, until there are `count`.
pub fn closed(all: &Protos, count: usize) -> Protos {
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    for name in all.keys() {
        let mut waiting = vec![name.as_str()];
        while let Some(name) = waiting.pop() {
            if taken.len() < count && taken.insert(name) {
                let imports = imports(&all[name]).into_iter();
                waiting.extend(imports.filter_map(|import| Some(all.get_key_value(&import)?.0.as_str())));
            }
        }
    }
    // Whoever imports what was cut off at the end goes too, until nobody does.
    loop {
        let whole = |name: &&str| {
            let kept = |import: &String| taken.contains(import.as_str()) || !all.contains_key(import);
            imports(&all[*name]).iter().all(kept)
        };
        let kept: BTreeSet<&str> = taken.iter().copied().filter(|name| whole(name)).collect();
        if kept.len() == taken.len() {
            return kept.into_iter().map(|name| (name.to_owned(), all[name].clone())).collect();
        }
        taken = kept;
    }
}

fn imports(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let imports = text.lines().filter_map(|line| line.strip_prefix("import "));
    imports.filter_map(|rest| rest.split('"').nth(1)).map(str::to_owned).collect()
}

/// The files in a folder, linked where that is possible.
pub fn write(folder: &Path, files: &Protos) {
    for (name, from) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if fs::hard_link(from, &path).is_err() {
            fs::copy(from, path).unwrap();
        }
    }
}
