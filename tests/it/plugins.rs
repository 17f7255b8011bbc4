//! The plugin protocol with the others in it: buf and protoc run our generators, and we run others'.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::peers;
use super::run::{Ran, protogate};
use super::servers::{Server, python};

const PROTO: &str = "syntax = \"proto3\";\npackage shop.v1;\n// Sells things.\nservice Shop { rpc Get(Thing) returns (Thing); }\n\
                     message Thing { optional string name = 1; }\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("proto/shop/v1")).unwrap();
    fs::write(folder.path().join("proto/shop/v1/shop.proto"), PROTO).unwrap();
    folder
}

/// Without the first line, which names the command that made a file.
fn body(path: PathBuf) -> String {
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.split_once('\n').unwrap().1.to_owned()
}

#[track_caller]
fn succeeds(command: &mut Command) -> Ran {
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    ran
}

#[test]
fn buf_runs_our_generators() {
    let Some(buf) = peers::or_skip("buf") else { return };
    let folder = folder();
    let protogate_path = env!("CARGO_BIN_EXE_protogate");
    let plugin =
        |name: &str| format!("  - local: [{protogate_path:?}, plugin, {name}]\n    out: buf/{name}\n");
    let plugins: String = ["docs", "openapi", "python", "skeleton"].map(plugin).concat();
    fs::write(folder.path().join("buf.gen.yaml"), format!("version: v2\nplugins:\n{plugins}")).unwrap();
    succeeds(Command::new(&buf).current_dir(folder.path()).args(["generate", "proto"]));
    let outputs = ["docs", "openapi", "python", "skeleton"].map(|name| ["--output", name]).concat();
    let ours =
        protogate(folder.path(), &[&["generate", "proto", "--out", "ours"], outputs.as_slice()].concat());
    assert_eq!(ours.code, 0, "{ours:?}");
    for path in [
        "docs/index.md",
        "docs/index.html",
        "openapi/openapi.yaml",
        "python/shop/v1/shop_pb2_grpc.pyi",
        "skeleton/shop.rs",
    ] {
        assert_eq!(
            body(folder.path().join("buf").join(path)),
            body(folder.path().join("ours").join(path)),
            "{path}"
        );
    }
}

