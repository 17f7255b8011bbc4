//! `// protogate:accept RULE reason="…" until=… owner=… id=…` above an element.

use prost_types::source_code_info::Location;

use super::{ACCEPT, Acceptance, Written};
use crate::diag::{Diagnostic, Place, Span};
use crate::rules::breaking::symbol;
use crate::schema::{ACCEPT_MARK as MARK, File, Schema};

/// The acceptances in the comments of a schema, and what is wrong with those that cannot be read. `over` of each is
/// for the caller to fill in.
pub fn comments(schema: &Schema, written: Written) -> Vec<Result<Acceptance, Diagnostic>> {
    let spoken_to = |file: &&File| file.text().is_some_and(|text| text.contains(MARK));
    schema.own_files().filter(spoken_to).flat_map(|file| of_file(file, written)).collect()
}

/// Comments are placed by where they stand, and not by what a compiler attaches them to: one between two fields may
/// be said to trail the first.
fn of_file(file: &File, written: Written) -> Vec<Result<Acceptance, Diagnostic>> {
    let info = file.proto().source_code_info.unwrap_or_default();
    // The whole file is no element.
    let elements: Vec<&Location> = info.location.iter().filter(|it| !it.path.is_empty()).collect();
    let lines = file.text().unwrap_or("").lines().enumerate().filter(|(_, line)| is_ours(line));
    let read = |(index, line): (usize, &str)| {
        let place = place(file, line, index);
        let Some(element) = below(&elements, index, line.find(MARK).unwrap_or(0)) else {
            let said = Diagnostic::failure(&ACCEPT, "this comment stands above nothing").at(place);
            return Err(said.help("put it above the element that it is about"));
        };
        read(line, symbol(file.descriptor(), &element.path), place, written)
    };
    lines.map(read).collect()
}

/// The element that starts next, inside the block that the comment is in; the block itself at its end.
fn below<'a>(elements: &[&'a Location], line: usize, column: usize) -> Option<&'a Location> {
    let here = (line, column);
    let around = elements.iter().filter(|it| start(it) < here && here < end(it)).max_by_key(|it| start(it));
    let inside = |it: &&&Location| start(it) >= here && around.is_none_or(|block| end(it) <= end(block));
    // The type of a field starts where the field does.
    let next = elements.iter().filter(inside).min_by_key(|it| (start(it), it.path.len()));
    next.or(around).copied()
}

/// Line and column, both from 0.
fn start(it: &Location) -> (usize, usize) {
    let at = |index: usize| it.span.get(index).and_then(|n| usize::try_from(*n).ok()).unwrap_or(0);
    (at(0), at(1))
}

fn end(it: &Location) -> (usize, usize) {
    let at = |index: usize| it.span.get(index).and_then(|n| usize::try_from(*n).ok()).unwrap_or(0);
    if it.span.len() > 3 { (at(2), at(3)) } else { (at(0), at(2)) }
}

/// A line with the mark in a comment.
fn is_ours(line: &str) -> bool {
    line.split_once(MARK).is_some_and(|(before, _)| {
        let before = before.trim_start();
        before.starts_with("//") || before.starts_with("/*") || before.starts_with('*')
    })
}

fn place(file: &File, line: &str, index: usize) -> Place {
    let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
    let column = |byte: usize| u32::try_from(line[..byte].chars().count() + 1).unwrap_or(u32::MAX);
    let (start, end) = (line.len() - line.trim_start().len(), line.trim_end().len());
    let span =
        Span { start_line: number, start_column: column(start), end_line: number, end_column: column(end) };
    Place { file: file.shown().into(), span: Some(span), text: file.text().map(Into::into) }
}

fn read(
    line: &str,
    symbol: Option<String>,
    place: Place,
    written: Written,
) -> Result<Acceptance, Diagnostic> {
    let wrong = |message: String| {
        let help = "write // protogate:accept RULE reason=\"...\", and if wanted until=2027-01-01, owner=NAME, id=FINGERPRINT";
        Diagnostic::failure(&ACCEPT, message).at(place.clone()).help(help)
    };
    let rest = line.split_once(MARK).map_or("", |(_, rest)| rest).trim().trim_end_matches("*/").trim_end();
    let (rule, mut rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if rule.is_empty() || rule.contains('=') {
        return Err(wrong("it names no rule".to_owned()));
    }
    let (mut reason, mut until, mut owner, mut fingerprint) = (None, None, None, None);
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let (key, after) = rest.split_once('=').ok_or_else(|| wrong(format!("`{rest}` is no key=value")))?;
        let (value, after) = value(after).ok_or_else(|| wrong(format!("the value of `{key}` has no end")))?;
        let slot = match key.trim_end() {
            "reason" => &mut reason,
            "until" => &mut until,
            "owner" => &mut owner,
            "id" => &mut fingerprint,
            other => return Err(wrong(format!("`{other}` is not known"))),
        };
        *slot = Some(value);
        rest = after;
    }
    let Some(reason) = reason.filter(|reason| !reason.trim().is_empty()) else {
        return Err(wrong("it has no reason".to_owned()));
    };
    let rule = rule.to_owned();
    Ok(Acceptance { rule, symbol, fingerprint, reason, owner, until, over: None, place, written })
}

/// A word, or text in quotation marks in which `\` takes the next character as it is; and what follows.
fn value(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return Some((value, &quoted[at + 1..])),
            c => {
                value.push(c);
                escaped = false;
            }
        }
    }
    None
}
