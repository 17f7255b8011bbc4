//! Breaks that a team lives with: accepted one by one, or all that were there when the check was adopted.

use std::fs;
use std::path::Path;

use crate::cli::folder;
use crate::history::{Repository, said};
use crate::run::{Ran, protogate};

const OLD: &str = "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n  int32 b = 2;\n}\n";
const CONFIG: &str = "# Ours.\ninput = \"new\"\nbaseline = \"old\" # the accepted one\n";

fn sides(new: &str, config: &str) -> tempfile::TempDir {
    folder(&[("old/a.proto", OLD), ("new/a.proto", new), ("protogate.toml", config)])
}

fn check(folder: &Path) -> Ran {
    protogate(folder, &["check-breaking", "--format", "json"])
}

/// "severity RULE" of each.
fn rules(ran: &Ran) -> Vec<String> {
    said(ran).into_iter().map(|(rule, _)| rule).collect()
}

/// The fingerprints of the findings, by the symbol.
fn id(ran: &Ran, symbol: &str) -> String {
    let lines = ran.stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let mut found = lines.filter(|it| it["symbol"] == symbol);
    found.next().unwrap()["fingerprint"].as_str().unwrap().to_owned()
}

#[test]
fn one_break_is_accepted_by_its_id() {
    let folder = sides("syntax = \"proto3\";\nmessage M {\n  int64 a = 1;\n}\n", CONFIG);
    let here = folder.path();
    let before = check(here);
    assert_eq!(rules(&before), ["error FIELD_NO_DELETE", "error FIELD_SAME_TYPE"]);
    let id = id(&before, "M.b");
    assert!(protogate(here, &["check-breaking"]).stdout.contains(&format!("= id: {id}\n")));

    let accept = |arguments: &[&str]| protogate(here, &[&["accept"], arguments].concat());
    let ran = accept(&[&id[..7], "--reason", "OPS-17: \"soon\"", "--owner", "api", "--until", "2999-12-31"]);
    assert!(ran.code == 0 && ran.stdout.contains("accepted in protogate.toml: FIELD_NO_DELETE"), "{ran:?}");
    let entry = format!(
        "{CONFIG}\n[[breaking.accept]]\nrule = \"FIELD_NO_DELETE\"\nsymbol = \"M.b\"\nfingerprint = \"{id}\"\n\
         reason = 'OPS-17: \"soon\"'\nowner = \"api\"\nuntil = \"2999-12-31\"\n"
    );
    assert_eq!(fs::read_to_string(here.join("protogate.toml")).unwrap(), entry);
    let after = check(here);
    assert_eq!(rules(&after), ["warning FIELD_NO_DELETE", "error FIELD_SAME_TYPE"]);
    assert!(after.stdout.contains("accepted by api until 2999-12-31, protogate.toml:6"), "{after:?}");
    let again = accept(&[&id, "--reason", "x"]);
    assert!(again.code == 0 && again.stdout.contains("accepted already"), "{again:?}");
    assert_eq!(fs::read_to_string(here.join("protogate.toml")).unwrap(), entry, "nothing is written twice");

    // Lines and files move; the finding is the same.
    fs::remove_file(here.join("new/a.proto")).unwrap();
    let moved = "syntax = \"proto3\";\n\nmessage Other {}\n\nmessage M { int64 a = 1; }\n";
    fs::write(here.join("new/b.proto"), moved).unwrap();
    fs::rename(here.join("old/a.proto"), here.join("old/b.proto")).unwrap();
    assert_eq!(rules(&check(here)), ["warning FIELD_NO_DELETE", "error FIELD_SAME_TYPE"]);

    // Another day, another change, another reason.
    fs::write(here.join("protogate.toml"), entry.replace("2999", "2020")).unwrap();
    let over = check(here);
    assert_eq!(rules(&over), ["error FIELD_NO_DELETE", "error FIELD_SAME_TYPE", "error ACCEPT_EXPIRED"]);
    assert!(over.stdout.contains("\"path\":\"protogate.toml\",\"start_line\":6"), "{over:?}");
    fs::write(here.join("new/b.proto"), OLD).unwrap();
    fs::write(here.join("protogate.toml"), &entry).unwrap();
    let idle = check(here);
    assert_eq!((idle.code, rules(&idle)), (1, vec!["error ACCEPT_UNUSED".to_owned()]), "{idle:?}");
    // It was not asked, so nobody knows.
    assert_eq!(protogate(here, &["check-breaking", "--category", "WIRE"]).code, 0);
}

