//! CONTRACT_RESOURCE_DEFINITION.

use prost_reflect::{DynamicMessage, FileDescriptor, Value};

use super::category::Category::Contract;
use super::contract_resource::differences;
use super::findings::Findings;
use super::options::{Optioned, text};
use super::rule::{Check, Example, Rule, own};
use crate::diag::Peer;
use crate::schema::Schema;

pub static RULE: Rule = Rule {
    info: own(
        "CONTRACT_RESOURCE_DEFINITION",
        "A resource that a file defines keeps its patterns.",
        "`google.api.resource_definition` says what the names of a resource look like that has no message of its own. \
         Clients build and take apart names by it, and keep them, as they do by `google.api.resource`. A definition may \
         move to another file, or to a message that has come.",
    ),
    categories: &[Contract],
    check: Check::File(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/api/resource.proto\";\noption (google.api.resource_definition) = \
             {type: \"x.com/Book\", pattern: \"books/{book}\"};\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/api/resource.proto\";\noption (google.api.resource_definition) = \
             {type: \"x.com/Book\", pattern: \"shelves/{shelf}/books/{book}\"};\n",
        )],
    },
};

const OPTION: &str = "google.api.resource_definition";
const OF_MESSAGE: &str = "google.api.resource";

fn check(old: &FileDescriptor, new: Option<&FileDescriptor>, findings: &mut Findings) {
    if old.file_descriptor_proto().options.is_none() {
        return;
    }
    let Some((number, before)) = definitions(old) else { return };
    let (_, schema) = findings.schemas();
    for was in &before {
        let name = text(was, "type");
        let same = |it: &DynamicMessage| text(it, "type") == name;
        let here = new.and_then(definitions).and_then(|(_, after)| after.into_iter().find(same));
        let is = here.or_else(|| elsewhere(schema, same));
        for what in differences(was, is.as_ref()) {
            let message = format!("resource `{name}` {what}");
            let said = match new {
                Some(new) => findings.add(new.option_spot(number), message),
                None => findings.add_gone(old, message),
            };
            said.was(old.option_spot(number), "it was this here")
                .breaks(&[Peer::OldClients, Peer::StoredData], None)
                .help("keep what is there, and add another pattern behind it");
        }
    }
}

/// The number of the option, and what a file defines by it.
fn definitions(file: &FileDescriptor) -> Option<(i32, Vec<DynamicMessage>)> {
    let (number, value) = file.option(OPTION)?;
    let items = value.as_list()?;
    Some((number, items.iter().filter_map(Value::as_message).cloned().collect()))
}

/// In any file, or on a message.
fn elsewhere(schema: &Schema, is_meant: impl Fn(&DynamicMessage) -> bool) -> Option<DynamicMessage> {
    let files = schema.files().iter().map(|file| file.descriptor());
    let defined = files.filter_map(definitions).flat_map(|(_, all)| all);
    let of_messages = schema.pool().all_messages().filter_map(|message| match message.option(OF_MESSAGE) {
        Some((_, Value::Message(it))) => Some(it),
        _ => None,
    });
    defined.chain(of_messages).find(is_meant)
}

#[cfg(test)]
mod tests {
    use super::super::tests::schema;
    use super::super::{Selection, check};

    #[track_caller]
    fn differ(old: &str, new: &str, expected: &[&str]) {
        let file = |body: &str| {
            let text =
                format!("syntax = \"proto3\"; package p; import \"google/api/resource.proto\"; {body}");
            schema(&[("a.proto", &text)])
        };
        let selection = Selection::new(&["CONTRACT_RESOURCE_DEFINITION".to_owned()], &[]).unwrap();
        let said = check(&file(old), &file(new), &selection);
        assert_eq!(said.iter().map(|it| it.message.as_str()).collect::<Vec<_>>(), expected);
        assert!(check(&file(new), &file(new), &selection).is_empty());
    }

    fn definition(of: &str) -> String {
        format!("option (google.api.resource_definition) = {{{of}}};")
    }

    #[test]
    fn each_definition_is_known_by_its_type() {
        let book = definition("type: \"x/Book\", pattern: \"books/{b}\"");
        let shelf = definition("type: \"x/Shelf\", pattern: \"shelves/{s}\"");
        let both = format!("{book} {shelf}");
        differ(&both, &shelf, &["resource `x/Book` is no resource any more"]);
        differ(
            &book,
            &book.replace("books", "b"),
            &["resource `x/Book` has no longer the pattern `books/{b}`"],
        );
        differ(&both, &format!("{shelf} {book}"), &[]);
        differ(&book, &both, &[]);
        let message =
            "message Book { option (google.api.resource) = {type: \"x/Book\", pattern: \"books/{b}\"}; }";
        differ(&book, message, &[]);
        differ(
            &book,
            &message.replace("books", "b"),
            &["resource `x/Book` has no longer the pattern `books/{b}`"],
        );
    }
}
