//! `_pb2.py`: the descriptor of a file, from which the runtime makes its classes.

use prost_reflect::FileDescriptor;

use super::names;

pub(super) fn module(file: &FileDescriptor, descriptor: &[u8]) -> String {
    let mut text = String::from(
        "\"\"\"Messages and enums, made by the runtime from the descriptor below.\"\"\"\n\n\
         from google.protobuf import descriptor_pool as _descriptor_pool\n\
         from google.protobuf.internal import builder as _builder\n\n",
    );
    // A descriptor can be added only after those it depends on.
    for import in file.dependencies() {
        text.push_str(&names::import(import.name()));
    }
    for import in file.public_dependencies() {
        let module = names::module(import.name());
        if !module.split('.').any(names::is_keyword) {
            text.push_str(&format!("from {module} import *\n"));
        }
    }
    let module = names::module(file.name());
    text.push_str(&format!(
        "\nDESCRIPTOR = _descriptor_pool.Default().AddSerializedFile(\n    {}\n)\n\n\
         _globals = globals()\n\
         _builder.BuildMessageAndEnumDescriptors(DESCRIPTOR, _globals)\n\
         _builder.BuildTopDescriptorsAndMessages(DESCRIPTOR, {module:?}, _globals)\n",
        literal(descriptor)
    ));
    text
}

/// So many bytes of a literal stand on one line.
const LINE: usize = 64;

/// Bytes as literals of Python, which joins those that follow each other.
fn literal(bytes: &[u8]) -> String {
    let lines: Vec<String> = bytes.chunks(LINE).map(|line| format!("b\"{}\"", line.escape_ascii())).collect();
    if lines.is_empty() { "b\"\"".to_owned() } else { lines.join("\n    ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_literals_that_python_reads_back() {
        assert_eq!(literal(b""), "b\"\"");
        assert_eq!(literal(b"\x00a\"\\\xff'\n"), r#"b"\x00a\"\\\xff\'\n""#);
        assert_eq!(literal(&[b'a'; 65]), format!("b\"{}\"\n    b\"a\"", "a".repeat(64)));
    }
}
