//! Names as prost-build makes them: `heck` does the words there, too. Marks of keywords are left out: they
//! follow from the name.

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};

pub(super) fn snake(name: &str) -> String {
    name.to_snake_case()
}

pub(super) fn camel(name: &str) -> String {
    name.to_upper_camel_case()
}

/// The module of a package, with the marks that end it: `user::v1::`, or nothing for no package.
pub(super) fn module(package: &str) -> String {
    package.split('.').filter(|part| !part.is_empty()).map(|part| snake(part) + "::").collect()
}

/// The path of a declaration in a scope.
pub(super) fn item(scope: &str, name: &str) -> String {
    format!("{scope}{}", camel(name))
}

/// The variant of a value: the name of its enum in front of it is left out, unless no name is left then.
pub(super) fn variant(r#enum: &str, value: &str) -> String {
    let (r#enum, value) = (camel(r#enum), camel(value));
    match value.strip_prefix(&r#enum) {
        Some(rest) if rest.starts_with(|first: char| first.is_uppercase()) => rest.to_owned(),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_prost() {
        assert_eq!(module("google.pubsub.v1"), "google::pubsub::v1::");
        assert_eq!(module(""), "");
        assert_eq!(item("a::", "HTTPServer"), item("a::", "HttpServer"));
        assert_eq!(snake("fooBar"), snake("foo_bar"));
        for (value, expected) in [
            ("KIND_HOME", "Home"),
            ("HOME", "Home"),
            ("KIND_1ST", "Kind1st"),
            ("KIND", "Kind"),
            ("KINDER", "Kinder"),
        ] {
            assert_eq!(variant("Kind", value), expected);
        }
    }
}
