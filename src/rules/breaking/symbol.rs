//! What an element is called across a whole schema, found by its path in its file.

use prost_reflect::FileDescriptor;
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto};

/// The full name of the innermost declaration that a path leads to: `user.v1.User.name`, and
/// `user.v1.UserService/GetUser` for a method. A value of an enum is named inside its enum, which a reader
/// expects, not beside it as protoc scopes it. Nothing for a path to the file itself.
///
/// The numbers are the field numbers of `google/protobuf/descriptor.proto`.
pub(in crate::rules) fn symbol(file: &FileDescriptor, path: &[i32]) -> Option<String> {
    let proto = file.file_descriptor_proto();
    let (&[list, index], rest) = path.split_first_chunk()?;
    let package = proto.package();
    match list {
        4 => Some(in_message(at(&proto.message_type, index)?, package, rest)),
        5 => Some(in_enum(at(&proto.enum_type, index)?, package, rest)),
        6 => {
            let service = at(&proto.service, index)?;
            let name = join(package, service.name());
            match rest {
                [2, method, ..] => Some(format!("{name}/{}", at(&service.method, *method)?.name())),
                _ => Some(name),
            }
        }
        7 => Some(extension(at(&proto.extension, index)?, package)),
        _ => None,
    }
}

fn in_message(message: &DescriptorProto, scope: &str, path: &[i32]) -> String {
    let name = join(scope, message.name());
    let inner = path.split_first_chunk().and_then(|(&[list, index], rest)| match list {
        2 => Some(join(&name, at(&message.field, index)?.name())),
        3 => Some(in_message(at(&message.nested_type, index)?, &name, rest)),
        4 => Some(in_enum(at(&message.enum_type, index)?, &name, rest)),
        6 => Some(extension(at(&message.extension, index)?, &name)),
        8 => Some(join(&name, at(&message.oneof_decl, index)?.name())),
        _ => None,
    });
    inner.unwrap_or(name)
}

fn in_enum(it: &EnumDescriptorProto, scope: &str, path: &[i32]) -> String {
    let name = join(scope, it.name());
    let value = match path {
        [2, index, ..] => at(&it.value, *index),
        _ => None,
    };
    value.map(|value| join(&name, value.name())).unwrap_or(name)
}

fn extension(it: &FieldDescriptorProto, scope: &str) -> String {
    join(scope, it.name())
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

fn at<T>(list: &[T], index: i32) -> Option<&T> {
    list.get(usize::try_from(index).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::breaking::tests::schema;

    #[test]
    fn every_kind_of_declaration_has_its_name() {
        let text = "syntax = \"proto2\"; package p; message M { optional int32 a = 1; message N { oneof o { int32 b = 2; } \
                    enum E { Z = 0; } } extensions 9; } enum F { Y = 0; } extend M { optional int32 x = 9; } \
                    service S { rpc Get(M) returns (M); }";
        let schema = schema(&[("a.proto", text)]);
        let file = schema.file("a.proto").unwrap().descriptor().clone();
        let cases: &[(&[i32], Option<&str>)] = &[
            (&[4, 0], Some("p.M")),
            (&[4, 0, 2, 0, 5], Some("p.M.a")),
            (&[4, 0, 3, 0, 8, 0], Some("p.M.N.o")),
            (&[4, 0, 3, 0, 4, 0, 2, 0, 2], Some("p.M.N.E.Z")),
            (&[5, 0], Some("p.F")),
            (&[7, 0], Some("p.x")),
            (&[6, 0, 2, 0, 4, 34], Some("p.S/Get")),
            (&[6, 0], Some("p.S")),
            (&[8, 1], None),
            (&[], None),
            (&[4, 7], None),
        ];
        for (path, expected) in cases {
            assert_eq!(symbol(&file, path).as_deref(), *expected, "{path:?}");
        }
    }
}
