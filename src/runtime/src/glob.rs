//! Patterns of method paths: `/user.UserService/Get*`.

use std::str::FromStr;

/// A pattern in which `*` stands for any characters, also none, also a slash. Everything else stands for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    /// Whether the whole of `path` is such a text.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let (mut pattern, mut rest) = (self.0.as_bytes(), path.as_bytes());
        // Where to go on when what follows the last star does not fit: one more character for the star.
        let mut retry: Option<(&[u8], &[u8])> = None;
        loop {
            match (pattern.split_first(), rest.split_first()) {
                (Some((b'*', after)), _) => {
                    retry = Some((after, rest));
                    pattern = after;
                }
                (Some((wanted, after)), Some((got, left))) if wanted == got => {
                    (pattern, rest) = (after, left)
                }
                (None, None) => return true,
                _ => {
                    let Some((after, [_, left @ ..])) = retry else { return false };
                    retry = Some((after, left));
                    (pattern, rest) = (after, left);
                }
            }
        }
    }
}

impl FromStr for Glob {
    type Err = String;

    /// # Errors
    /// A sentence, for a pattern that no path can match: they all begin with a slash.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with(['/', '*']) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!(
            "{text:?} matches no method: begin it with a slash, as /package.Service/Method, or with *"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (pattern, path, matches) in [
            ("/a.B/C", "/a.B/C", true),
            ("/a.B/C", "/a.B/CD", false),
            ("/a.B/*", "/a.B/", true),
            ("/a.B/Get*", "/a.B/GetUser", true),
            ("/a.B/Get*", "/a.B/SetUser", false),
            ("/a.*", "/a.B/C", true),
            ("*", "", true),
            ("*/C", "/a.B/C", true),
            ("*/C", "/a/C/C", true),
            ("*a*b", "/xaxbxb", true),
            ("*a*b", "/xaxbxc", false),
            ("/**/", "/", false),
            ("/**/", "//", true),
        ] {
            assert_eq!(pattern.parse::<Glob>().unwrap().matches(path), matches, "{pattern} {path}");
        }
        assert!("user.UserService/*".parse::<Glob>().unwrap_err().contains("slash"));
    }
}
