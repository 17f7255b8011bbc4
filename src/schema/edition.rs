//! Finds `edition = "…";` before the compiler trips over it.

use std::ops::Range;

/// The edition a file declares and where the declaration stands, in bytes. The language allows it only
/// as the first statement, so anything else before it ends the search
/// (Protocol Buffers Language Specification, Editions: `proto = [edition] { … }`).
pub(super) fn declared(text: &str) -> Option<(String, Range<usize>)> {
    let start = skip_blank(text, if text.starts_with('\u{feff}') { 3 } else { 0 });
    let after = text[start..].strip_prefix("edition")?;
    let equals = skip_blank(text, text.len() - after.len());
    let value = skip_blank(text, text.len() - text[equals..].strip_prefix('=')?.len());
    let quote = text[value..].chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inner = &text[value + 1..];
    let length = inner.find(quote)?;
    let end = value + 1 + length + 1;
    Some((inner[..length].to_owned(), start..end))
}

/// The first byte at or after `at` that is neither white space nor part of a comment.
fn skip_blank(text: &str, mut at: usize) -> usize {
    loop {
        let rest = &text[at..];
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        let comment = if trimmed.starts_with("//") {
            trimmed.find('\n').unwrap_or(trimmed.len())
        } else if trimmed.starts_with("/*") {
            trimmed.find("*/").map_or(trimmed.len(), |end| end + 2)
        } else {
            return at;
        };
        at += comment;
    }
}

#[cfg(test)]
mod tests {
    use super::declared;

    #[test]
    fn finds_the_edition_and_nothing_else() {
        for (text, found) in [
            ("edition = \"2023\";", Some("2023")),
            ("\u{feff}// c\n/* d */ edition/**/='2024';", Some("2024")),
            ("syntax = \"proto3\"; // edition = \"2023\";", None),
            ("message edition {}", None),
            ("edition", None),
            ("edition = \"", None),
            ("/* edition = \"2023\";", None),
            ("", None),
        ] {
            assert_eq!(declared(text).map(|(edition, _)| edition).as_deref(), found, "{text}");
        }
    }
}
