//! What holds for all rules at once.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;

use super::tests::schema;
use super::*;

fn fired(old: &Schema, new: &Schema) -> BTreeSet<&'static str> {
    // The option of the one example that needs to know which.
    let selection = Selection::all().watching(vec!["unit".to_owned()]);
    check(old, new, &selection).iter().map(|diagnostic| diagnostic.rule.id).collect()
}

/// All but what only code of another language minds: there, an addition is a break.
fn fired_for_peers(old: &Schema, new: &Schema) -> BTreeSet<&'static str> {
    let rust = Vocabulary::V2.category(Category::Rust);
    let selection = Selection::of(BREAKING, &rust);
    check(old, new, &selection).iter().map(|diagnostic| diagnostic.rule.id).collect()
}

#[test]
fn every_rule_of_the_folder_is_listed_once_and_in_order() {
    let listed: Vec<&str> = BREAKING.iter().map(|rule| rule.info.id).collect();
    assert!(listed.is_sorted_by(|a, b| a < b), "{listed:?}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules/breaking");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = if path.is_file() { std::fs::read_to_string(&path).unwrap() } else { String::new() };
        let stem = path.file_stem().unwrap().to_str().unwrap();
        if text.contains("\npub static RULE: Rule = ") {
            assert!(listed.contains(&stem.to_uppercase().as_str()), "{stem} is not in the registry");
            assert!(text.starts_with(&format!("//! {}.\n", stem.to_uppercase())), "{stem}");
        }
    }
}

#[test]
fn every_rule_has_words_and_a_category() {
    for Rule { info, categories, .. } in BREAKING {
        assert!(info.summary.ends_with('.') && !info.summary.contains(". "), "{}: one sentence", info.id);
        assert!(info.explain.len() > 60 && !info.explain.contains("  "), "{}: {}", info.id, info.explain);
        assert!(!categories.is_empty() && categories.is_sorted(), "{}: {categories:?}", info.id);
    }
}

#[test]
fn every_example_is_found_by_its_rule_and_is_silent_against_itself() {
    let mut matrix = String::new();
    for rule in BREAKING {
        let (old, new) = (schema(rule.example.old), schema(rule.example.new));
        let mut fired_here = fired(&old, &new);
        assert!(fired_here.remove(rule.info.id), "{} does not find its own example", rule.info.id);
        for same in [&old, &new] {
            assert_eq!(fired(same, same), BTreeSet::new(), "{}", rule.info.id);
        }
        matrix.push_str(rule.info.id);
        matrix.push_str(if fired_here.is_empty() { "\n" } else { ", and\n" });
        fired_here.iter().for_each(|id| matrix.push_str(&format!("    {id}\n")));
    }
    insta::assert_snapshot!(matrix);
}

/// One thing in a schema, and whether the old schema has it.
#[derive(Debug, Clone)]
struct Thing {
    kind: usize,
    is_old: bool,
}

const MEMBERS: &[&str] = &[
    "  int32 f# = #;",
    "  repeated string f# = #;",
    "  map<string, M> f# = #;",
    "  optional bytes f# = #;",
    "  M f# = #;",
    "  E f# = #;",
    "  oneof o# { bool f# = #; }",
    "  message N# { int64 x = 1; enum F { ZERO = 0; } }",
    "  reserved # to #;",
    "  reserved \"r#\";",
];
const DECLARATIONS: &[&str] = &[
    "message T# { M m = 1; }",
    "enum G# { g#_ZERO = 0; g#_ONE = 1; }",
    "service S# { rpc Get(M) returns (stream M); }",
];

fn things(kinds: usize) -> impl Strategy<Value = Vec<Thing>> {
    prop::collection::vec((0..kinds, any::<bool>()).prop_map(|(kind, is_old)| Thing { kind, is_old }), 0..8)
}

fn write(templates: &[&str], things: &[Thing], everything: bool) -> String {
    let here = things.iter().enumerate().filter(|(_, thing)| everything || thing.is_old);
    here.map(|(n, thing)| templates[thing.kind].replace('#', &(n + 1).to_string()) + "\n").collect()
}

proptest! {
    /// Additions break nobody, except that what is added cannot be taken back.
    #[test]
    fn growing_is_silent_and_shrinking_is_not(
        members in things(MEMBERS.len()),
        declarations in things(DECLARATIONS.len()),
    ) {
        let text = |everything| format!(
            "syntax = \"proto3\";\npackage p;\nenum E {{ ZERO = 0; }}\nmessage M {{\n{}}}\n{}",
            write(MEMBERS, &members, everything),
            write(DECLARATIONS, &declarations, everything),
        );
        let (old, new) = (schema(&[("a.proto", &text(false))]), schema(&[("a.proto", &text(true))]));
        prop_assert_eq!(fired(&new, &new), BTreeSet::new());
        prop_assert_eq!(fired_for_peers(&old, &new), BTreeSet::new());
        let grew = members.iter().chain(&declarations).any(|thing| !thing.is_old);
        prop_assert_eq!(fired_for_peers(&new, &old).is_empty(), !grew);
    }
}
