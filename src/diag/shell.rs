//! Words for a POSIX shell, for the commands that a report gives its reader.

/// Whether a shell takes the text for one word as it is.
pub fn is_shell_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:@%+,=".contains(&byte))
}

/// The text as one word, in single quotes where it needs them.
pub fn shell_word(text: &str) -> String {
    match is_shell_word(text) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}
