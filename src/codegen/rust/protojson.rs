//! `serde::Serialize` and `serde::Deserialize` for the messages and enums that prost-build makes, as ProtoJSON.
//!
//! An implementation asks prost-reflect and the embedded descriptor set: it is the JSON of the conformance suite, with
//! `Any`, closed enums and unknown values, and the types of prost stay as they are. A generated field-by-field
//! implementation would be faster, and one more reading of the specification to be wrong in. What is ours is which type
//! of Rust is which message: [`path`] names it as prost-build does.

use std::collections::BTreeMap;

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use prost_build::Module;
use prost_reflect::{EnumDescriptor, MessageDescriptor};

use super::needed;
use crate::codegen::{File, Options, ours};
use crate::schema::Schema;

const PATH: &str = "protojson/mod.rs";

/// What all the implementations share; `POOL` stands above it.
const SHARED: &str = include_str!("protojson.txt");

/// `protojson/mod.rs`, which covers what `rust/` holds, imported packages included.
pub(in crate::codegen) fn generate(schema: &Schema, options: &Options) -> BTreeMap<String, File> {
    let sources: Vec<&str> = schema.own_files().map(|file| file.name()).collect();
    let mut text = ours::header(PATH, &sources, &options.command);
    text.push_str(&SHARED.replace("RUST_MODULE", &options.rust_module));
    for file in needed::files(schema) {
        if file.descriptor().package_name() == "google.protobuf" {
            continue; // These are `prost_types`, which has no serde.
        }
        let mut messages: Vec<MessageDescriptor> = file.descriptor().messages().collect();
        let mut enums: Vec<EnumDescriptor> = file.descriptor().enums().collect();
        messages.reverse();
        while let Some(message) = messages.pop() {
            if message.is_map_entry() {
                continue;
            }
            let path =
                path(&options.rust_module, message.parent_message(), message.package_name(), message.name());
            text.push_str(&format!("message!({path}, {:?});\n", message.full_name()));
            messages.extend(message.child_messages());
            enums.extend(message.child_enums());
        }
        for it in enums {
            let path = path(&options.rust_module, it.parent_message(), it.package_name(), it.name());
            text.push_str(&format!("enumeration!({path}, {:?});\n", it.full_name()));
        }
    }
    BTreeMap::from([(PATH.to_owned(), File::new(text, &sources, None))])
}

/// The path of a type: the modules of its package, those of the messages around it, its name.
fn path(root: &str, mut outer: Option<MessageDescriptor>, package: &str, name: &str) -> String {
    let mut around = Vec::new();
    while let Some(message) = outer {
        around.push(identifier(&message.name().to_snake_case()));
        outer = message.parent_message();
    }
    let package = Module::from_protobuf_package_name(package);
    let package = package.parts().map(str::to_owned);
    let all = std::iter::once(root.to_owned()).chain(package).chain(around.into_iter().rev());
    all.chain([identifier(&name.to_upper_camel_case())]).collect::<Vec<_>>().join("::")
}

/// As prost-build writes a name that is none of Rust's: `r#` in front of a keyword (on any other name it changes
/// nothing), and `_` where even that is no name.
fn identifier(name: &str) -> String {
    match name {
        "_" | "super" | "self" | "Self" | "extern" | "crate" => format!("{name}_"),
        _ if name.starts_with(|first: char| first.is_numeric()) => format!("_{name}"),
        _ if name == "gen" || syn::parse_str::<syn::Ident>(name).is_err() => format!("r#{name}"),
        _ => name.to_owned(),
    }
}
