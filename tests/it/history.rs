//! `check-breaking` and the releases of a repository: every tag as a baseline, retired numbers, deprecation.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::folder;
use crate::run::{Ran, protogate};

/// A repository whose schema is `proto/a.proto`.
pub struct Repository(tempfile::TempDir);

impl Repository {
    pub fn new() -> Repository {
        let repository = Repository(folder(&[("README.md", "")]));
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn git(&self, arguments: &[&str]) {
        let identity =
            ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "tag.gpgSign=false"];
        let git =
            Command::new("git").current_dir(self.path()).args(identity).args(arguments).output().unwrap();
        assert!(git.status.success(), "{arguments:?}: {git:?}");
    }

    /// Writes the schema as it is now.
    pub fn now(&self, text: &str) {
        fs::create_dir_all(self.path().join("proto")).unwrap();
        let text = format!("syntax = \"proto3\";\npackage p;\n{text}\n");
        fs::write(self.path().join("proto/a.proto"), text).unwrap();
    }

    /// The same, committed and tagged.
    pub fn release(&self, tag: &str, text: &str) {
        self.now(text);
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", tag]);
        self.git(&["tag", "-a", tag, "-m", tag]);
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        protogate(self.path(), arguments)
    }

    fn check(&self, more: &[&str]) -> Ran {
        self.run(&[&["check-breaking", "proto"], more].concat())
    }

