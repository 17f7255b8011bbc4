//! What the linker trusts a descriptor with, looked at before it is handed over.
//!
//! prost-reflect takes what a compiler wrote for granted: on anything else it panics, overflows the stack or
//! never ends. Each check here stands for one such place. What it copes with by itself is not checked.

use std::collections::{BTreeSet, HashMap};

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, UninterpretedOption,
};

/// How deep the braces of an option value may nest. The binary form of anything deeper would not be read
/// again: 100 is protobuf's own limit for that (`CodedInputStream::SetRecursionLimit`).
const MAX_DEPTH: usize = 100;

/// How many ways may lead from a file through its public imports, and how many files one way may pass:
/// the linker walks all of them, by recursion.
const MAX_WAYS: u64 = 10_000;

/// What is wrong with `file`, whichever way it came.
pub(super) fn check(file: &FileDescriptorProto) -> Result<(), String> {
    let options = file.options.iter().flat_map(|it| &it.uninterpreted_option);
    values(options)?;
    if !file.package().is_empty() {
        file.package().split('.').try_for_each(name)?;
    }
    file.message_type.iter().try_for_each(message)?;
    file.enum_type.iter().try_for_each(r#enum)?;
    file.extension.iter().try_for_each(field)?;
    for service in &file.service {
        name(service.name())?;
        service.method.iter().try_for_each(|method| name(method.name()))?;
        values(service.options.iter().flat_map(|it| &it.uninterpreted_option))?;
        let options = service.method.iter().filter_map(|method| method.options.as_ref());
        values(options.flat_map(|it| &it.uninterpreted_option))?;
    }
    Ok(())
}

/// `ident` of the language specification. With any other name two elements could share a full name.
fn name(name: &str) -> Result<(), String> {
    let of_word = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
    match name.bytes().all(of_word) && name.bytes().next().is_some_and(|first| !first.is_ascii_digit()) {
        true => Ok(()),
        false => Err(format!("`{}` is not a name", name.escape_debug())),
    }
}

/// The parser and the decoder bound how deep messages nest, so recursion is fine.
fn message(message: &DescriptorProto) -> Result<(), String> {
    name(message.name())?;
    message.oneof_decl.iter().try_for_each(|oneof| name(oneof.name()))?;
    if let Some(options) = &message.options {
        if options
            .uninterpreted_option
            .iter()
            .any(|it| matches!(&*it.name, [only] if only.name_part == "map_entry"))
        {
            return Err(format!("`{}` sets map_entry, which only a compiler may", message.name()));
        }
        if options.map_entry() && !is_map_entry(message) {
            return Err(format!("`{}` says it is a map entry, but has no key and value", message.name()));
        }
        values(&options.uninterpreted_option)?;
    }
    let oneofs = message.oneof_decl.iter().filter_map(|it| it.options.as_ref());
    values(oneofs.flat_map(|it| &it.uninterpreted_option))?;
    let ranges = message.extension_range.iter().filter_map(|it| it.options.as_ref());
    values(ranges.flat_map(|it| &it.uninterpreted_option))?;
    message.field.iter().chain(&message.extension).try_for_each(field)?;
    message.enum_type.iter().try_for_each(r#enum)?;
    message.nested_type.iter().try_for_each(self::message)
}

/// `map<K, V>` as a compiler writes it: `optional K key = 1; optional V value = 2;`.
fn is_map_entry(message: &DescriptorProto) -> bool {
    let [a, b] = &*message.field else { return false };
    let (key, value) = if a.number() == 1 { (a, b) } else { (b, a) };
    let may_be_key = !matches!(
        key.r#type(),
        Type::Double | Type::Float | Type::Bytes | Type::Message | Type::Group | Type::Enum
    );
    let single = |field: &FieldDescriptorProto| field.label() != Label::Repeated;
    may_be_key
        && key.type_name().is_empty()
        && (key.number(), value.number()) == (1, 2)
        && single(key)
        && single(value)
}

fn r#enum(of: &EnumDescriptorProto) -> Result<(), String> {
    name(of.name())?;
    of.value.iter().try_for_each(|value| name(value.name()))?;
    values(of.options.iter().flat_map(|it| &it.uninterpreted_option))?;
    let options = of.value.iter().filter_map(|value| value.options.as_ref());
    values(options.flat_map(|it| &it.uninterpreted_option))
}

fn field(field: &FieldDescriptorProto) -> Result<(), String> {
    name(field.name())?;
    values(field.options.iter().flat_map(|it| &it.uninterpreted_option))?;
    match field.r#type() == Type::Bytes && !is_escaped(field.default_value()) {
        true => Err(format!("the default of `{}` is not escaped", field.name())),
        false => Ok(()),
    }
}

