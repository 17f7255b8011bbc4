//! `buf.gen.yaml`: what buf asks of plugins, and what we ask, of the same file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use prost::Message;
use prost_types::FileDescriptorProto;
use prost_types::compiler::CodeGeneratorRequest;
use prost_types::file_options::OptimizeMode;

use super::peers;
use super::run::{Ran, protogate};

/// A plugin that keeps what it is asked, one file for each time, and makes a file for every file it is asked for.
const RECORDER: &str = r##"#!/bin/sh
mkdir -p asked
at=$(mktemp asked/XXXXXXXX)
cat > "$at"
printf '\020\001'
"##;

/// What can be excluded, and what hangs on it; 64-bit numbers wherever a field can be. The oneof that goes is the last: of
/// one behind it buf 1.75 keeps the old index, which is none any more.
const PARTS: &str = "syntax = \"proto2\";\npackage acme.parts;\nimport \"acme/base/base.proto\";\n\
    import \"google/protobuf/descriptor.proto\";\nimport \"google/protobuf/timestamp.proto\";\n\
    extend google.protobuf.FieldOptions { optional Unit unit = 50001; optional int32 plain = 50002; optional Opt opt = 50003; }\n\
    enum Unit { NONE = 0; }\nmessage Opt { optional int32 x = 1; }\n\
    message Whole { optional acme.base.B b = 1; optional int32 kept = 2 [(unit) = NONE, (plain) = 3, (opt) = {x: 1}];\n\
    \x20 oneof two { Unit gone = 4; int32 stays = 5; } oneof one { Unit only = 3; }\n\
    \x20 optional google.protobuf.Timestamp at = 6; optional int64 big = 7; repeated uint64 bigs = 8;\n\
    \x20 optional fixed64 own = 9 [jstype = JS_NUMBER]; message In { optional sint64 deep = 1; map<string, int64> map = 2; }\n\
    \x20 optional group G = 10 { optional int64 grouped = 1; } extensions 100 to 200; }\n\
    extend Whole { optional acme.base.B more = 100; optional sfixed64 wide = 101; }\n\
    service S { rpc Get(Whole) returns (Whole); rpc Count(Whole) returns (Opt); }\n";

const FILES: [(&str, &str); 7] = [
    ("proto/acme/parts/parts.proto", PARTS),
    (
        "proto/acme/user_admin/v1/user_api.proto",
        "syntax = \"proto3\";\npackage acme.user_admin.v1;\nimport \"acme/base/base.proto\";\n\
         import \"google/protobuf/timestamp.proto\";\noption java_package = \"own.one\";\noption go_package = \"own/one\";\n\
         message M { acme.base.B b = 1; google.protobuf.Timestamp at = 2; }\n",
    ),
    (
        "proto/acme/base/base.proto",
        "syntax = \"proto3\";\npackage acme.base;\nmessage B { optional string a = 1; }\n",
    ),
    (
        "proto/acme/base/other.proto",
        "syntax = \"proto3\";\npackage acme.base;\nimport \"acme/base/base.proto\";\nmessage O { B b = 1; }\n",
    ),
    ("proto/google/pay/bar/p.proto", "syntax = \"proto3\";\npackage google.pay.bar;\n"),
    ("proto/list.class.v1beta1.proto", "syntax = \"proto3\";\npackage list.class.v1beta1;\n"),
    ("proto/none.proto", "syntax = \"proto2\";\n"),
];

fn folder(template: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in FILES {
        let at = folder.path().join(name);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(at, text).unwrap();
    }
    fs::write(
        folder.path().join("buf.yaml"),
        "version: v2\nmodules:\n  - path: proto\n    name: buf.build/acme/api\n",
    )
    .unwrap();
    let recorder = folder.path().join("recorder.sh");
    fs::write(&recorder, RECORDER).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&recorder, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    fs::write(folder.path().join("buf.gen.yaml"), template).unwrap();
    folder
}