    /// The one file that the ledger is kept in.
    fn kept(&self) -> PathBuf {
        let files: Vec<PathBuf> =
            fs::read_dir(self.path().join(".git/protogate")).unwrap().map(|it| it.unwrap().path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }
}

/// Rule and baselines of each finding.
pub fn said(ran: &Ran) -> Vec<(String, String)> {
    let lines = ran.stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let names = |it: &serde_json::Value| {
        let names = it["against"].as_array().cloned().unwrap_or_default();
        names.iter().map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    lines
        .map(|it| {
            (format!("{} {}", it["severity"].as_str().unwrap(), it["type"].as_str().unwrap()), names(&it))
        })
        .collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(rule, against)| ((*rule).to_owned(), (*against).to_owned())).collect()
}

#[test]
fn one_finding_names_all_the_releases_that_it_breaks() {
    let repository = Repository::new();
    repository.release("v1.0.0", "message M { int32 a = 1; int32 b = 2; }");
    repository.release("v1.9.0", "message M { int32 a = 1; }");
    repository.release("v1.10.0", "message M { int32 a = 1; }");
    repository.release("users/v7.0.0", "message M { bool a = 1; }");
    repository.now("message M { int64 a = 1; reserved 2; }");

    let ran = repository.check(&["--against", "git:tags", "--format", "json"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let expected = [("error FIELD_NO_DELETE", "v1.0.0"), ("error FIELD_SAME_TYPE", "v1.0.0 v1.9.0 v1.10.0")];
    assert_eq!(said(&ran), pairs(&expected));
    // Beside another baseline, each finding says whose it is; alone, it need not.
    let both =
        repository.check(&["--against", "git:v1.0.0", "--against", "git:tags:users/v*", "--format", "json"]);
    let expected = [
        ("error FIELD_NO_DELETE", "git:v1.0.0"),
        ("error FIELD_SAME_TYPE", "users/v7.0.0"),
        ("error FIELD_SAME_TYPE", "git:v1.0.0"),
    ];
    assert_eq!(said(&both), pairs(&expected));
    let one = repository.check(&["--against", "git:v1.10.0", "--format", "json"]);
    assert_eq!(said(&one), pairs(&[("error FIELD_SAME_TYPE", "")]));
    let text = repository.check(&["--against", "git:tags"]).stdout;
    assert!(text.contains("= against: v1.0.0, v1.9.0, v1.10.0\n"), "{text}");

    // The same from a configuration, from another folder, and as buf sees it.
    let config = "input = \"proto\"\n[breaking]\nagainst = [\"git:tags\", \"git:main\"]\n";
    fs::write(repository.path().join("protogate.toml"), config).unwrap();
    let configured = protogate(&repository.path().join("proto"), &["check-breaking", "--format", "json"]);
    assert_eq!(said(&configured).len(), 3, "{configured:?}");
    assert_eq!(repository.check(&["--against", "git:tags", "--buf-exact"]).code, 100);

    for (spec, says) in [
        ("git:tags:nothing-*", "no release tag that matches `nothing-*`"),
        ("git:tags::nowhere", "no release of"),
    ] {
        let ran = repository.check(&["--against", spec]);
        assert!(ran.code == 2 && ran.stdout.contains(says) && ran.stdout.contains("help"), "{ran:?}");
    }
    let one = repository.run(&["generate", "git:tags", "--out", "out"]);
    assert!(one.code == 2 && one.stdout.contains("git:latest-tag"), "{one:?}");
}

#[test]
fn a_number_of_two_releases_ago_is_not_taken_again() {
    let repository = Repository::new();
    repository.release("v1.0.0", "message M { int32 a = 1; string old = 2; }");
    repository.release("v1.1.0", "message M { int32 a = 1; }");
    repository.now("message M { int32 a = 1; int32 fresh = 2; }");

    let latest = ["--against", "git:v1.1.0"];
    assert_eq!(repository.check(&latest).code, 0, "two schemas cannot know");
    let history = repository.check(&[&latest[..], &["--category", "HISTORY", "--format", "json"]].concat());
    assert_eq!(
        (history.code, said(&history)),
        (1, pairs(&[("error FIELD_NUMBER_NO_REUSE", "")])),
        "{history:?}"
    );
    assert!(history.stdout.contains("was field `old` of type `string` until v1.0.0"), "{history:?}");

    let config = |text: &str| {
        let text = format!("input = \"proto\"\nbaseline = \"git:latest-tag\"\n[breaking]\n{text}");
        fs::write(repository.path().join("protogate.toml"), text).unwrap();
        repository.run(&["check-breaking", "--format", "json"])
    };
    assert_eq!(said(&config("history = \"git:tags:v*\"")), pairs(&[("error FIELD_NUMBER_NO_REUSE", "")]));
    assert_eq!(config("history = \"git:tags\"\nexcept = [\"HISTORY\"]").code, 0);
    assert_eq!(config("history = \"git:tags\"\nexcept = [\"FIELD_NUMBER_NO_REUSE\"]").code, 0);
    assert_eq!(config("use = [\"WIRE\", \"FIELD_NAME_NO_REUSE\"]").code, 0);
    assert_eq!(
        config("use = [\"HISTORY\"]\nignore-only = { FIELD_NUMBER_NO_REUSE = [\"proto/a.proto\"] }").code,
        0
    );
    let wrong = config("history = \"git:main\"");
    assert!(wrong.code == 2 && wrong.stdout.contains("\"start_line\":4"), "{wrong:?}");

    // Back as it was is fine; and what is released is a warning.
    repository.now("message M { int32 a = 1; string old = 2; }");
    assert_eq!(config("history = \"git:tags\"").code, 0);
    repository.release("v2.0.0", "message M { int32 a = 1; int32 fresh = 2; }");
    let released = config("history = \"git:tags\"");
    assert_eq!((released.code, said(&released)), (0, pairs(&[("warning FIELD_NUMBER_NO_REUSE", "")])));

    let ledger = repository.run(&["baseline", "ledger"]);
    assert!(
        ledger.code == 0 && ledger.stdout.contains("message p.M  field 2: string old  v1.0.0         v1.0.0"),
        "{ledger:?}"
    );
    assert!(ledger.stdout.ends_with("1 retired in 3 releases\n"), "{ledger:?}");
    let ledger = repository.run(&["baseline", "ledger", "--format", "json"]);
    let row: serde_json::Value = ledger.stdout.parse().unwrap();
    let expected = serde_json::json!({
        "where": "message p.M",
        "what_it_was": "field 2: string old",
        "first_release": "v1.0.0",
        "last_release": "v1.0.0",
    });
    assert_eq!((ledger.code, row), (0, expected));
}

#[test]
fn the_ledger_is_read_once_and_mended_when_it_is_broken() {
    let repository = Repository::new();
    repository.release("v1.0.0", "message M { string old = 2; }");
    repository.release("v1.1.0", "message M {}");
    repository.now("message M { int32 fresh = 2; }");
    let check = || repository.check(&["--against", "git:v1.1.0", "--category", "HISTORY", "--verbose"]);
    let read = |ran: &Ran| ran.stderr.matches("history: reading").count();

    let first = check();
    assert_eq!((first.code, read(&first)), (1, 2), "{first:?}");
    let again = check();
    assert_eq!((again.stdout.as_str(), read(&again)), (first.stdout.as_str(), 0), "{again:?}");
    // A new tag is folded into what is kept.
    repository.git(&["tag", "v1.2.0"]);
    let newer = check();
    assert_eq!((newer.stdout.as_str(), read(&newer)), (first.stdout.as_str(), 1));
    // One in between starts over, as does one that was moved.
    repository.git(&["tag", "v1.0.1"]);
    assert_eq!(read(&check()), 4);
    repository.git(&["tag", "--force", "v1.2.0", "v1.0.0"]);
    assert_eq!(read(&check()), 4);
    repository.git(&["tag", "--force", "v1.2.0", "v1.1.0"]);
    assert_eq!(check().stdout, first.stdout);

    let whole = fs::read_to_string(repository.kept()).unwrap();
    for broken in [
        String::new(),
        whole[..whole.len() / 2].to_owned(),
        whole.replace("\"old\"", "\"new\""),
        "{}".to_owned(),
    ] {
        fs::write(repository.kept(), broken).unwrap();
        let mended = check();
        assert_eq!((mended.stdout.as_str(), read(&mended)), (first.stdout.as_str(), 4));
        assert_eq!(fs::read_to_string(repository.kept()).unwrap(), whole);
    }
    // Many at once, all from nothing.
    fs::remove_dir_all(repository.path().join(".git/protogate")).unwrap();
    let ran: Vec<Ran> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..6).map(|_| scope.spawn(check)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert!(ran.iter().all(|it| it.stdout == first.stdout), "{ran:?}");
    assert_eq!(fs::read_to_string(repository.kept()).unwrap(), whole);
    // Nowhere to keep it: every run reads.
    fs::remove_dir_all(repository.path().join(".git/protogate")).unwrap();
    fs::write(repository.path().join(".git/protogate"), "").unwrap();
    assert_eq!((read(&check()), check().stdout), (4, first.stdout));
}

#[test]
fn a_release_that_does_not_compile_is_left_out_with_a_warning() {
    let repository = Repository::new();
    repository.release("v1.0.0", "message M { string old = 2; }");
    repository.release("v1.1.0", "message M { ");
    repository.release("v1.2.0", "message M { reserved 2; }");
    repository.now("message M { string old = 2; }");
    let ran = repository.check(&["--against", "git:v1.0.0", "--category", "HISTORY", "--format", "json"]);
    assert_eq!((ran.code, said(&ran)), (0, pairs(&[("warning HISTORY_RELEASE", "")])), "{ran:?}");
    assert!(ran.stdout.contains("release v1.1.0 is left out"), "{ran:?}");
}

#[test]
fn a_deletion_that_was_announced_is_no_finding() {
    let repository = Repository::new();
    let config = "input = \"proto\"\nbaseline = \"git:latest-tag\"\n[breaking]\n\
                  deletion = { deprecated-releases = 2, reserved = true }\n";
    fs::write(repository.path().join("protogate.toml"), config).unwrap();
    let deprecated = "message M { int32 a = 1; string b = 2 [deprecated = true]; }";
    repository.release("v1.0.0", "message M { int32 a = 1; string b = 2; }");
    repository.release("v1.1.0", deprecated);
    repository.now("message M { int32 a = 1; reserved 2; }");
    let early = repository.run(&["check-breaking"]);
    assert_eq!(early.code, 1, "{early:?}");
    let help = "before it may go: keep it deprecated for 2 releases (it is in 1, since v1.1.0); write `reserved \"b\";`";
    assert!(early.stdout.contains(help), "{early:?}");
    // Whoever proves it asks no less: it is deprecated and reserved, but not for long enough.
    repository.now("message M { int32 a = 1; reserved 2; reserved \"b\"; }");
    let proven = repository.run(&["check-breaking", "--category", "PROVEN"]);
    assert!(proven.code == 1 && proven.stdout.contains("PROVEN_DELETED"), "{proven:?}");
    repository.release("v1.2.0", deprecated);
    repository.now("message M { int32 a = 1; reserved 2; reserved \"b\"; }");
    assert_eq!(repository.run(&["check-breaking", "--category", "PROVEN"]).code, 0);
    let announced = repository.run(&["check-breaking"]);
    assert_eq!((announced.code, announced.stdout.as_str()), (0, ""), "{announced:?}");
    // The other field was not announced, and buf knows of no policy.
    repository.now("message M { reserved 1, 2; reserved \"a\", \"b\"; }");
    let json = repository.run(&["check-breaking", "--format", "json"]);
    assert_eq!(json.stdout.matches("FIELD_NO_DELETE").count(), 1, "{json:?}");
    assert_eq!(
        repository.run(&["check-breaking", "--buf-exact", "--format", "json"]).stdout.lines().count(),
        2
    );
}

/// Each module of a workspace is looked back on in its own folder, and by its own block.
#[test]
fn the_modules_of_a_workspace_have_one_history() {
    let repository = Repository::new();
    let write = |name: &str, text: &str| {
        let path = repository.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("syntax = \"proto3\";\npackage {};\n{text}\n", &name[..1])).unwrap();
    };
    let both = |a: &str, b: &str, tag: Option<&str>| {
        write("a/a.proto", a);
        write("b/b.proto", b);
        if let Some(tag) = tag {
            repository.git(&["add", "."]);
            repository.git(&["commit", "--quiet", "-m", tag]);
            repository.git(&["tag", tag]);
        }
    };
    let block = "version: v2\nmodules:\n  - path: a\n  - path: b\n    breaking:\n      except: [HISTORY]\n";
    fs::write(repository.path().join("buf.yaml"), block).unwrap();
    both("message M { string old = 2; }", "message N { string old = 2; }", Some("v1.0.0"));
    both("message M {}", "message N {}", Some("v1.1.0"));
    both("message M { bool fresh = 2; }", "message N { bool fresh = 2; }", None);
    // What is said about reuse, among all that the first release makes of it.
    let reuses = || {
        let ran = repository.run(&["check-breaking", "--against", "git:tags", "--format", "json"]);
        assert!(ran.code < 2, "{ran:?}");
        let lines = ran.stdout.lines().filter(|line| line.contains("FIELD_NUMBER_NO_REUSE"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let in_one = reuses();
    assert!(matches!(&*in_one, [one] if one.contains("a.M.fresh")), "{in_one:?}");
    fs::write(repository.path().join("buf.yaml"), block.replace("[HISTORY]", "[RPC_NO_DELETE]")).unwrap();
    assert_eq!(reuses().len(), 2);
    write(
        "a/a.proto",
        "message M {\n  // protogate:accept FIELD_NUMBER_NO_REUSE reason=x\n  bool fresh = 2;\n}",
    );
    write("b/b.proto", "message N {}");
    let accepted = reuses();
    assert!(matches!(&*accepted, [one] if one.contains("\"severity\":\"warning\"")), "{accepted:?}");

    // A buf.yaml has no place for an entry.
    let found = repository.run(&["check-breaking", "--against", "git:tags", "--format", "json"]).stdout;
    let first: serde_json::Value = found
        .lines()
        .map(|line| line.parse().unwrap())
        .find(|it: &serde_json::Value| it["severity"] == "error")
        .unwrap();
    let id = first["fingerprint"].as_str().unwrap();
    let refused = repository.run(&["accept", id, "--reason", "x", "--against", "git:tags"]);
    assert!(refused.code == 2 && refused.stdout.contains("protogate init"), "{refused:?}");
}
