//! What a plugin answers.

use std::collections::BTreeMap;

use prost::Message;
use prost_types::compiler::CodeGeneratorResponse;
use prost_types::compiler::code_generator_response::File as Piece;

use crate::codegen::ours::stays_inside;
use crate::schema::Schema;

/// `FEATURE_PROTO3_OPTIONAL` of `plugin.proto`.
const PROTO3_OPTIONAL: u64 = 1;

/// The files a plugin made: path, `/`-separated, to text.
pub type Answer = BTreeMap<String, String>;

/// Reads an encoded `CodeGeneratorResponse`. Files that earlier plugins made into the same folder are `before`, because
/// a plugin may insert into them; they are part of what comes back when it did.
///
/// # Errors
///
/// A sentence without a subject, as the end of "the plugin …": what it says is wrong with the schema, an answer that is
/// none, a feature of the schema that it does not know, a path out of its folder, a file twice.
pub fn read(bytes: &[u8], schema: &Schema, before: &Answer) -> Result<Answer, String> {
    let response = CodeGeneratorResponse::decode(bytes)
        .map_err(|error| format!("answers with something that is no CodeGeneratorResponse: {error}"))?;
    if let Some(error) = response.error.as_ref().filter(|error| !error.is_empty()) {
        return Err(format!("refuses the schema: {}", error.trim_end()));
    }
    if response.supported_features() & PROTO3_OPTIONAL == 0
        && let Some(name) = first_optional(schema)
    {
        return Err(format!("does not support `optional` of proto3, which {name} uses"));
    }
    let mut made = Answer::new();
    for piece in whole(response.file)? {
        let name = piece.name.unwrap_or_default();
        let text = piece.content.unwrap_or_default();
        if !stays_inside(&name) || name.contains('\\') {
            return Err(format!("names a file `{name}`, which is not inside its folder"));
        }
        match piece.insertion_point.filter(|point| !point.is_empty()) {
            Some(point) => {
                let old = made.get(&name).or_else(|| before.get(&name));
                let old = old.ok_or_else(|| format!("inserts into `{name}`, which no plugin has made"))?;
                let new = insert(old, &point, &text).ok_or_else(|| {
                    format!("inserts at `{point}` of `{name}`, where there is no such point")
                })?;
                made.insert(name, new);
            }
            None if made.contains_key(&name) || before.contains_key(&name) => {
                return Err(format!("makes `{name}` a second time"));
            }
            None => {
                made.insert(name, text);
            }
        }
    }
    Ok(made)
}

/// A file may come in pieces, of which only the first has a name.
fn whole(pieces: Vec<Piece>) -> Result<Vec<Piece>, String> {
    let mut files: Vec<Piece> = Vec::new();
    for piece in pieces {
        let is_more = piece.name().is_empty() && piece.insertion_point().is_empty();
        match files.last_mut() {
            Some(last) if is_more => {
                last.content.get_or_insert_default().push_str(piece.content());
            }
            None if is_more => return Err("begins with a file that has no name".to_owned()),
            _ => files.push(piece),
        }
    }
    Ok(files)
}

/// The text before each line that holds the point, with the white space that line begins with.
fn insert(old: &str, point: &str, text: &str) -> Option<String> {
    let mark = format!("@@protoc_insertion_point({point})");
    if !old.contains(&mark) {
        return None;
    }
    let mut new = String::with_capacity(old.len() + text.len());
    for line in old.split_inclusive('\n') {
        if line.contains(&mark) {
            let indent = &line[..line.len() - line.trim_start().len()];
            for inserted in text.split_inclusive('\n') {
                new.push_str(indent);
                new.push_str(inserted);
            }
            if !text.is_empty() && !text.ends_with('\n') {
                new.push('\n');
            }
        }
        new.push_str(line);
    }
    Some(new)
}

/// The first field of the source that is `optional` in proto3.
fn first_optional(schema: &Schema) -> Option<String> {
    let messages = schema.own_files().flat_map(|file| file.descriptor().messages().collect::<Vec<_>>());
    let mut waiting: Vec<_> = messages.collect();
    waiting.reverse();
    while let Some(message) = waiting.pop() {
        let optional = message.fields().find(|field| field.field_descriptor_proto().proto3_optional());
        if let Some(field) = optional {
            return Some(field.full_name().to_owned());
        }
        waiting.extend(message.child_messages());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Source, load};

    fn schema(field: &str) -> Schema {
        let text = format!("syntax = \"proto3\"; message M {{ message N {{ {field} int32 a = 1; }} }}");
        load(&Source::Text(vec![("a.proto".to_owned(), text)])).schema
    }

    fn piece(name: &str, point: &str, text: &str) -> Piece {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Piece {
            name: some(name),
            insertion_point: some(point),
            content: some(text),
            generated_code_info: None,
        }
    }

    fn says(pieces: &[Piece]) -> Result<Vec<(String, String)>, String> {
        let response = CodeGeneratorResponse { file: pieces.to_vec(), ..CodeGeneratorResponse::default() };
        let before =
            Answer::from([("old.txt".to_owned(), "a\n  // @@protoc_insertion_point(p)\n".to_owned())]);
        read(&response.encode_to_vec(), &schema(""), &before).map(|made| made.into_iter().collect())
    }

    #[test]
    fn files_come_in_pieces_and_into_each_other() {
        let made = says(&[piece("b.txt", "", "one "), piece("", "", "two"), piece("old.txt", "p", "x\ny")]);
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let inserted = "a\n  x\n  y\n  // @@protoc_insertion_point(p)\n";
        assert_eq!(made.unwrap(), [file("b.txt", "one two"), file("old.txt", inserted)]);
    }

    #[test]
    fn what_an_answer_may_not_do_is_said() {
        for (pieces, expected) in [
            (vec![piece("../a", "", "x")], "names a file `../a`, which is not inside its folder"),
            (vec![piece("/a", "", "x")], "names a file `/a`, which is not inside its folder"),
            (vec![piece("a\\b", "", "x")], "names a file `a\\b`, which is not inside its folder"),
            (vec![piece("", "", "x")], "begins with a file that has no name"),
            (vec![piece("a", "", "x"), piece("a", "", "y")], "makes `a` a second time"),
            (vec![piece("old.txt", "", "y")], "makes `old.txt` a second time"),
            (vec![piece("b", "p", "y")], "inserts into `b`, which no plugin has made"),
            (vec![piece("old.txt", "q", "y")], "inserts at `q` of `old.txt`, where there is no such point"),
        ] {
            assert_eq!(says(&pieces).unwrap_err(), expected);
        }
        assert!(read(b"\xff", &schema(""), &Answer::new()).unwrap_err().contains("no CodeGeneratorResponse"));
        let refusal = CodeGeneratorResponse { error: Some("a.proto: no\n".to_owned()), ..Default::default() };
        assert_eq!(
            read(&refusal.encode_to_vec(), &schema(""), &Answer::new()).unwrap_err(),
            "refuses the schema: a.proto: no"
        );
    }

    #[test]
    fn a_plugin_that_does_not_know_optional_is_not_asked_to_guess() {
        let answer = |features: u64, field: &str| {
            let response = CodeGeneratorResponse { supported_features: Some(features), ..Default::default() };
            read(&response.encode_to_vec(), &schema(field), &Answer::new())
        };
        let said = answer(0, "optional").unwrap_err();
        assert_eq!(said, "does not support `optional` of proto3, which M.N.a uses");
        assert!(answer(1, "optional").is_ok() && answer(0, "").is_ok());
    }
}
