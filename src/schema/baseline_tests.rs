//! The same schema from every place it can be kept in.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use flate2::{Compression, write::GzEncoder};
use prost_reflect::DynamicMessage;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::{Loaded, Origin, Revision, Source, load};

fn read(spec: &str) -> Loaded {
    load(&Source::parse(spec).unwrap_or_else(|said| panic!("{spec}: {}", said.message)))
}

/// The names of the source's own files, then what was said.
fn seen(loaded: &Loaded) -> Vec<&str> {
    let own = loaded.schema.own_files().map(super::File::name);
    own.chain(loaded.diagnostics.iter().map(|said| said.message.as_str())).collect()
}

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

/// Two files; the first has a custom option, and the second is only there because the first imports it.
const FILES: [(&str, &str); 2] = [
    ("a.proto", "syntax = \"proto3\"; import \"sub/note.proto\"; message A { option (note) = \"kept\"; }"),
    (
        "sub/note.proto",
        "syntax = \"proto3\"; import \"google/protobuf/descriptor.proto\";
         extend google.protobuf.MessageOptions { string note = 50001; }",
    ),
];

#[test]
fn a_descriptor_set_is_the_same_in_every_form() {
    let files = FILES.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let schema = load(&Source::Text(files.into())).schema;
    let binary = schema.descriptor_set();
    let kind = schema.pool().get_message_by_name("google.protobuf.FileDescriptorSet").unwrap();
    let mut json = serde_json::to_value(DynamicMessage::decode(kind, binary.as_slice()).unwrap()).unwrap();
    for file in json["file"].as_array_mut().unwrap() {
        let import = file["name"] != "a.proto";
        file["bufExtension"] = serde_json::json!({"isImport": import, "isSyntaxUnspecified": false});
    }
    let json = format!("\n {json}");

    let folder = tempfile::tempdir().unwrap();
    let all = ["a.proto", "google/protobuf/descriptor.proto", "sub/note.proto"];
    for (name, content, own) in [
        ("set.binpb", binary.clone(), &all[..]),
        ("set.binpb.gz", gzip(&binary), &all),
        ("set.binpb.zst", zstd(&binary), &all),
        ("set.json", json.clone().into(), &["a.proto"]),
        ("set.json.gz", gzip(json.as_bytes()), &["a.proto"]),
        ("says.nothing", zstd(json.as_bytes()), &["a.proto"]),
    ] {
        write(folder.path(), name, content);
        let loaded = read(folder.path().join(name).to_str().unwrap());
        assert_eq!(seen(&loaded), own, "{name}");
        let note = loaded.schema.pool().get_extension_by_name("note").unwrap();
        let message = loaded.schema.pool().get_message_by_name("A").unwrap();
        assert_eq!(message.options().get_extension(&note).as_str(), Some("kept"), "{name}");
        assert_eq!(loaded.schema.descriptor_set(), binary, "{name}");
    }
}

#[test]
fn a_broken_descriptor_set_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("half.json", b"{\"file\": [".to_vec()),
        ("other.json", b"{\"file\": 1}".to_vec()),
        ("half.gz", gzip(b"{}")[..12].to_vec()),
        ("half.zst", zstd(b"{}")[..6].to_vec()),
        ("noise.tar", b"noise".to_vec()),
        ("noise.zip", b"PK\x03\x04noise".to_vec()),
    ] {
        write(folder.path(), name, content);
        let loaded = read(folder.path().join(name).to_str().unwrap());
        assert_eq!(loaded.diagnostics.len(), 1, "{name}");
        assert!(loaded.diagnostics[0].help.is_some(), "{name}");
    }
}

