//! JSON as YAML 1.2 (<https://yaml.org/spec/1.2.2/>), in blocks. What could be read as anything but text is quoted.

use serde_json::Value;

/// The text of a value.
pub(super) fn text(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn write(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (number, (name, value)) in fields.iter().enumerate() {
                if number > 0 {
                    indent(depth, text);
                }
                text.push_str(&scalar(name));
                text.push(':');
                under(value, depth, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (number, item) in items.iter().enumerate() {
                if number > 0 {
                    indent(depth, text);
                }
                text.push_str("- ");
                write(item, depth + 1, text);
                if !text.ends_with('\n') {
                    text.push('\n');
                }
            }
        }
        Value::Object(_) => text.push_str("{}"),
        Value::Array(_) => text.push_str("[]"),
        Value::String(string) => text.push_str(&scalar(string)),
        other => text.push_str(&other.to_string()),
    }
}

/// The value of a field, on its line or below it.
fn under(value: &Value, depth: usize, text: &mut String) {
    let is_block = match value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    match value {
        _ if is_block => {
            text.push('\n');
            indent(depth + 1, text);
            write(value, depth + 1, text);
        }
        Value::String(string) if is_literal(string) => {
            text.push_str(" |-\n");
            for line in string.lines() {
                if !line.is_empty() {
                    indent(depth + 1, text);
                }
                text.push_str(line);
                text.push('\n');
            }
        }
        _ => {
            text.push(' ');
            write(value, depth, text);
        }
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
}

fn indent(depth: usize, text: &mut String) {
    text.extend(std::iter::repeat_n("  ", depth));
}

/// Whether a text reads better on lines of its own, and comes back from there as it is.
fn is_literal(text: &str) -> bool {
    let plain = |c: char| c == '\n' || (c >= ' ' && !is_special(c));
    text.contains('\n')
        && !text.starts_with([' ', '\n', '\t'])
        && !text.ends_with('\n')
        && text.chars().all(plain)
        // A line of white space only could be taken for the margin.
        && text.lines().all(|line| line.is_empty() || !line.trim().is_empty())
}

/// What YAML keeps out of its texts, or takes for the end of a line.
fn is_special(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A text on its line: as it is where nobody could take it for anything else.
fn scalar(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_$./-".contains(c);
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let plain =
        text.chars().next().is_some_and(|first| first.is_ascii_alphabetic() || first == '/' || first == '$')
            && text.chars().all(|c| is_word(c) || " ,;'()`".contains(c))
            && !text.ends_with(' ')
            && !words.contains(&text.to_ascii_lowercase().as_str());
    if plain { text.to_owned() } else { quoted(text) }
}

/// JSON's own quotes are YAML's, but for what only YAML keeps out.
fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for c in Value::String(text.to_owned()).to_string().chars() {
        if is_special(c) {
            quoted.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            quoted.push(c);
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let value = json!({
            "openapi": "3.1.1", "empty": {}, "none": [], "nested": {"a": [{"b": 1, "c": [true, null]}, "x"], "d": -1.5},
            "list": [[1, 2], ["a: b", "#no", "- no", "{no", "*no", "&no", "yes", "1", "1e3", "~", "", " a ", "a:", "é"]],
            "/v1/{id}:x": "two\nlines\n\n  and `code`: # no\n- x", "odd": " begins\nwith space", "end": "ends\n",
            "tab": "a\tb", "nel": "a\u{85}b\u{2028}c", "quote": "say \"x\" \\ y", "white": "a\n   \nb",
        });
        let text = text(&value);
        assert_eq!(serde_saphyr::from_str::<Value>(&text).unwrap(), value, "{text}");
    }
}