/// What was asked: by the parameter and the files it is about, all the files that came along.
type Asked = BTreeMap<(String, Vec<String>), BTreeMap<String, FileDescriptorProto>>;

fn asked(folder: &Path) -> Asked {
    let at = folder.join("asked");
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let request =
            CodeGeneratorRequest::decode(fs::read(entry.unwrap().path()).unwrap().as_slice()).unwrap();
        let compared = |mut file: FileDescriptorProto| {
            let options = file.options.get_or_insert_default();
            // buf leaves out what is so anyway: the defaults of descriptor.proto.
            options.cc_enable_arenas = options.cc_enable_arenas.filter(|it| !it);
            options.java_multiple_files = options.java_multiple_files.filter(|it| *it);
            options.java_string_check_utf8 = options.java_string_check_utf8.filter(|it| *it);
            options.optimize_for = options.optimize_for.filter(|it| *it != OptimizeMode::Speed as i32);
            file.source_code_info = None;
            (file.name.clone().unwrap(), file)
        };
        let mut of = request.file_to_generate;
        of.sort();
        ((request.parameter.unwrap_or_default(), of), request.proto_file.into_iter().map(compared).collect())
    };
    let found = fs::read_dir(&at).map(|entries| entries.map(read).collect()).unwrap_or_default();
    let _ = fs::remove_dir_all(at);
    found
}

#[track_caller]
fn ask_the_same(buf: &Path, template: &str) {
    let folder = folder(template);
    let theirs = Ran::from(Command::new(buf).current_dir(folder.path()).arg("generate").output().unwrap());
    assert_eq!(theirs.code, 0, "{template}\n{theirs:?}");
    let theirs = asked(folder.path());
    assert!(!theirs.is_empty());
    let ran = protogate(folder.path(), &["generate"]);
    assert_eq!(ran.code, 0, "{template}\n{ran:?}");
    let ours = asked(folder.path());
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>(), "{template}");
    for (question, files) in &theirs {
        for (name, file) in files {
            // One of Google's may be of another release.
            if !name.starts_with("google/protobuf/") {
                assert_eq!(ours[question].get(name), Some(file), "{name} in\n{template}");
            }
        }
        assert_eq!(ours[question].len(), files.len(), "{template}");
    }
}

const MANAGED: [&str; 9] = [
    "  enabled: true",
    "  enabled: false\n  override: [{file_option: go_package_prefix, value: x.y/z}]",
    "  enabled: true
  disable:
    - file_option: go_package
      path: acme/base
    - path: none.proto
    - module: buf.build/acme/other
  override:
    - {file_option: go_package_prefix, value: x.y/z}
    - {file_option: java_package_prefix, value: net}
    - {file_option: java_package_suffix, value: gen}
    - {file_option: optimize_for, value: CODE_SIZE}
    - {file_option: java_string_check_utf8, value: true}
    - {file_option: cc_enable_arenas, value: false}
    - {file_option: swift_prefix, value: SW, path: acme/base/base.proto}",
    "  enabled: true
  disable: [{module: buf.build/acme/api}]",
    "  enabled: true
  disable: [{file_option: java_package_prefix}, {file_option: objc_class_prefix}, {file_option: php_namespace}]
  override:
    - {file_option: java_package, value: all.one, path: acme}
    - {file_option: java_package_suffix, value: late, module: buf.build/acme/api, path: acme/base}
    - {file_option: csharp_namespace_prefix, value: Net}
    - {file_option: php_metadata_namespace_suffix, value: Meta}
    - {file_option: ruby_package_suffix, value: Pb}
    - {file_option: java_multiple_files, value: false}
    - {file_option: java_outer_classname, value: Outer, path: none.proto}",
    "  enabled: true
  disable: [{file_option: java_multiple_files}]
  override: [{file_option: php_namespace, value: P}, {file_option: csharp_namespace, value: C}, {file_option: objc_class_prefix, value: QQ}]",
    "  enabled: true\n  override: [{field_option: jstype, value: JS_STRING}]",
    "  enabled: true
  disable:
    - {field_option: jstype, field: acme.parts.Whole.bigs}
    - {field: acme.parts.Whole.In.deep}
  override:
    - {field_option: jstype, value: JS_STRING, module: buf.build/acme/api}
    - {field_option: jstype, value: JS_NORMAL, path: acme/parts/parts.proto}
    - {field_option: jstype, value: JS_NUMBER, field: acme.parts.Whole.big}
    - {field_option: jstype, value: JS_NUMBER, field: acme.parts.Whole.kept}",
    "  enabled: true
  disable: [{path: acme/base}, {field_option: jstype, path: acme/parts}]
  override: [{field_option: jstype, value: JS_STRING}]",
];

