//! What a method does, by its name and by the verb of its HTTP annotation.

use prost_reflect::MethodDescriptor;

use crate::schema::http_rules;

/// What a method does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Get,
    List,
    Create,
    Update,
    Delete,
    /// Creates many.
    Import,
    /// Something else.
    Other,
}

/// The verbs that names of methods begin with.
const VERBS: [(&str, Kind); 22] = [
    ("Get", Kind::Get),
    ("Read", Kind::Get),
    ("Fetch", Kind::Get),
    ("Lookup", Kind::Get),
    ("Describe", Kind::Get),
    ("List", Kind::List),
    ("Stream", Kind::List),
    ("Search", Kind::List),
    ("Query", Kind::List),
    ("Create", Kind::Create),
    ("Add", Kind::Create),
    ("Insert", Kind::Create),
    ("Register", Kind::Create),
    ("Update", Kind::Update),
    ("Patch", Kind::Update),
    ("Modify", Kind::Update),
    ("Edit", Kind::Update),
    ("Delete", Kind::Delete),
    ("Remove", Kind::Delete),
    ("Import", Kind::Import),
    ("BatchCreate", Kind::Import),
    ("BulkCreate", Kind::Import),
];

/// What the method does, and to what: `ListUsers` lists a `User`. The longest verb counts.
pub(super) fn of(name: &str) -> (Kind, String) {
    let begins = |verb: &str| {
        let rest = name.strip_prefix(verb)?;
        rest.starts_with(|it: char| it.is_ascii_uppercase()).then_some(rest)
    };
    let all = VERBS.iter().filter_map(|(verb, kind)| Some((verb.len(), *kind, begins(verb)?)));
    match all.max_by_key(|(length, ..)| *length) {
        Some((_, kind, rest)) => (kind, singular(rest)),
        None => (Kind::Other, String::new()),
    }
}

/// `Users` as `User`, `Boxes` as `Box`, `Entries` as `Entry`.
fn singular(noun: &str) -> String {
    let hisses = |stem: &str| ["s", "x", "z", "ch", "sh"].iter().any(|end| stem.ends_with(end));
    if let Some(stem) = noun.strip_suffix("ies") {
        return format!("{stem}y");
    }
    match (noun.strip_suffix("es"), noun.strip_suffix('s')) {
        (Some(stem), _) if hisses(stem) => stem.to_owned(),
        (_, Some(stem)) if !stem.ends_with('s') => stem.to_owned(),
        _ => noun.to_owned(),
    }
}

/// `PageToken` as `page_token`.
pub(super) fn snake(name: &str) -> String {
    let mut out = String::new();
    for it in name.chars() {
        if it.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(it.to_ascii_lowercase());
    }
    out
}

/// The verb and the path of `google.api.http`, such as `GET /v1/{name=topics/*}`.
pub(super) fn http(method: &MethodDescriptor) -> Option<String> {
    let rule = http_rules(method).into_iter().next()?;
    Some(format!("{} {}", rule.verb, rule.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_done_to_what() {
        for (name, kind, noun) in [
            ("GetUser", Kind::Get, "User"),
            ("ListUsers", Kind::List, "User"),
            ("StreamBoxes", Kind::List, "Box"),
            ("ListEntries", Kind::List, "Entry"),
            ("ListAddresses", Kind::List, "Address"),
            ("BatchCreateBooks", Kind::Import, "Book"),
            ("Getaway", Kind::Other, ""),
            ("Chat", Kind::Other, ""),
            ("Get", Kind::Other, ""),
        ] {
            assert_eq!(of(name), (kind, noun.to_owned()), "{name}");
        }
        assert_eq!(snake("PageToken"), "page_token");
    }
}
