//! Comments that rustdoc may read.
//!
//! rustdoc takes every indented block, and every fenced one without a language, for Rust and runs it under
//! `cargo test --doc`. A comment in a `.proto` file is anything but that, so its code blocks become fenced
//! `text`.

use std::collections::HashSet;

use prost_types::source_code_info::Location;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// Rewrites every comment of a file.
pub(super) fn tame(file: &mut FileDescriptorProto) {
    for location in file.source_code_info.iter_mut().flat_map(|info| &mut info.location) {
        for comment in [&mut location.leading_comments, &mut location.trailing_comments].into_iter().flatten()
        {
            *comment = without_doctests(&dedent(comment));
        }
    }
}

/// Gives every element a location, be it an empty one, where the file has any: prost-build takes it for granted that
/// whoever wrote down some wrote down all, and a descriptor set from elsewhere may have lost a few.
pub(super) fn complete(file: &mut FileDescriptorProto) {
    let mut paths = Vec::new();
    for (index, message) in file.message_type.iter().enumerate() {
        in_message(message, path(&[], 4, index), &mut paths);
    }
    for (index, it) in file.enum_type.iter().enumerate() {
        in_enum(it, path(&[], 5, index), &mut paths);
    }
    for (index, service) in file.service.iter().enumerate() {
        let outer = path(&[], 6, index);
        paths.extend((0..service.method.len()).map(|index| path(&outer, 2, index)));
        paths.push(outer);
    }
    let Some(info) = &mut file.source_code_info else { return };
    let known: HashSet<Vec<i32>> = info.location.iter().map(|location| location.path.clone()).collect();
    let missing = paths.into_iter().filter(|path| !known.contains(path));
    info.location.extend(missing.map(|path| Location { path, ..Location::default() }));
}

fn in_message(message: &DescriptorProto, outer: Vec<i32>, paths: &mut Vec<Vec<i32>>) {
    for (list, length) in [(2, message.field.len()), (8, message.oneof_decl.len())] {
        paths.extend((0..length).map(|index| path(&outer, list, index)));
    }
    for (index, inner) in message.nested_type.iter().enumerate() {
        in_message(inner, path(&outer, 3, index), paths);
    }
    for (index, it) in message.enum_type.iter().enumerate() {
        in_enum(it, path(&outer, 4, index), paths);
    }
    paths.push(outer);
}

fn in_enum(it: &EnumDescriptorProto, outer: Vec<i32>, paths: &mut Vec<Vec<i32>>) {
    paths.extend((0..it.value.len()).map(|index| path(&outer, 2, index)));
    paths.push(outer);
}

/// The path of an element of a list, whose number is that of the field in `google/protobuf/descriptor.proto`.
fn path(outer: &[i32], list: i32, index: usize) -> Vec<i32> {
    let index = i32::try_from(index).unwrap_or(i32::MAX);
    [outer, &[list, index]].concat()
}

/// Takes away the white space that all lines begin with: the blank after `//`, the margin of a block.
pub(in crate::codegen) fn dedent(comment: &str) -> String {
    let lines = || comment.lines().map(str::trim_end);
    let margin = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let shared = lines().filter(|line| !line.is_empty()).map(margin).min().unwrap_or(0);
    let dedented: Vec<&str> = lines().map(|line| line.get(shared..).unwrap_or("")).collect();
    dedented.join("\n").trim_matches('\n').to_owned()
}

/// The same CommonMark, with every code block a fenced one of `text`.
fn without_doctests(comment: &str) -> String {
    let mut text = String::with_capacity(comment.len());
    let mut copied = 0;
    let mut block: Option<(String, String)> = None;
    for (event, range) in Parser::new(comment).into_offset_iter() {
        match (event, &mut block) {
            (Event::Start(Tag::CodeBlock(kind)), _) => {
                // What stands before the block on its line belongs to the list or quote around it, but for
                // the indent that makes it one (CommonMark 4.4: four columns).
                let line = comment[..range.start].rfind('\n').map_or(0, |at| at + 1).max(copied);
                let before = &comment[line..range.start];
                let first = match kind {
                    CodeBlockKind::Indented => before.strip_suffix("    ").unwrap_or(before.trim_end()),
                    CodeBlockKind::Fenced(_) => before,
                };
                text.push_str(&comment[copied..line]);
                text.push_str(first);
                let prefix = first.chars().map(|c| if c == '>' { '>' } else { ' ' }).collect();
                block = Some((prefix, String::new()));
                copied = range.end;
            }
            (Event::Text(code), Some((_, all))) => all.push_str(&code),
            (Event::End(TagEnd::CodeBlock), _) => {
                let Some((prefix, code)) = block.take() else { continue };
                let fence = "`".repeat(longest_run(&code).max(2) + 1);
                text.push_str(&format!("{fence}text\n"));
                for line in code.lines() {
                    text.push_str(format!("{prefix}{line}").trim_end());
                    text.push('\n');
                }
                text.push_str(&format!("{prefix}{fence}"));
                copied = range.end;
                if comment[..copied].ends_with('\n') {
                    text.push('\n');
                }
            }
            _ => {}
        }
    }
    text.push_str(&comment[copied..]);
    text.trim_end().to_owned()
}

fn longest_run(code: &str) -> usize {
    code.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(comment: &str) -> Vec<String> {
        let kinds = Parser::new(comment).filter_map(|event| match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => Some(info.to_string()),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => Some("indented".to_owned()),
            _ => None,
        });
        kinds.collect()
    }

    #[test]
    fn every_code_block_becomes_text_and_nothing_else_changes() {
        for (before, after) in [
            ("Plain.\n\nTwo *paragraphs*.", "Plain.\n\nTwo *paragraphs*."),
            ("See:\n\n    GET /v1\n      x\n\nDone.", "See:\n\n```text\nGET /v1\n  x\n```\n\nDone."),
            ("```\nlet x;\n```", "```text\nlet x;\n```"),
            ("~~~rust\n```\n~~~\nafter", "````text\n```\n````\nafter"),
            ("    all of it", "```text\nall of it\n```"),
            ("- a\n  - b\n    deep", "- a\n  - b\n    deep"),
        ] {
            assert_eq!(without_doctests(before), after, "{before}");
        }
        for odd in
            ["> quote\n>\n>     code\n> end", "- item\n\n      code\n  end", "```unclosed\nx", "\t\ttab"]
        {
            let tamed = without_doctests(odd);
            assert!(blocks(&tamed).iter().all(|info| info == "text"), "{odd:?} became {tamed:?}");
        }
    }

    #[test]
    fn margins_go_and_indents_stay() {
        assert_eq!(dedent(" a\n   b\n\n c "), "a\n  b\n\nc");
        assert_eq!(dedent("\n é\n  é"), "é\n é");
        assert_eq!(dedent(""), "");
    }
}
