//! What is proposed of small services, and of our own without its contract.

use super::*;
use crate::{
    promise::contract::{Contract, SideFile, lint},
    schema::{Schema, Source, load},
};

fn schema(text: &str) -> Schema {
    load(&Source::Text(vec![("a.proto".into(), text.to_owned())])).schema
}

/// Our own schema, without its contract.
fn stripped() -> Schema {
    let text = std::fs::read_to_string("proto/user.proto").unwrap();
    let contract = regex::Regex::new(r"(?s)\n +option \(protogate[^\n]*\n.*?\n +\};").unwrap();
    schema(&contract.replace_all(&text, ""))
}

fn proposed(schema: &Schema) -> Vec<Proposal> {
    schema
        .own_files()
        .flat_map(|file| file.descriptor().services().collect::<Vec<_>>())
        .flat_map(|it| infer(&it))
        .collect()
}

/// `high Get ensures/same`, for each rule and effect.
fn told(proposals: &[Proposal]) -> Vec<String> {
    let name = |it: &Proposal| {
        let of = it.of.rsplit(['/', '.']).next().unwrap_or_default().to_owned();
        let what = it.rule().unwrap_or_else(|| it.part.to_owned());
        format!("{} {of} {what}", it.confidence.word())
    };
    proposals.iter().map(name).collect()
}

#[test]
fn most_of_our_own_contract_is_found_without_it() {
    let proposals = proposed(&stripped());
    let has = |method: &str, rules: &[&str]| {
        let found = |rule: &&str| {
            proposals
                .iter()
                .any(|it| it.of.ends_with(&format!("/{method}")) && it.rule().as_deref() == Some(rule))
        };
        rules.iter().all(found)
    };
    // Each rule that somebody wrote by hand, and what is proposed for it.
    let mut missed = Vec::new();
    let mut found = 0;
    for (method, by_hand, rules) in [
        ("GetUser", "empty_id", &["requires/id"][..]),
        ("GetUser", "long_id", &["requires/id"]),
        ("GetUser", "unknown_id", &["errors/unknown"]),
        ("GetUser", "exact_user", &["ensures/same"]),
        ("CreateUser", "name", &["requires/name"]),
        ("CreateUser", "email", &["requires/email"]),
        ("CreateUser", "taken", &["errors/taken_email"]),
        ("CreateUser", "fresh_id", &["ensures/fresh"]),
        ("CreateUser", "echo", &["ensures/echo_name", "ensures/echo_email"]),
        ("CreateUser", "clock", &["ensures/clock"]),
        ("CreateUser", "free_email", &["ensures/free_email"]),
        ("CreateUser", "frame", &["ensures/frame"]),
        ("ListUsers", "negative", &["errors/negative"]),
        ("ListUsers", "bound", &["each/bound"]),
        ("ListUsers", "unique", &["final/unique"]),
        ("ListUsers", "same", &["final/same"]),
        ("ListUsers", "complete", &["final/complete", "final/in_order"]),
        ("ListUsers", "known", &["final/known"]),
        ("ListUsers", "slice", &["final/slice"]),
        ("StreamUsers", "negative", &["errors/negative"]),
        ("StreamUsers", "bound", &["each/bound"]),
        ("StreamUsers", "unique", &["final/unique"]),
        ("StreamUsers", "same", &["final/same"]),
        ("StreamUsers", "complete", &["final/complete", "final/in_order"]),
        ("StreamUsers", "known", &["final/known"]),
        ("StreamUsers", "slice", &["final/slice"]),
        ("ImportUsers", "names", &["requires/names"]),
        ("ImportUsers", "emails", &["requires/emails"]),
        ("ImportUsers", "taken", &["errors/taken"]),
        ("ImportUsers", "count", &["ensures/count"]),
        ("ImportUsers", "free_emails", &["ensures/free_emails"]),
        ("Chat", "prefix", &["each/in_turn"]),
        ("Chat", "all", &["final/all"]),
        ("UpdateUser", "id", &["requires/id"]),
        ("UpdateUser", "name", &["requires/name"]),
        ("UpdateUser", "email", &["requires/email"]),
        ("UpdateUser", "unknown_id", &["errors/unknown"]),
        ("UpdateUser", "taken", &["errors/taken_email"]),
        ("UpdateUser", "changed", &["ensures/changed_name", "ensures/changed_email"]),
        ("UpdateUser", "left", &["ensures/left_created_at", "ensures/left_name", "ensures/left_email"]),
        ("UpdateUser", "free_email", &["ensures/free_email"]),
        ("DeleteUser", "empty_id", &["requires/id"]),
        ("DeleteUser", "long_id", &["requires/id"]),
        ("DeleteUser", "unknown_id", &["errors/unknown"]),
        ("DeleteUser", "gone", &["ensures/gone"]),
    ] {
        if has(method, rules) { found += 1 } else { missed.push(format!("{method} {by_hand}")) }
    }
    // What follows from the effects alone, and the emails of a stream.
    assert_eq!(
        missed,
        ["CreateUser frame", "ImportUsers taken", "ImportUsers free_emails", "DeleteUser gone"]
    );
    assert_eq!(found, 41);
}

