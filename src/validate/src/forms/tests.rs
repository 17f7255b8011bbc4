//! What is an email: the grammar of the HTML standard, by table and by law.

use proptest::prelude::*;

use super::is_email;

#[test]
fn the_table_of_emails() {
    let label63 = "a".repeat(63);
    let cases = [
        ("a@b", true),
        ("ada@example.com", true),
        ("a.b+c@d-e.f0", true),
        (".a..b.@example.com", true),
        ("!#$%&'*+/=?^_`{|}~-@example.com", true),
        ("1@2.3", true),
        (&format!("{}@example.com", "a".repeat(1000)), true),
        (&format!("a@{label63}.{label63}"), true),
        (&format!("a@{label63}a"), false),
        ("", false),
        ("@", false),
        ("a", false),
        ("a@", false),
        ("@b", false),
        ("a@b@c", false),
        ("a@b.", false),
        ("a@.b", false),
        ("a@b..c", false),
        ("a@-b", false),
        ("a@b-", false),
        ("a@b-.c", false),
        ("a@b_c", false),
        ("a b@c", false),
        (" a@b", false),
        ("a@b\n", false),
        ("a@b ", false),
        ("\"a\"@b", false),
        ("a,b@c", false),
        ("Ada <a@b>", false),
        ("é@b", false),
        ("a@é", false),
        ("a@[127.0.0.1]", false),
        ("a\0@b", false),
    ];
    for (value, expected) in cases {
        assert_eq!(is_email(value), expected, "{value:?}");
    }
}

const LOCAL: &str = "[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,20}";
const DOMAIN: &str = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[A-Z0-9]([A-Z0-9-]{0,61}[A-Z0-9])?){0,3}";

/// A character that the grammar has nowhere.
fn foreign() -> impl Strategy<Value = char> {
    prop_oneof![Just('@'), Just('('), Just('"'), Just(','), Just(' '), Just('\n'), Just('é'), Just('🦀')]
}

proptest! {
    #[test]
    fn what_the_grammar_makes_is_an_email(local in local(), domain in domain()) {
        let value = format!("{local}@{domain}");
        prop_assert!(is_email(&value));
    }

    #[test]
    fn one_foreign_character_anywhere_spoils_it(
        local in local(), domain in domain(), foreign in foreign(), at in any::<prop::sample::Index>(),
    ) {
        let mut value = format!("{local}@{domain}");
        value.insert(at.index(value.len() + 1), foreign);
        prop_assert!(!is_email(&value));
    }

    #[test]
    fn nothing_makes_it_panic(value in any::<String>()) {
        let _ = is_email(&value);
    }
}

fn local() -> impl Strategy<Value = String> {
    proptest::string::string_regex(LOCAL).unwrap()
}

fn domain() -> impl Strategy<Value = String> {
    proptest::string::string_regex(DOMAIN).unwrap()
}
