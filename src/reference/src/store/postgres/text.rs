//! Text as PostgreSQL keeps it: its `text` holds every character but U+0000, which a name may have.
//!
//! U+0000 is kept as `\0` and a backslash as `\\`; all else stays as it is, readable in psql. Different texts stay
//! different, so what is unique in a column is unique.

use std::borrow::Cow;

/// `text` without U+0000.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if text.contains(['\0', '\\']) {
        Cow::Owned(text.replace('\\', "\\\\").replace('\0', "\\0"))
    } else {
        Cow::Borrowed(text)
    }
}

/// What [`escape`] was given. What it never makes stays as it is.
pub(super) fn unescape(text: String) -> String {
    if !text.contains('\\') {
        return text;
    }
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text.chars());
    while let Some(next) = rest.next() {
        match (next, rest.as_str().chars().next()) {
            ('\\', Some(escaped @ ('0' | '\\'))) => {
                plain.push(if escaped == '0' { '\0' } else { '\\' });
                rest.next();
            }
            _ => plain.push(next),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_must_be_is_escaped() {
        for (plain, kept) in [("Ada", "Ada"), ("a\0b", "a\\0b"), ("a\\0b", "a\\\\0b"), ("\\\0", "\\\\\\0")] {
            assert_eq!((escape(plain).as_ref(), unescape(kept.to_owned()).as_str()), (kept, plain));
        }
        // Written by hand, in psql.
        assert_eq!(unescape("a\\b\\".to_owned()), "a\\b\\");
    }

    proptest! {
        #[test]
        fn a_text_comes_back(text in "[a0\\\\\0é]{0,12}") {
            let kept = escape(&text).into_owned();
            prop_assert!(!kept.contains('\0'));
            prop_assert_eq!(unescape(kept), text);
        }
    }
}
