//! The values of a YAML file that are written on one line: what is quoted, and what is not.
//!
//! Absent on purpose: blocks (`|`, `>`) and plain values of several lines. What stands there is found by the id beside it.

use std::ops::Range;

use super::literals::{Literal, Writing, literal};

/// Every value in a part of a file.
pub(super) fn literals(text: &str, range: Range<usize>) -> Vec<Literal> {
    let mut out = Vec::new();
    let mut at = range.start;
    for line in text.get(range).unwrap_or_default().split_inclusive('\n') {
        value(line, at, &mut out);
        at += line.len();
    }
    out
}

/// The value at the end of a line that begins at the byte `start`; the quoted ones where there are several.
fn value(line: &str, start: usize, out: &mut Vec<Literal>) {
    let content = line.trim_start_matches([' ', '-']);
    let skipped = line.len() - content.len();
    let key = content.find(": ").filter(|end| !content[..*end].contains(['"', '\'', '{', '[']));
    let at = skipped + key.map_or(0, |end| end + 2);
    let rest = &line[at..];
    let at = at + rest.len() - rest.trim_start().len();
    let rest = line[at..].trim_end();
    match rest.chars().next() {
        None | Some('#' | '|' | '>') => {}
        Some('"' | '\'' | '{' | '[') => quoted(rest, start + at, out),
        Some(_) => {
            let plain = rest.find(" #").map_or(rest, |end| &rest[..end]).trim_end();
            let bytes = plain.char_indices().map(|(byte, _)| byte).chain([plain.len()]);
            out.push(Literal {
                value: plain.to_owned(),
                bytes: bytes.map(|byte| start + at + byte).collect(),
                range: start + at..start + at + plain.len(),
                block: None,
            });
        }
    }
}

fn quoted(text: &str, start: usize, out: &mut Vec<Literal>) {
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        match next {
            '#' => return,
            '"' | '\'' => {
                let found = literal(&text[at..], start + at, next, Writing::Yaml);
                at = found.range.end - start;
                out.push(found);
            }
            _ => at += next.len_utf8(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_stand() {
        for (text, expected) in [
            ("a: b c # no\n", &["b c"][..]),
            ("- id: x\n  expr: resp.id == 'y'\n", &["x", "resp.id == 'y'"]),
            ("  'q': \"w\\n\" # \"no\"", &["q", "w\n"]),
            ("e: {id: 'a', expr: \"b\"}", &["a", "b"]),
            ("t: |\n", &[]),
            ("- plain: \n", &[]),
            ("é: ü\n", &["ü"]),
        ] {
            let found = literals(text, 0..text.len());
            let values: Vec<&str> = found.iter().map(|it| &*it.value).collect();
            assert_eq!(values, expected, "{text}");
            for one in found.iter().filter(|it| !text[it.range.clone()].starts_with(['"', '\''])) {
                assert_eq!(text[one.range.clone()], one.value, "{text}");
            }
        }
    }
}
