//! Names that can be those of a package, a module, a variable and a DNS label at once.

use crate::cli::config::CONFIG;
use crate::diag::Diagnostic;

/// A label of DNS has no more letters (RFC 1035, 2.3.4), and Kubernetes names the service by it.
const LONGEST: usize = 63;

/// What the crate depends on, and what Rust has itself: a crate of the same name would hide it.
const TAKEN: [&str; 16] = [
    "alloc",
    "build",
    "clap",
    "core",
    "deps",
    "examples",
    "proc_macro",
    "prost",
    "prost_types",
    "protogate_runtime",
    "std",
    "test",
    "tokio",
    "tokio_stream",
    "tonic",
    "tonic_prost",
];

/// Whether a package can have this name.
///
/// # Errors
///
/// It cannot: why, and a name that would do where there is one.
pub fn check(name: &str) -> Result<(), Vec<Diagnostic>> {
    let Some(why) = wrong(name) else { return Ok(()) };
    let said = Diagnostic::failure(&CONFIG, format!("a service cannot be called `{name}`: {why}"));
    let better = format!("{}-service", heck::ToKebabCase::to_kebab_case(name));
    let help =
        match [heck::ToKebabCase::to_kebab_case(name), better].into_iter().find(|it| wrong(it).is_none()) {
            Some(other) => format!("`{other}` would do"),
            None => {
                "use lower-case letters, digits and single hyphens, a letter first: `user-service`".to_owned()
            }
        };
    Err(vec![said.help(help)])
}

fn wrong(name: &str) -> Option<String> {
    let words: Vec<&str> = name.split(['-', '_']).collect();
    let is_word = |word: &&str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let snake = name.replace('-', "_");
    if !words.iter().all(is_word) || !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        Some("it is in neither kebab nor snake case".to_owned())
    } else if name.contains('-') && name.contains('_') {
        Some("it has both hyphens and underscores".to_owned())
    } else if name.len() > LONGEST {
        Some(format!("it has {} letters, and a DNS label has at most {LONGEST}", name.len()))
    } else if TAKEN.contains(&snake.as_str()) {
        Some("another crate or folder of it has that name".to_owned())
    } else if syn::parse_str::<syn::Ident>(&snake).is_err() {
        Some("that is a keyword of Rust".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_will_not_do_comes_with_one_that_does() {
        for (name, help) in [
            ("user-service", None),
            ("user_service2", None),
            ("UserService", Some("`user-service` would do")),
            ("match", Some("`match-service` would do")),
            ("test", Some("`test-service` would do")),
            ("tonic-prost", Some("`tonic-prost-service` would do")),
            ("a-b_c", Some("`a-b-c` would do")),
            ("-a", Some("`a` would do")),
            ("a--b", Some("`a-b` would do")),
            ("../up", Some("`up` would do")),
            (
                "2fast",
                Some("use lower-case letters, digits and single hyphens, a letter first: `user-service`"),
            ),
            ("", Some("use lower-case letters, digits and single hyphens, a letter first: `user-service`")),
        ] {
            let said = check(name).err().and_then(|mut said| said.pop()).and_then(|said| said.help);
            assert_eq!(said.as_deref(), help, "{name}");
        }
        assert!(check(&"a".repeat(64)).is_err());
    }
}