#[test]
#[cfg(unix)]
fn protoc_runs_our_generators_by_their_names() {
    let Some(mut protoc) = python("../no-script") else { return };
    let folder = folder();
    let link = folder.path().join("protoc-gen-protogate-docs");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_protogate"), &link).unwrap();
    let program = PathBuf::from(protoc.get_program());
    protoc = Command::new(program);
    fs::create_dir(folder.path().join("out")).unwrap();
    let plugin = format!("--plugin={}", link.display());
    let run = |arguments: &[&str]| {
        let mut command = Command::new(protoc.get_program());
        command.current_dir(folder.path()).args(["-m", "grpc_tools.protoc", "-Iproto", &plugin]);
        Ran::from(command.args(arguments).arg("shop/v1/shop.proto").output().unwrap())
    };
    let ran = run(&["--protogate-docs_out=out", "--protogate-docs_opt=title=Our shop"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let page = body(folder.path().join("out/index.md"));
    assert!(page.contains("# Our shop") && page.contains("Sells things."), "{page}");
    let refused = run(&["--protogate-docs_out=out", "--protogate-docs_opt=titel=x"]);
    assert!(refused.code != 0 && refused.stderr.contains("did you mean `title`?"), "{refused:?}");
}

/// A configuration with these plugins, each a command and what follows it.
fn configure(folder: &Path, plugins: &[(&[&str], &str)]) {
    let plugin =
        |(command, more): &(&[&str], &str)| format!("[[generate.plugin]]\ncommand = {command:?}\n{more}\n");
    let plugins: String = plugins.iter().map(plugin).collect();
    let text = format!("input = \"proto\"\n[generate]\nout = \"out\"\noutputs = [\"descriptor\"]\n{plugins}");
    fs::write(folder.join("protogate.toml"), text).unwrap();
}

#[test]
fn we_run_others_plugins() {
    let folder = folder();
    // Ours, as anybody's.
    let own = [env!("CARGO_BIN_EXE_protogate"), "plugin", "docs"];
    configure(folder.path(), &[(&own, "out = \"pages\"\noptions = [\"title=Plugged\"]")]);
    let made = protogate(folder.path(), &["generate"]);
    assert_eq!(made.code, 0, "{made:?}");
    assert!(body(folder.path().join("out/pages/index.md")).contains("# Plugged"));
    assert_eq!(protogate(folder.path(), &["generate", "--check"]).code, 0);
    let explained = protogate(folder.path(), &["generate", "--explain", "out/pages/index.md"]);
    assert!(explained.stdout.contains("plugin     protogate"), "{explained:?}");
}

#[test]
fn protoc_gen_es_makes_typescript() {
    let Some(node) = peers::or_skip("interop-node") else { return };
    let plugin = node.join(".bin/protoc-gen-es");
    let folder = folder();
    configure(folder.path(), &[(&[plugin.to_str().unwrap()], "out = \"ts\"\noptions = [\"target=ts\"]")]);
    let made = protogate(folder.path(), &["generate"]);
    assert_eq!(made.code, 0, "{made:?}");
    let text = fs::read_to_string(folder.path().join("out/ts/shop/v1/shop_pb.ts")).unwrap();
    assert!(text.contains("export type Thing") && text.contains("Sells things."), "{text}");
}

/// Our schema, with all it imports, as TypeScript that its compiler takes; and in it a client of connect-node, which calls
/// the reference.
#[test]
fn typescript_makes_the_round_trip_to_the_reference() {
    let Some(modules) = peers::or_skip("interop-node") else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let template = format!(
        "version: v2\nplugins:\n  - local: [{:?}]\n    out: gen\n    opt: [target=ts, import_extension=js]\n    \
         include_imports: true\ninputs:\n  - directory: {:?}\n",
        modules.join(".bin/protoc-gen-es"),
        root.join("proto")
    );
    fs::write(at.join("buf.gen.yaml"), template).unwrap();
    let made = protogate(at, &["generate"]);
    assert_eq!(made.code, 0, "{made:?}");
    for name in ["round_trip.ts", "tsconfig.json", "package.json"] {
        fs::copy(root.join("tests/interop/node").join(name), at.join(name)).unwrap();
    }
    // Where Node and the compiler look for packages.
    #[cfg(unix)]
    std::os::unix::fs::symlink(&modules, at.join("node_modules")).unwrap();
    succeeds(Command::new(modules.join(".bin/tsc")).args(["--project", "."]).current_dir(at));
    let server = Server::reference();
    let ran = succeeds(Command::new("node").args(["made/round_trip.js", &server.address]).current_dir(at));
    assert_eq!(ran.stdout, "a round trip of every kind\n");
    assert!(server.terminate().success());
}

#[test]
fn a_plugin_that_does_not_do_its_work_stops_everything() {
    let folder = folder();
    for (command, more, expected) in [
        (&["./none-here"][..], "out = \"x\"", "none-here cannot be started"),
        (&["sh", "-c", "cat >/dev/null; echo lost >&2; exit 4"], "out = \"x\"", "lost"),
        (&["sh", "-c", "sleep 60"], "out = \"x\"\ntime-limit = \"100ms\"", "did not end within 100ms"),
        (
            &["sh", "-c", "cat >/dev/null"],
            "out = \"x\"",
            "does not support `optional` of proto3, which shop.v1.Thing.name",
        ),
        (&["cat"], "out = \"x\"", "cat "),
        (&[], "out = \"x\"", "a plugin has no command"),
        (&["cat"], "out = \"docs/x\"", "which is a folder of ours"),
        (&["cat"], "out = \"../x\"", "outside"),
    ] {
        configure(folder.path(), &[(command, more)]);
        let ran = protogate(folder.path(), &["generate"]);
        assert_eq!(ran.code, 2, "{command:?}: {ran:?}");
        assert!(ran.stdout.contains(expected), "{command:?}: {}", ran.stdout);
        assert!(!folder.path().join("out").exists());
    }
}