#[cfg(unix)]
#[test]
fn plugins_are_asked_what_buf_asks_them() {
    let Some(buf) = peers::or_skip("buf") else { return };
    for managed in MANAGED {
        let plugins = "plugins:\n  - local: ./recorder.sh\n    out: gen\n    opt: [a=b, c]\n";
        ask_the_same(&buf, &format!("version: v2\nmanaged:\n{managed}\n{plugins}"));
    }
    for plugin in [
        "    strategy: all\n",
        "    include_imports: true\n",
        "    include_imports: true\n    include_wkt: true\n    strategy: all\n",
        "    types: [acme.base.O]\n",
        "    exclude_types: [acme.base.B]\n",
        "    exclude_types: [acme.parts.Unit]\n    strategy: all\n",
        "    exclude_types: [acme.parts.unit, acme.parts.Whole.In]\n",
        "    exclude_types: [acme.parts.S.Count, acme.parts.opt]\n",
        "    exclude_types: [acme.parts.Whole.G, google.protobuf.Timestamp]\n",
        "    exclude_types: [acme.parts]\n    strategy: all\n",
        "    exclude_types: [acme.parts.S]\n    strategy: all\n",
        "    exclude_types: [acme.base]\n    strategy: all\n",
        "    types: [acme.user_admin.v1.M]\n    exclude_types: [acme.base.B]\n",
    ] {
        ask_the_same(
            &buf,
            &format!("version: v2\nplugins:\n  - local: [sh, recorder.sh]\n    out: gen\n{plugin}"),
        );
    }
    for input in [
        "directory: proto",
        "directory: proto\n    paths: [proto/acme/base]",
        "directory: proto\n    exclude_paths: [proto/acme/base/other.proto, proto/none.proto]",
        "directory: proto\n    types: [acme.base.B]",
        "directory: proto\n    exclude_types: [acme.base.B]",
    ] {
        let plugins = "plugins:\n  - local: ./recorder.sh\n    out: gen\n";
        ask_the_same(&buf, &format!("version: v2\n{plugins}inputs:\n  - {input}\n"));
    }
    for managed in [
        "",
        "managed:\n  enabled: true\n",
        "managed:\n  enabled: true\n  go_package_prefix:\n    default: x.y/z\n    except: [buf.build/acme/other]\n\
         \x20 java_package_prefix: net\n  optimize_for: SPEED\n  cc_enable_arenas: false\n  java_multiple_files: false\n\
         \x20 override:\n    JAVA_PACKAGE:\n      acme/base/base.proto: moved.here\n",
        "managed:\n  enabled: true\n  go_package_prefix:\n    default: x.y/z\n    except: [buf.build/acme/api]\n\
         \x20 java_package_prefix:\n    default: net\n    override: {buf.build/acme/api: org}\n",
    ] {
        let plugins = "plugins:\n  - plugin: recorder\n    path: ./recorder.sh\n    out: gen\n    opt: x\n    strategy: all\n";
        ask_the_same(&buf, &format!("version: v1\n{managed}{plugins}"));
    }
}

