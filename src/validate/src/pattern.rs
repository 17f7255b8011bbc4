//! Patterns are RE2's; the `regex` crate reads nearly the same language. What differs is translated.

use regex::Regex;

/// The edge of a word of ASCII letters.
pub(super) const BOUNDARY: &str = "(?-u:\\b)";

/// The compiled pattern; nothing for one that is none, or that only RE2 reads.
pub(super) fn of(pattern: &str) -> Option<Regex> {
    // A pattern of somebody's schema must not cost everything there is.
    regex::RegexBuilder::new(&translated(pattern)).size_limit(1 << 20).build().ok()
}

/// `\d`, `\w`, `\s` and `\b` are about ASCII there, `\Q..\E` quotes, and inside of a class only `[:name:]` is special.
pub(super) fn translated(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    let mut class = Class::Outside;
    while let Some(next) = rest.chars().next() {
        let taken = match next {
            '\\' => {
                let letter = rest[1..].chars().next();
                let escaped = 1 + letter.map_or(0, char::len_utf8);
                let (text, taken) = escape(rest, letter, escaped, class != Class::Outside);
                out.push_str(&text);
                if class == Class::First {
                    class = Class::Inside;
                }
                taken
            }
            _ if class == Class::Outside => {
                out.push(next);
                if next == '[' {
                    class = Class::First;
                    if rest[1..].starts_with('^') {
                        out.push('^');
                        rest = &rest[1..];
                    }
                }
                next.len_utf8()
            }
            ']' if class == Class::Inside => {
                out.push(']');
                class = Class::Outside;
                1
            }
            '[' if rest.starts_with("[:") && rest[2..].contains(":]") => {
                let end = rest.find(":]").map_or(rest.len(), |at| at + 2);
                out.push_str(&rest[..end]);
                class = Class::Inside;
                end
            }
            next => {
                if matches!(next, '[' | ']' | '&' | '~') {
                    out.push('\\');
                }
                out.push(next);
                class = Class::Inside;
                next.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Outside,
    /// Where `]` is a character like any other.
    First,
    Inside,
}

/// What an escape becomes, and how many bytes of the pattern it is.
fn escape(rest: &str, letter: Option<char>, escaped: usize, in_class: bool) -> (String, usize) {
    let whole = match letter {
        Some('d') => "[0-9]",
        Some('D') => "[^0-9]",
        Some('w') => "[0-9A-Za-z_]",
        Some('W') => "[^0-9A-Za-z_]",
        Some('s') => "[\\t\\n\\x0c\\r ]",
        Some('S') => "[^\\t\\n\\x0c\\r ]",
        Some('b') if !in_class => BOUNDARY,
        Some('Q') => {
            let quoted = &rest[2..];
            let end = quoted.find("\\E").unwrap_or(quoted.len());
            let taken = 2 + (end + 2).min(quoted.len());
            return (regex::escape(&quoted[..end]), taken);
        }
        _ => &rest[..escaped],
    };
    (whole.to_owned(), escaped)
}
