//! What things are called in Python, as protoc names them.

use prost_reflect::{EnumDescriptor, FileDescriptor, MessageDescriptor};

/// The keywords of Python 3 (Language Reference, 2.3.1). A name that is one is reached by `getattr`.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

pub(in crate::codegen) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// Whether the protobuf package brings the module of a file.
pub(super) fn is_of_the_runtime(file: &str) -> bool {
    file.starts_with("google/protobuf/")
}

/// The path of a file without its ending: no `-`, which no module name has.
pub(super) fn stem(file: &str) -> String {
    file.strip_suffix(".proto").unwrap_or(file).replace('-', "_")
}

/// `user.v1.user_pb2`
pub(in crate::codegen) fn module(file: &str) -> String {
    format!("{}_pb2", stem(file).replace('/', "."))
}

/// What the module is called where it is imported: `user_dot_v1_dot_user__pb2`, which no two modules share.
pub(in crate::codegen) fn alias(file: &str) -> String {
    module(file).replace('_', "__").replace('.', "_dot_")
}

/// The statement that imports the module of a file under its alias.
pub(in crate::codegen) fn import(file: &str) -> String {
    let (module, alias) = (module(file), alias(file));
    if module.split('.').any(is_keyword) {
        return format!("import importlib\n{alias} = importlib.import_module({module:?})\n");
    }
    match module.rsplit_once('.') {
        Some((package, name)) => format!("from {package} import {name} as {alias}\n"),
        None => format!("import {module} as {alias}\n"),
    }
}

/// The names from the file down to a message: `Outer`, `Inner`.
pub(in crate::codegen) fn path_of_message(message: &MessageDescriptor) -> Vec<String> {
    path(message.full_name(), &message.parent_file())
}

pub(super) fn path_of_enum(it: &EnumDescriptor) -> Vec<String> {
    path(it.full_name(), &it.parent_file())
}

fn path(full_name: &str, file: &FileDescriptor) -> Vec<String> {
    let inner = match file.package_name() {
        "" => full_name,
        package => full_name.strip_prefix(package).unwrap_or(full_name).trim_start_matches('.'),
    };
    inner.split('.').map(str::to_owned).collect()
}

/// An expression for something inside something: `base.Outer.Inner`.
pub(in crate::codegen) fn attribute(base: &str, path: &[String]) -> String {
    path.iter().fold(base.to_owned(), |base, name| match is_keyword(name) {
        true => format!("getattr({base}, {name:?})"),
        false => format!("{base}.{name}"),
    })
}

/// A text as a docstring, indented; nothing for none. Quotes and backslashes are escaped, so that it ends where it
/// should.
pub(super) fn docstring(text: Option<&str>, indent: &str) -> String {
    let text = text.map(super::super::rust::dedent).unwrap_or_default();
    if text.is_empty() {
        return String::new();
    }
    let lines: Vec<String> =
        text.lines().map(|line| line.replace('\\', "\\\\").replace('"', "\\\"")).collect();
    match lines.as_slice() {
        [one] => format!("{indent}\"\"\"{one}\"\"\"\n"),
        lines => {
            let inner: Vec<String> = lines
                .iter()
                .map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") })
                .collect();
            format!("{indent}\"\"\"{}\n{indent}\"\"\"\n", inner.join("\n").trim_start())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_have_the_names_that_protoc_gives_them() {
        for (file, module_name, alias_name) in [
            ("user.proto", "user_pb2", "user__pb2"),
            ("user/v1/a_b.proto", "user.v1.a_b_pb2", "user_dot_v1_dot_a__b__pb2"),
            ("a-b/c.proto", "a_b.c_pb2", "a__b_dot_c__pb2"),
        ] {
            assert_eq!((module(file).as_str(), alias(file).as_str()), (module_name, alias_name));
        }
        assert_eq!(import("a.proto"), "import a_pb2 as a__pb2\n");
        assert_eq!(import("p/a.proto"), "from p import a_pb2 as p_dot_a__pb2\n");
        assert!(import("class/a.proto").ends_with("importlib.import_module(\"class.a_pb2\")\n"));
    }

    #[test]
    fn a_docstring_ends_where_it_should() {
        assert_eq!(docstring(None, "  "), "");
        assert_eq!(
            docstring(Some(" One \"\"\" \\ line.\n"), "  "),
            "  \"\"\"One \\\"\\\"\\\" \\\\ line.\"\"\"\n"
        );
        assert_eq!(docstring(Some(" a\n\n b\n"), "  "), "  \"\"\"a\n\n  b\n  \"\"\"\n");
    }
}