#[test]
fn an_id_that_is_not_clear_is_refused() {
    let folder = sides("syntax = \"proto3\";\nmessage M {}\n", CONFIG);
    let accept = |arguments: &[&str]| protogate(folder.path(), &[&["accept"], arguments].concat());
    for (arguments, says) in [
        (&["", "--reason", "x"][..], "means several findings"),
        (&["nothing", "--reason", "x"], "no finding has the id `nothing`"),
        (&["1234"], "--reason"),
        (&["1234", "--reason", " "], "say why"),
        (&["1234", "--reason", "x", "--until", "soon"], "neither a day nor a version"),
        (&["1234", "--reason", "x", "--until", "2020-01-01"], "is over"),
    ] {
        let ran = accept(arguments);
        let text = [ran.stdout.as_str(), &ran.stderr].concat();
        assert!(ran.code == 2 && text.contains(says), "{arguments:?}: {ran:?}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("protogate.toml")).unwrap(), CONFIG);
}

#[test]
fn an_entry_that_cannot_be_used_is_refused_with_its_line() {
    let entry = "[[breaking.accept]]\nrule = \"FIELD_NO_DELETE\"\nsymbol = \"M.b\"\nreason = \"x\"\nuntil = \"2.0.0\"\n";
    for (from, to, line, says) in [
        ("reason = \"x\"\n", "", 4, "missing field `reason`"),
        ("\"x\"", "\" \"", 7, "the reason is empty"),
        ("FIELD_NO_DELETE", "FIELD_NO_DELET", 5, "did you mean `FIELD_NO_DELETE`?"),
        ("symbol = \"M.b\"\n", "", 5, "every finding of the rule"),
        ("\"2.0.0\"", "\"soon\"", 5, "neither a day nor a version"),
        ("symbol", "symbl", 6, "did you mean `symbol`?"),
        // No tag, and nobody said which version this is.
        ("", "", 5, "--release"),
    ] {
        let folder = sides(OLD, &[CONFIG, &entry.replacen(from, to, 1)].concat());
        let ran = check(folder.path());
        assert!(ran.code == 2 && ran.stdout.contains(says), "{to}: {ran:?}");
        assert!(ran.stdout.contains(&format!("\"start_line\":{line},")), "{to}: {ran:?}");
    }
    let inline = "input = \"new\"\nbaseline = \"old\"\nbreaking = { use = [\"FILE\"] }\n";
    let folder = sides("syntax = \"proto3\";\nmessage M { int32 a = 1; }\n", inline);
    let id = id(&check(folder.path()), "M.b");
    let ran = protogate(folder.path(), &["accept", &id, "--reason", "x"]);
    assert!(ran.code == 2 && ran.stdout.contains("[[breaking.accept]]"), "{ran:?}");
    assert_eq!(fs::read_to_string(folder.path().join("protogate.toml")).unwrap(), inline);
}

#[test]
fn an_acceptance_ends_with_its_version() {
    let repository = Repository::new();
    repository.release("v1.0.0", "message M { int32 b = 2; }");
    repository.now("message M {}");
    let entry = "[[breaking.accept]]\nrule = \"FIELD_NO_DELETE\"\nsymbol = \"p.M.b\"\nreason = \"x\"\nuntil = \"v2.0.0\"\n";
    let config = |more: &str| {
        let text = format!("input = \"proto\"\nbaseline = \"git:v1.0.0\"\n[breaking]\n{more}\n{entry}");
        fs::write(repository.path().join("protogate.toml"), text).unwrap();
    };
    let codes = |arguments: &[&str]| repository.run(&[&["check-breaking"], arguments].concat()).code;
    config("");
    assert_eq!(codes(&[]), 0, "the latest tag is 1.0.0");
    assert_eq!(
        (codes(&["--release", "1.9.9"]), codes(&["--release", "2.0.0"]), codes(&["--version", "2.0.1"])),
        (0, 1, 1)
    );
    config("release = \"v2.0.0\"");
    assert_eq!((codes(&[]), codes(&["--release", "1.9.9"])), (1, 0), "the command line wins");
    config("release = \"next\"");
    assert_eq!(codes(&[]), 2);
    config("");
    repository.git(&["commit", "--quiet", "--allow-empty", "-am", "two"]);
    repository.git(&["tag", "v2.0.0", "v1.0.0"]);
    assert_eq!(codes(&[]), 1, "2.0.0 is released");
}

#[test]
fn a_comment_at_the_element_accepts() {
    let new = "syntax = \"proto3\";\n// What it is.\n// protogate:accept FIELD_NO_DELETE reason=\"OPS-17\" until=2999-12-31\nmessage M {\n  int32 a = 1;\n}\n";
    let folder = sides(new, CONFIG);
    let ran = check(folder.path());
    assert_eq!((ran.code, rules(&ran)), (0, vec!["warning FIELD_NO_DELETE".to_owned()]), "{ran:?}");
    assert!(ran.stdout.contains("(accepted: OPS-17)") && ran.stdout.contains("new/a.proto:3"), "{ran:?}");

    let write = |text: &str| fs::write(folder.path().join("new/a.proto"), text).unwrap();
    write(&new.replace("2999", "2020"));
    assert_eq!(rules(&check(folder.path())), ["error ACCEPT_EXPIRED", "error FIELD_NO_DELETE"]);
    write(&new.replace(" reason=\"OPS-17\"", ""));
    let refused = check(folder.path());
    assert!(refused.code == 2 && refused.stdout.contains("\"start_line\":3,"), "{refused:?}");
    // The baseline has the change by now, and all files are the same: still it is said.
    write(new);
    fs::write(folder.path().join("old/a.proto"), new).unwrap();
    assert_eq!(rules(&check(folder.path())), ["error ACCEPT_UNUSED"]);
    // Only in the old one, which announced it.
    write("syntax = \"proto3\";\nmessage M {}\n");
    assert_eq!(rules(&check(folder.path())), ["warning FIELD_NO_DELETE"]);
}

#[test]
fn a_ratchet_counts_only_what_is_new() {
    let folder = sides("syntax = \"proto3\";\nmessage M {\n  int64 a = 1;\n}\n", CONFIG);
    let here = folder.path();
    let run = |arguments: &[&str]| protogate(here, arguments);
    let file = || fs::read_to_string(here.join("protogate-ratchet.toml")).unwrap();
    assert_eq!(check(here).code, 1);

    let adopted = run(&["baseline", "ratchet"]);
    assert!(adopted.code == 0 && adopted.stdout.contains("2 in all, 2 added, 0 taken out"), "{adopted:?}");
    assert_eq!(file().matches("[[break]]").count(), 2, "{}", file());
    let known = check(here);
    assert_eq!((known.code, rules(&known)), (0, vec!["note BREAKING_RATCHET".to_owned()]), "{known:?}");
    assert!(known.stdout.contains("2 breaks of before are not counted"), "{known:?}");
    let before = file();
    assert!(
        run(&["baseline", "ratchet"]).stdout.contains("2 in all, 0 added, 0 taken out") && file() == before
    );

    // A new break counts, and does not slip in.
    fs::write(here.join("new/a.proto"), "syntax = \"proto3\";\nmessage M {\n  string a = 1;\n}\n").unwrap();
    assert_eq!(rules(&check(here)).iter().filter(|it| it.starts_with("error")).count(), 1);
    let refused = run(&["baseline", "ratchet"]);
    assert!(refused.code == 1 && refused.stdout.contains("1 in all, 0 added, 1 taken out"), "{refused:?}");
    assert!(refused.stdout.contains("FIELD_SAME_TYPE"), "{refused:?}");
    assert_eq!(run(&["baseline", "ratchet", "--add"]).code, 2, "not without a reason");
    let added = run(&["baseline", "ratchet", "--add", "--reason", "OPS-17"]);
    assert!(added.code == 0 && added.stdout.contains("2 in all, 1 added, 0 taken out"), "{added:?}");
    assert!(file().contains("reason = \"OPS-17\"") && check(here).code == 0);

    // Mended: said, taken out, and a break again when it comes back.
    fs::write(here.join("new/a.proto"), OLD).unwrap();
    let mended = check(here);
    assert!(mended.code == 0 && mended.stdout.contains("protogate baseline ratchet"), "{mended:?}");
    assert!(run(&["baseline", "ratchet"]).stdout.contains("0 in all, 0 added, 2 taken out"));
    fs::write(here.join("new/a.proto"), "syntax = \"proto3\";\nmessage M {\n  int64 a = 1;\n}\n").unwrap();
    assert_eq!(check(here).code, 1);

    fs::write(here.join("protogate-ratchet.toml"), "[[break]]\nrule = 1\n").unwrap();
    let broken = check(here);
    assert!(broken.code == 2 && broken.stdout.contains("\"start_line\":2"), "{broken:?}");
}