#[test]
fn what_is_written_is_a_side_file_without_a_fault() {
    let schema = stripped();
    let text = write(&proposed(&schema), "proto");
    let side = SideFile::parse("a.contract.toml", &text).unwrap();
    let said = lint::lint(&schema, std::slice::from_ref(&side));
    assert!(said.is_empty(), "{said:#?}\n{text}");
    let services = schema.pool().services().filter(|it| it.full_name() == "user.UserService");
    let contract = Contract::beside(services, &[side], None).unwrap();
    let rules: usize = contract.services["user.UserService"]
        .methods
        .values()
        .map(|it| it.requires.len() + it.errors.len() + it.ensures.len() + it.each.len() + it.finals.len())
        .sum();
    // Those that are written as promises.
    assert_eq!(rules, proposed(&schema).iter().filter(|it| it.is_active() && it.rule().is_some()).count());
    insta::assert_snapshot!(text);
}

#[test]
fn what_a_server_was_seen_to_break_is_dropped_with_the_reason() {
    let mut proposals = proposed(&stripped());
    let get = "user.UserService/GetUser".to_owned();
    let create = "user.UserService/CreateUser";
    let broken = [(get, "ensures/same".to_owned(), "resp.name: \"a\" ≠ \"A\"".to_owned())];
    overruled(&mut proposals, &broken, &|of, rule| u64::from(of == create && rule.ends_with("k")));
    let text = write(&proposals, "proto");
    assert!(text.contains("# dropped (high: "), "{text}");
    assert!(
        text.contains("): resp.name: \"a\" ≠ \"A\"\n# [[method.\"user.UserService/GetUser\".ensures]]"),
        "{text}"
    );
    assert!(
        text.contains("kept it\n[[method.\"user.UserService/CreateUser\".ensures]]\nid = \"clock\""),
        "{text}"
    );
}

#[test]
fn what_names_do_not_say_is_not_proposed() {
    for (text, expected) in [
        // Nothing is known of other names.
        ("message A { string id = 1; } service S { rpc Do(A) returns (A); }", &[][..]),
        // What is got is nothing that was created.
        (
            "message A { string id = 1; } message B { string id = 1; } message C {}
             service S { rpc GetA(A) returns (B); rpc CreateA(C) returns (C); }",
            &[],
        ),
        // The caller chooses the name (AIP-133), and somebody detaches things.
        (
            "message Topic { string name = 1; } message GetTopicRequest { string topic = 1; } message E {}
             service S { rpc CreateTopic(Topic) returns (Topic); rpc GetTopic(GetTopicRequest) returns (Topic);
                         rpc DetachTopic(GetTopicRequest) returns (E); }",
            &[
                "high S state",
                "high CreateTopic errors/exists",
                "high CreateTopic ensures/echo_name",
                "high CreateTopic effect",
                "high GetTopic draw",
                "high GetTopic errors/unknown",
                "medium GetTopic ensures/same",
            ],
        ),
    ] {
        let schema = schema(&format!("syntax = \"proto3\"; package p; {text}"));
        let proposals = proposed(&schema);
        assert_eq!(told(&proposals), expected, "{text}");
        let side = SideFile::parse("a.contract.toml", &write(&proposals, "a.proto")).unwrap();
        let said = lint::lint(&schema, &[side]);
        assert!(said.is_empty(), "{said:#?}");
    }
}

/// A library as the AIPs draw one: things in things, tokens of pages, a method of its own.
#[test]
fn standard_methods_of_an_api_are_known() {
    let schema = schema(
        r#"syntax = "proto3"; package p;
        message Shelf { string name = 1; string theme = 2; }
        message CreateShelfRequest { Shelf shelf = 1; }
        message GetShelfRequest { string name = 1; }
        message ListShelvesRequest { int32 page_size = 1; string page_token = 2; }
        message ListShelvesResponse { repeated Shelf shelves = 1; string next_page_token = 2; }
        message UpdateShelfRequest { Shelf shelf = 1; }
        message E {}
        service Library {
          rpc CreateShelf(CreateShelfRequest) returns (Shelf);
          rpc GetShelf(GetShelfRequest) returns (Shelf);
          rpc ListShelves(ListShelvesRequest) returns (ListShelvesResponse);
          rpc UpdateShelf(UpdateShelfRequest) returns (Shelf);
          rpc DeleteShelf(GetShelfRequest) returns (E);
          rpc MergeShelves(GetShelfRequest) returns (Shelf);
        }"#,
    );
    let proposals = proposed(&schema);
    let told = told(&proposals);
    for expected in [
        "high CreateShelf ensures/fresh",
        // A server may fill in what is empty, and shelves are merged.
        "medium CreateShelf ensures/echo_theme",
        "medium GetShelf ensures/same",
        "high GetShelf errors/unknown",
        "medium ListShelves errors/negative",
        "high ListShelves ensures/bound",
        "high ListShelves ensures/complete",
        "high UpdateShelf ensures/changed_name",
        "low UpdateShelf ensures/changed_theme",
        "high DeleteShelf errors/unknown",
    ] {
        assert!(told.iter().any(|it| it == expected), "{expected}: {told:#?}");
    }
    let side = SideFile::parse("a.contract.toml", &write(&proposals, "the schema")).unwrap();
    assert!(side.text.contains("map = { key = \"string\", value = \"p.Shelf\" }"), "{}", side.text);
    let said = lint::lint(&schema, &[side]);
    assert!(said.is_empty(), "{said:#?}");
}