/// `root/proto/…`, a file that is no schema, and entries that are none of ours.
fn tar() -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |name: &str, kind: tar::EntryType, text: &str| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(text.len() as u64);
        // `append_data` refuses `..`; an attacker's tool does not.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, text.as_bytes()).unwrap();
    };
    for (name, text) in FILES {
        add(&format!("root/proto/{name}"), tar::EntryType::Regular, text);
    }
    add("root/readme.md", tar::EntryType::Regular, "no schema");
    add("root/proto/link.proto", tar::EntryType::Symlink, "");
    add("root/proto/../../up.proto", tar::EntryType::Regular, "message Up {}");
    add("/absolute.proto", tar::EntryType::Regular, "message Absolute {}");
    builder.into_inner().unwrap()
}

fn zip() -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, text) in FILES {
        writer.start_file(format!("root/proto/{name}"), options).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.start_file("root/proto/../../up.proto", options).unwrap();
    writer.add_symlink("root/proto/link.proto", "a.proto", options).unwrap();
    writer.finish().unwrap().into_inner()
}

#[test]
fn an_archive_is_read_in_place() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("s.tar", tar()),
        ("s.tar.gz", gzip(&tar())),
        ("s.tgz", gzip(&tar())),
        ("s.tar.zst", zstd(&tar())),
        ("s.zip", zip()),
        ("download#format=tar,compression=gzip", gzip(&tar())),
    ] {
        let file = name.split('#').next().unwrap();
        write(folder.path(), file, content);
        let mark = if name.contains('#') { ',' } else { '#' };
        let path = folder.path().join(name).display().to_string();
        for spec in
            [format!("{path}{mark}strip_components=1,subdir=proto"), format!("{path}{mark}subdir=root/proto")]
        {
            assert_eq!(seen(&read(&spec)), ["a.proto", "sub/note.proto"], "{spec}");
        }
        assert_eq!(seen(&read(&format!("{path}{mark}strip_components=9"))).len(), 1, "{name}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 6, "something was written");
}

#[test]
fn a_single_file_brings_what_it_imports_from_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let text = "import \"sub/b.proto\"; message A {}";
    for (name, text) in [
        ("up.proto", ""),
        ("proto/a.proto", text),
        ("proto/sub/b.proto", "import \"sub/c.proto\";"),
        ("proto/sub/c.proto", "import \"google/protobuf/any.proto\";"),
        ("proto/other.proto", "this is not read"),
    ] {
        write(folder.path(), name, text);
    }
    let path = folder.path().join("proto/a.proto");
    let loaded = read(path.to_str().unwrap());
    assert_eq!(seen(&loaded), ["a.proto"]);
    let origins = loaded.schema.files().iter().map(super::File::origin);
    assert_eq!(
        origins.collect::<Vec<_>>(),
        [Origin::Own, Origin::Bundled, Origin::Imported, Origin::Imported]
    );
}

#[test]
fn options_that_nobody_knows_are_met_with_those_that_are_known() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "s.tar", tar());
    write(folder.path(), "has#mark.proto", "message M {}");
    let path = folder.path().display().to_string();
    assert_eq!(seen(&read(&format!("{path}/has#mark.proto"))), ["has#mark.proto"]);
    for (spec, help) in [
        (".git#brnch=main", "did you mean `branch=main`?"),
        (".git#branch", "give it a value: `branch=VALUE`"),
        (".git#zzz=1", "it may have the options format, branch, tag, commit, ref, subdir, depth"),
        ("PATH/s.tar#strip_component=1", "did you mean `strip_components=1`?"),
        ("PATH#format=tr", "did you mean `format=tar`?"),
        ("PATH#format=xyz", "the formats are"),
        ("PATH/s.tar#strip_components=one", "write a path"),
        ("PATH/s.tar#subdir=a,subdir=b", "write a path"),
    ] {
        let said = Source::parse(&spec.replace("PATH", &path)).unwrap_err();
        assert!(said.help.as_deref().is_some_and(|said| said.starts_with(help)), "{spec}: {:?}", said.help);
    }
}