#[test]
fn a_file_that_cannot_be_followed_says_where() {
    for (template, said, help) in [
        (
            "version: v2\nplugins:\n  - remote: buf.build/protocolbuffers/go:v1\n    out: x\n",
            "runs on buf's servers",
            "local: protoc-gen-go",
        ),
        (
            "version: v1\nplugins:\n  - plugin: buf.build/grpc/python\n    out: x\n",
            "runs on buf's servers",
            "protoc-gen-python",
        ),
        ("version: v2\nplugins:\n  - out: x\n", "a plugin is one of", "the one that is meant"),
        ("version: v2\nplugins:\n  - local: a\n    ouut: x\n", "unknown field", "did you mean `out`?"),
        ("version: v2\nplugins: []\n", "names no plugin", "protoc-gen-es"),
        ("version: v3\n", "version of the file is not known", "version: v2"),
        ("version: v2\nplugins: [{local: no-such-plugin, out: x}]\n", "cannot be started", "under `local`"),
        (
            "version: v2\nplugins: [{local: sh, out: x, exclude_types: [acme.base.C]}]\n",
            "the schema has no `acme.base.C`",
            "did you mean `acme.base.O`?",
        ),
        (
            "version: v2\nplugins: [{local: sh, out: x, exclude_types: [acme.parts.Opt]}]\n",
            "`acme.parts.S.Count` stays, and its `acme.parts.Opt` is excluded",
            "exclude `acme.parts.S.Count` as well",
        ),
        (
            "version: v2\nplugins: [{local: sh, out: x}]\ninputs: [{module: buf.build/a/b}]\n",
            "in buf's registry",
            "buf export",
        ),
        (
            "version: v2\nmanaged: {enabled: true, override: [{file_option: java_pakage, value: x}]}\nplugins: [{local: sh, out: x}]\n",
            "no option of a file",
            "did you mean `java_package`?",
        ),
        (
            "version: v2\nmanaged: {enabled: true, override: [{file_option: optimize_for, value: FAST}]}\nplugins: [{local: sh, out: x}]\n",
            "no value of this option",
            "CODE_SIZE",
        ),
        (
            "version: v2\nmanaged: {enabled: true, disable: [{field_option: ctype}]}\nplugins: [{local: sh, out: x}]\n",
            "`ctype` is no option of a field",
            "jstype",
        ),
        (
            "version: v2\nmanaged: {enabled: true, override: [{field_option: jstype, value: STRING}]}\nplugins: [{local: sh, out: x}]\n",
            "`STRING` is no value",
            "JS_STRING",
        ),
    ] {
        let folder = folder(template);
        let ran = protogate(folder.path(), &["generate"]);
        assert_eq!(ran.code, 2, "{template}\n{ran:?}");
        assert!(ran.stdout.contains(said) && ran.stdout.contains(help), "{template}\n{}", ran.stdout);
        assert!(ran.stdout.contains("buf.gen.yaml"), "{}", ran.stdout);
    }
}

