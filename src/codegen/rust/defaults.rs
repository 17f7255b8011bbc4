//! Defaults that prost can write down.

use prost_reflect::DescriptorPool;
use prost_types::{DescriptorProto, FileDescriptorProto};

/// Calls the default of each field of an enum by the first name of its number: prost makes no variant of the others
/// (`allow_alias`), and writes the name that it is given.
pub(super) fn by_first_name(file: &mut FileDescriptorProto, pool: &DescriptorPool) {
    // A list, because types may nest deeper than a stack.
    let mut waiting: Vec<&mut DescriptorProto> = file.message_type.iter_mut().collect();
    while let Some(message) = waiting.pop() {
        for field in &mut message.field {
            let Some(default) = &field.default_value else { continue };
            let Some(kind) = pool.get_enum_by_name(field.type_name().trim_start_matches('.')) else {
                continue;
            };
            // As they are declared, which is the order that prost goes by.
            let values = &kind.enum_descriptor_proto().value;
            let Some(given) = values.iter().find(|it| it.name() == default) else { continue };
            let first = values.iter().find(|it| it.number() == given.number());
            field.default_value = first.map(|it| it.name().to_owned());
        }
        waiting.extend(message.nested_type.iter_mut());
    }
}
