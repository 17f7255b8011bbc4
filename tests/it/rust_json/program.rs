//! A crate around generated files that answers lines.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use protogate::codegen::{Edits, FileSet};

const MANIFEST: &str = r#"[workspace]
[package]
name = "rust_json"
version = "0.0.0"
edition = "2024"
[dependencies]
prost = "0.14"
prost-types = "0.14"
prost-reflect = { version = "0.16", features = ["serde"] }
serde = { version = "1", features = ["derive"] }
serde_json = { version = "1", features = ["float_roundtrip", "preserve_order"] }
tonic = { version = "0.14", default-features = false, features = ["codegen", "router", "transport"] }
tonic-prost = "0.14"
[profile.dev]
debug = 0
"#;

const MAIN: &str = r##"//! Answers lines.
#[path = "../generated/methods/mod.rs"]
#[deny(warnings, missing_docs)]
pub mod methods;
#[path = "../generated/rust/mod.rs"]
pub mod pb;
#[path = "../generated/protojson/mod.rs"]
#[deny(warnings, missing_docs)]
pub mod protojson;

fn answer<M: prost::Message + Default + serde::Serialize + serde::de::DeserializeOwned>(
    kind: &str,
    text: &str,
) -> Result<String, String> {
    let message = if kind == "J" {
        serde_json::from_str::<M>(text).map_err(|error| error.to_string())?
    } else {
        let pairs = (0..text.len() / 2).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).unwrap());
        M::decode(&*pairs.collect::<Vec<u8>>()).map_err(|error| error.to_string())?
    };
    let json = serde_json::to_string(&message).map_err(|error| error.to_string())?;
    let back: M = serde_json::from_str(&json).map_err(|error| format!("{error} in {json}"))?;
    let hex: String = back.encode_to_vec().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{hex}\t{json}"))
}

fn name<E: serde::Serialize + serde::de::DeserializeOwned>(text: &str) -> Result<String, String> {
    let value: E = serde_json::from_str(text).map_err(|error| error.to_string())?;
    serde_json::to_string(&value).map_err(|error| error.to_string())
}

fn main() {
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let [what, kind, text] = line.splitn(3, '\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let said = match (what, kind) {
            (_, "M") => Ok(format!("{:?}", methods::find(what))),
ARMS
            _ => Err("no such type".to_owned()),
        };
        println!("{}", said.unwrap_or_else(|error| format!("error: {}", error.replace(['\n', '\t'], " "))));
    }
}
"##;

pub struct Program(PathBuf);

impl Program {
    /// Has cargo build it, with the versions of this workspace and no network.
    pub fn build(files: &FileSet) -> Program {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is inside the target folder");
        let root = target.join("it/rust_json");
        fs::create_dir_all(root.join("src")).unwrap();
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::copy(workspace.join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
        fs::write(root.join("Cargo.toml"), MANIFEST).unwrap();
        fs::write(root.join("src/main.rs"), MAIN.replace("ARMS", &arms(files))).unwrap();
        files.write(&root.join("generated"), Edits::KeepACopy).unwrap_or_else(|said| panic!("{said:#?}"));
        let cargo = Command::new(env!("CARGO"))
            .args(["build", "--offline", "--quiet", "--message-format", "short"])
            .current_dir(&root)
            .env("CARGO_TARGET_DIR", target)
            .env_remove("RUSTFLAGS")
            .output()
            .unwrap();
        assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
        Program(target.join("debug/rust_json"))
    }

    /// One answer per line.
    pub fn ask(&self, lines: &[String]) -> Vec<String> {
        let mut child = Command::new(&self.0).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let said: Vec<String> = said.lines().map(str::to_owned).collect();
        assert_eq!(said.len(), lines.len());
        said
    }
}

/// The types, as `protojson/mod.rs` lists them.
fn arms(files: &FileSet) -> String {
    let text = String::from_utf8(files.get("protojson/mod.rs").unwrap().to_vec()).unwrap();
    let listed = text.lines().filter_map(|line| line.strip_suffix(");")?.split_once('!'));
    let arms = listed.filter_map(|(list, rest)| {
        let (path, name) = rest.strip_prefix('(')?.split_once(", ")?;
        match list {
            "message" => {
                Some(format!("            ({name}, \"B\" | \"J\") => answer::<{path}>(kind, text),\n"))
            }
            "enumeration" => Some(format!("            ({name}, \"E\") => name::<{path}>(text),\n")),
            _ => None,
        }
    });
    arms.collect()
}