#[test]
fn a_commit_is_found_from_wherever_the_repository_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let main = at("main");
    fs::create_dir(&main).unwrap();
    git(&main, &["init", "--quiet", "--initial-branch=main"]);
    let commit = |message: &str| {
        write(&main, "proto/a.proto", format!("message {message} {{}}"));
        write(&main, "proto/sub/b.proto", "");
        git(&main, &["add", "."]);
        git(&main, &["commit", "--quiet", "-m", message]);
    };
    commit("Nine");
    git(&main, &["tag", "v1.9.0"]);
    commit("Ten");
    git(&main, &["tag", "-a", "v1.10.0", "-m", "annotated"]);
    git(&main, &["tag", "users/v0.1.0", "v1.9.0"]);
    git(&main, &["checkout", "--quiet", "-b", "feature"]);
    commit("Feature");
    git(&main, &["checkout", "--quiet", "main"]);
    commit("Later");
    git(&main, &["tag", "v2.0.0"]);
    git(&main, &["checkout", "--quiet", "feature"]);

    let bare = at("bare.git");
    let (from, to) = (main.to_str().unwrap(), bare.to_str().unwrap());
    git(folder.path(), &["clone", "--quiet", "--bare", from, to]);
    git(&main, &["worktree", "add", "--quiet", "--detach", at("linked").to_str().unwrap(), "feature"]);
    let shallow = at("shallow");
    let url = format!("file://{from}");
    let clone = ["clone", "--quiet", "--depth=1", "--branch=feature", &url, shallow.to_str().unwrap()];
    git(folder.path(), &clone);

    let merge_base = || Revision::MergeBase("main".into());
    let users = || Revision::LatestTag(Some("users/v*".into()));
    let one = |repository: &Path, revision: Revision, path: &str| {
        let repository = repository.to_path_buf();
        let loaded = load(&Source::Git { repository, revision, path: Some(path.into()) });
        let declared = loaded.schema.pool().all_messages().find(|it| it.package_name().is_empty());
        let said = loaded.diagnostics.first().map(|said| said.message.clone());
        said.or(declared.map(|message| message.name().to_owned())).unwrap_or_default()
    };
    for place in [main.clone(), main.join("proto/sub"), main.join(".git"), bare.clone(), at("linked")] {
        for (revision, expected) in [
            (Revision::from("HEAD"), "Feature"),
            ("feature".into(), "Feature"),
            ("main".into(), "Later"),
            (merge_base(), "Ten"),
            (Revision::LatestTag(None), "Ten"),
            (users(), "Nine"),
        ] {
            for path in ["proto", "proto/a.proto"] {
                assert_eq!(one(&place, revision.clone(), path), expected, "{place:?} {revision} {path}");
            }
        }
    }
    assert_eq!(one(&shallow, "HEAD".into(), "proto"), "Feature");
    for (revision, said) in [
        (Revision::from("main"), "no git revision `main`"),
        (Revision::MergeBase("HEAD~1".into()), "no git revision `HEAD~1`"),
        (Revision::LatestTag(None), "no release tag is reachable"),
        (users(), "no release tag that matches `users/v*`"),
    ] {
        let found = one(&shallow, revision.clone(), "proto");
        assert!(found.starts_with(said), "{revision}: {found}");
    }
    assert!(one(&at("nowhere"), "HEAD".into(), "").starts_with("no git repository at"));

    let buf = |options: &str| seen_in(&read(&format!("{}#{options}", bare.display())));
    assert_eq!(buf("branch=main,subdir=proto"), ["Later"]);
    assert_eq!(buf("tag=v1.10.0,subdir=proto,depth=1"), ["Ten"]);
    assert_eq!(buf("ref=main~1,subdir=./proto/"), ["Ten"]);
    assert_eq!(buf("format=git,subdir=proto"), ["Feature"]);
}

fn seen_in(loaded: &Loaded) -> Vec<String> {
    loaded.schema.pool().all_messages().map(|message| message.full_name().to_owned()).collect()
}

fn git(folder: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    let status = Command::new("git").arg("-C").arg(folder).args(identity).args(arguments).status().unwrap();
    assert!(status.success(), "git {arguments:?}");
}