/// Our own generators as plugins, in folders of their own: whose file is whose counts as everywhere.
#[test]
fn folders_are_kept_as_our_own_are() {
    let us = env!("CARGO_BIN_EXE_protogate");
    let plugin = |name: &str, out: &str| {
        format!("  - local: [{us:?}, plugin, {name}]\n    out: {out}\n    strategy: all\n")
    };
    let template =
        format!("version: v2\nplugins:\n{}{}", plugin("docs", "gen/docs"), plugin("python", "clients"));
    let folder = folder(&template);
    let at = folder.path();
    let first = protogate(at, &["generate"]);
    assert_eq!(first.code, 0, "{first:?}");
    assert!(at.join("gen/docs/index.html").is_file() && at.join("clients/acme/base/base_pb2.py").is_file());
    assert_eq!(protogate(at, &["generate", "--check"]).code, 0);
    let explained = protogate(at, &["generate", "--explain", "clients/none_pb2.py"]);
    assert!(explained.stdout.contains("plugin     protogate"), "{explained:?}");

    // What somebody wrote or changed stops all of it, in both folders.
    fs::write(at.join("clients/mine.py"), "mine").unwrap();
    fs::write(at.join("clients/none_pb2.py"), "edited").unwrap();
    fs::write(at.join("proto/more.proto"), "syntax = \"proto3\"; message More {}").unwrap();
    let index = fs::read(at.join("gen/docs/index.html")).unwrap();
    let refused = protogate(at, &["generate"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stdout.contains("GENERATED_EDITED"), "{refused:?}");
    assert_eq!(fs::read(at.join("gen/docs/index.html")).unwrap(), index);
    assert_eq!(protogate(at, &["generate", "--check"]).code, 1);
    assert_eq!(protogate(at, &["generate", "--force"]).code, 0);
    assert_eq!(fs::read_to_string(at.join("clients/mine.py")).unwrap(), "mine");
    assert_eq!(fs::read_to_string(at.join("clients/none_pb2.py.bak")).unwrap(), "edited");
    assert_ne!(fs::read(at.join("gen/docs/index.html")).unwrap(), index);

    // Somewhere else, as buf's -o has it.
    assert_eq!(protogate(at, &["generate", "--template", "buf.gen.yaml", "--out", "else"]).code, 0);
    assert!(at.join("else/gen/docs/index.html").is_file());
    let twice = format!("version: v2\nplugins:\n{}{}", plugin("docs", "a/b"), plugin("docs", "a"));
    fs::write(at.join("buf.gen.yaml"), twice.replace("out: a\n", "out: a/b/../b\n")).unwrap();
    let ran = protogate(at, &["generate"]);
    assert!(ran.code == 2 && ran.stdout.contains("two plugins make"), "{ran:?}");
}

/// protoc's own languages, with the compile of ours.
#[test]
fn protoc_makes_what_it_makes_for_buf() {
    let Some(python) = peers::or_skip("python") else { return };
    let protoc = format!("[{:?}, -m, grpc_tools.protoc]", python.display().to_string());
    let template = format!(
        "version: v2\nplugins:\n  - protoc_builtin: python\n    protoc_path: {protoc}\n    out: py\n    opt: []\n"
    );
    let folder = folder(&template);
    let ran = protogate(folder.path(), &["generate"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let made = fs::read_to_string(folder.path().join("py/acme/base/base_pb2.py")).unwrap();
    assert!(
        made.starts_with("# -*- coding: utf-8 -*-\n# Generated by the protocol buffer compiler."),
        "{made}"
    );
}

/// A managed option does not touch the others, custom ones among them.
#[cfg(unix)]
#[test]
fn what_is_not_managed_stays() {
    let folder = folder(
        "version: v2\nmanaged: {enabled: true}\nplugins: [{local: ./recorder.sh, out: gen, strategy: all}]\n",
    );
    let text = "syntax = \"proto3\";\nimport \"google/api/client.proto\";\noption deprecated = true;\n\
                service S { option (google.api.default_host) = \"h\"; }\n";
    fs::write(folder.path().join("proto/none.proto"), text).unwrap();
    let ran = protogate(folder.path(), &["generate"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let at = fs::read_dir(folder.path().join("asked")).unwrap().next().unwrap().unwrap().path();
    let request = fs::read(at).unwrap();
    let decoded = CodeGeneratorRequest::decode(request.as_slice()).unwrap();
    let file = decoded.proto_file.iter().find(|file| file.name() == "none.proto").unwrap();
    let options = file.options.as_ref().unwrap();
    assert_eq!((options.deprecated, options.java_multiple_files), (Some(true), Some(true)));
    // The field 1049 of ServiceOptions, `google.api.default_host`, with the text `h`.
    assert!(request.windows(4).any(|bytes| bytes == [0xca, 0x41, 0x01, b'h']), "the custom option is there");
}