/// Whether a default of type `bytes` is ASCII, and its octal escapes are bytes.
fn is_escaped(default: &str) -> bool {
    let mut rest = default.as_bytes();
    while let Some(at) = rest.iter().position(|&byte| byte == b'\\') {
        rest = &rest[at + 1..];
        let octal = rest.iter().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
        if octal == 3 && rest[0] > b'3' {
            return false;
        }
        rest = rest.get(octal.max(1)..).unwrap_or_default();
    }
    default.is_ascii()
}

fn values<'a>(options: impl IntoIterator<Item = &'a UninterpretedOption>) -> Result<(), String> {
    let texts = options.into_iter().filter_map(|option| option.aggregate_value.as_deref());
    for text in texts {
        if depth(text) > MAX_DEPTH {
            return Err(format!("the value of an option nests deeper than {MAX_DEPTH}"));
        }
    }
    Ok(())
}

/// How deep the messages of a value in text format nest; quoted brackets are text.
fn depth(value: &str) -> usize {
    let (mut depth, mut deepest, mut quote) = (0_usize, 0, None);
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (Some(_), b'\\') => {
                bytes.next();
            }
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'{' | b'<' | b'[') => depth += 1,
            (None, b'}' | b'>' | b']') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// What the public imports of every file that was linked so far lead to.
#[derive(Debug, Default)]
pub(super) struct PublicImports {
    ways: HashMap<String, u64>,
    /// The files that whoever imports a file sees besides it.
    seen: HashMap<String, BTreeSet<String>>,
}

impl PublicImports {
    /// Takes up `file`, all imports of which were taken up before. The answer is what it sees through a chain of
    /// public imports and does not import itself.
    ///
    /// # Errors
    /// The chains can be followed in more ways than anybody waits for.
    pub(super) fn add(&mut self, file: &FileDescriptorProto) -> Result<BTreeSet<String>, String> {
        let public: Vec<&String> = file
            .public_dependency
            .iter()
            .filter_map(|&at| file.dependency.get(usize::try_from(at).ok()?))
            .collect();
        let ways = public.iter().filter_map(|name| self.ways.get(*name));
        let ways = ways.fold(1, |sum: u64, ways| sum.saturating_add(*ways));
        self.ways.insert(file.name().to_owned(), ways);
        if ways > MAX_WAYS {
            return Err(format!("its public imports can be followed in more than {MAX_WAYS} ways"));
        }
        let beyond = |name: &String| self.seen.get(name).into_iter().flatten().cloned();
        let seen: BTreeSet<String> =
            public.iter().flat_map(|name| beyond(name).chain([(*name).clone()])).collect();
        let through: BTreeSet<String> = file.dependency.iter().flat_map(beyond).collect();
        if !seen.is_empty() {
            self.seen.insert(file.name().to_owned(), seen);
        }
        let own: BTreeSet<&str> = file.dependency.iter().map(String::as_str).chain([file.name()]).collect();
        Ok(through.into_iter().filter(|name| !own.contains(name.as_str())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_escaped_as_protoc_does() {
        for (default, escaped) in [
            ("", true),
            (r"a\\777b\377\0\x", true),
            (r"\x41\n", true),
            (r"\777", false),
            (r"\400", false),
            ("\\xa\u{e9}", false),
            ("\\", true),
        ] {
            assert_eq!(is_escaped(default), escaped, "{default}");
        }
    }

    #[test]
    fn depth_counts_brackets_that_are_not_quoted() {
        for (value, expected) in [
            ("", 0),
            ("a: 1", 0),
            ("a { b <c: 1> }", 2),
            ("a: \"{{{\\\"{\" b {}", 1),
            ("}}{", 1),
            ("a: '\\", 0),
        ] {
            assert_eq!(depth(value), expected, "{value}");
        }
    }
}
