//! What the rules about deleted messages, enums, extensions and services have in common.

use prost_reflect::FileDescriptor;

use super::element::{Declaration, Element, Spot, full_name};
use super::findings::Findings;

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

/// The nearest message around the declaration that is still in the file, else the file.
pub(super) fn survivor(gone: &Declaration, file: &FileDescriptor) -> Spot {
    let mut name = gone.nested_name();
    while let Some((outer, _)) = name.rsplit_once('.') {
        let message = file.parent_pool().get_message_by_name(&full_name(file.package_name(), outer));
        if let Some(message) = message.filter(|it| it.parent_file() == *file) {
            return message.whole();
        }
        name = outer;
    }
    Spot::file(file)
}
