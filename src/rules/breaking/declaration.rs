//! What the rules about deleted messages, enums, extensions and services have in common.

use prost_reflect::{FileDescriptor, MessageDescriptor};

use super::element::{Declaration, Element, Kind, Spot, full_name};
use super::findings::Findings;
use crate::schema::Schema;

/// Says that a declaration is gone from its file, and where it went if it lives on.
pub(super) fn gone_from_file(gone: &Declaration, file: &FileDescriptor, findings: &mut Findings) {
    let (word, name) = (gone.kind.word(), gone.nested_name());
    let said = findings
        .add(survivor(gone, file), format!("{word} `{name}` was deleted from the file"))
        .was(gone.whole(), "it was here");
    match gone.kind.file_in(file.parent_pool(), &gone.full_name) {
        Some(now) => said.help(format!(
            "it moved to `{}`: who imports this file needs an `import public \"{0}\";` here",
            now.name()
        )),
        None => said.help("keep it with `option deprecated = true;`"),
    }
}

/// Says that a declaration is gone from its package.
pub(super) fn gone_from_package(gone: &Declaration, new: &Schema, findings: &mut Findings) {
    let (word, name, package) = (gone.kind.word(), gone.nested_name(), gone.file.package_name());
    let message = format!("{word} `{name}` was deleted from package `{package}`");
    let said = match new.file(gone.file.name()) {
        Some(file) => findings.add(survivor_in_package(gone, file.descriptor()), message),
        None => findings.add_gone(&gone.file, message),
    };
    said.was(gone.whole(), "it was here").help("keep it with `option deprecated = true;`");
}

/// As [`survivor`]; the message around a deleted message may be in another file by now, as buf has it.
fn survivor_in_package(gone: &Declaration, file: &FileDescriptor) -> Spot {
    match gone.kind {
        Kind::Message => survivor_of(gone, file, |it| it.package_name() == gone.file.package_name()),
        _ => survivor(gone, file),
    }
}

/// The nearest message around the declaration that is still in the file, else the file.
fn survivor(gone: &Declaration, file: &FileDescriptor) -> Spot {
    survivor_of(gone, file, |it| it.parent_file() == *file)
}

fn survivor_of(
    gone: &Declaration,
    file: &FileDescriptor,
    is_at_home: impl Fn(&MessageDescriptor) -> bool,
) -> Spot {
    let mut name = gone.nested_name();
    while let Some((outer, _)) = name.rsplit_once('.') {
        let message = file.parent_pool().get_message_by_name(&full_name(file.package_name(), outer));
        if let Some(message) = message.filter(&is_at_home) {
            return message.whole();
        }
        name = outer;
    }
    Spot::file(file)
}
