//! `.pyi`: what a type checker and an editor know of the modules.

use std::fmt::Write;

use prost_reflect::{
    EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor, MethodDescriptor,
};

use super::{grpc, names};

const HEAD: &str = "\
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import Any as _Any, ClassVar as _ClassVar, Optional as _Optional, Union as _Union
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
";

pub(super) fn messages(file: &FileDescriptor) -> String {
    let mut writer = Writer { file, text: HEAD.to_owned() };
    for import in file.dependencies() {
        writer.text.push_str(&names::import(import.name()));
    }
    writer.text.push_str("\nDESCRIPTOR: _descriptor.FileDescriptor\n");
    for it in file.enums() {
        writer.enumeration(&it, "");
    }
    for extension in file.extensions() {
        writer.line("", extension.name(), "_descriptor.FieldDescriptor");
        writer.line("", &format!("{}_FIELD_NUMBER", extension.name().to_uppercase()), "int");
    }
    for message in file.messages() {
        writer.message(&message, "");
    }
    writer.text
}

struct Writer<'f> {
    file: &'f FileDescriptor,
    text: String,
}

impl Writer<'_> {
    /// A name that is a keyword cannot be declared; it is there all the same.
    fn line(&mut self, indent: &str, name: &str, of: &str) {
        if !names::is_keyword(name) {
            self.text.push_str(&format!("{indent}{name}: {of}\n"));
        }
    }

    fn enumeration(&mut self, it: &EnumDescriptor, indent: &str) {
        let class = self.reference(&it.parent_file(), &names::path_of_enum(it));
        if names::is_keyword(it.name()) {
            return;
        }
        self.text.push_str(&format!(
            "\n{indent}class {}(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):\n{indent}    __slots__ = ()\n",
            it.name()
        ));
        for value in it.values() {
            self.line(&format!("{indent}    "), value.name(), &format!("_ClassVar[{class}]"));
        }
        self.text.push('\n');
        for value in it.values() {
            self.line(indent, value.name(), &class);
        }
    }

    fn message(&mut self, message: &MessageDescriptor, indent: &str) {
        if names::is_keyword(message.name()) || message.is_map_entry() {
            return;
        }
        self.text.push_str(&format!("\n{indent}class {}(_message.Message):\n", message.name()));
        let inner = format!("{indent}    ");
        let slots: String = message.fields().map(|field| format!("{:?}, ", field.name())).collect();
        self.text.push_str(&format!("{inner}__slots__ = ({})\n", slots.trim_end()));
        for it in message.child_enums() {
            self.enumeration(&it, &inner);
        }
        for child in message.child_messages() {
            self.message(&child, &inner);
        }
        for field in message.fields() {
            self.line(&inner, &format!("{}_FIELD_NUMBER", field.name().to_uppercase()), "_ClassVar[int]");
        }
        for field in message.fields() {
            let read = self.read(&field);
            self.line(&inner, field.name(), &read);
        }
        let taken: Vec<FieldDescriptor> = message
            .fields()
            .filter(|field| !names::is_keyword(field.name()) && field.name() != "self")
            .collect();
        let arguments: String =
            taken.iter().map(|field| format!(", {}: {} = ...", field.name(), self.write(field))).collect();
        let more = if taken.len() < message.fields().len() { ", **kwargs: _Any" } else { "" };
        self.text.push_str(&format!("{inner}def __init__(self{arguments}{more}) -> None: ...\n"));
    }

    /// The type of a field as it is read.
    fn read(&self, field: &FieldDescriptor) -> String {
        if field.is_map() {
            let [key, value] = self.entry(field);
            let is_message = matches!(field.kind(), Kind::Message(entry) if matches!(entry.map_entry_value_field().kind(), Kind::Message(_)));
            let container = if is_message { "MessageMap" } else { "ScalarMap" };
            return format!("_containers.{container}[{key}, {value}]");
        }
        let one = self.one(&field.kind());
        match (field.is_list(), field.kind()) {
            (true, Kind::Message(_)) => format!("_containers.RepeatedCompositeFieldContainer[{one}]"),
            (true, _) => format!("_containers.RepeatedScalarFieldContainer[{one}]"),
            (false, _) => one,
        }
    }

    /// The type of a field as the constructor takes it.
    fn write(&self, field: &FieldDescriptor) -> String {
        if field.is_map() {
            let [key, value] = self.entry(field);
            return format!("_Optional[_Mapping[{key}, {value}]]");
        }
        let one = match field.kind() {
            Kind::Message(_) => format!("_Union[{}, _Mapping[str, _Any]]", self.one(&field.kind())),
            Kind::Enum(_) => format!("_Union[{}, str]", self.one(&field.kind())),
            kind => self.one(&kind),
        };
        if field.is_list() { format!("_Optional[_Iterable[{one}]]") } else { format!("_Optional[{one}]") }
    }

    fn entry(&self, field: &FieldDescriptor) -> [String; 2] {
        match field.kind() {
            Kind::Message(entry) => [entry.map_entry_key_field(), entry.map_entry_value_field()]
                .map(|part| self.one(&part.kind())),
            kind => [self.one(&kind), self.one(&kind)],
        }
    }

    fn one(&self, kind: &Kind) -> String {
        match kind {
            Kind::Double | Kind::Float => "float".to_owned(),
            Kind::Bool => "bool".to_owned(),
            Kind::String => "str".to_owned(),
            Kind::Bytes => "bytes".to_owned(),
            Kind::Message(message) => {
                self.reference(&message.parent_file(), &names::path_of_message(message))
            }
            Kind::Enum(it) => self.reference(&it.parent_file(), &names::path_of_enum(it)),
            _ => "int".to_owned(),
        }
    }

    /// A class by its name from here. What a type checker cannot be told is of any type.
    fn reference(&self, file: &FileDescriptor, path: &[String]) -> String {
        if path.iter().any(|name| names::is_keyword(name)) {
            return "_Any".to_owned();
        }
        let inner = path.join(".");
        if file == self.file { inner } else { format!("{}.{inner}", names::alias(file.name())) }
    }
}

/// The types of clients and servers.
pub(super) fn services(file: &FileDescriptor) -> String {
    let mut text = String::from(
        "from collections.abc import AsyncIterator as _AsyncIterator, Awaitable as _Awaitable, Iterator as _Iterator\n\
         from typing import Any as _Any, Union as _Union\n\nimport grpc\nimport grpc.aio\n\n",
    );
    for import in grpc::imports(file) {
        text.push_str(&names::import(&import));
    }
    for service in file.services() {
        let name = service.name();
        let methods: Vec<MethodDescriptor> =
            service.methods().filter(|method| !names::is_keyword(method.name())).collect();
        for (class, base, package) in [("Stub", "", "grpc"), ("AsyncStub", "", "grpc.aio")] {
            // Writing into a String cannot fail.
            let _ = write!(
                text,
                "\nclass {name}{class}{base}:\n    def __init__(self, channel: {package}.Channel) -> None: ...\n"
            );
            for method in &methods {
                let [request, response] = types(method);
                let _ = writeln!(
                    text,
                    "    {}: {package}.{}MultiCallable[{request}, {response}]",
                    method.name(),
                    camel(grpc::kind(method))
                );
            }
        }
        let _ = write!(text, "\nclass {name}Servicer:\n");
        for method in &methods {
            let [request, response] = types(method);
            let (argument, request) = match method.is_client_streaming() {
                true => {
                    ("request_iterator", format!("_Union[_Iterator[{request}], _AsyncIterator[{request}]]"))
                }
                false => ("request", request),
            };
            let response = match method.is_server_streaming() {
                true => format!("_Union[_Iterator[{response}], _AsyncIterator[{response}]]"),
                false => format!("_Union[{response}, _Awaitable[{response}]]"),
            };
            let _ = writeln!(
                text,
                "    def {}(self, {argument}: {request}, context: _Any) -> {response}: ...",
                method.name()
            );
        }
        if methods.is_empty() {
            text.push_str("    ...\n");
        }
        let _ = write!(
            text,
            "\ndef add_{name}Servicer_to_server(servicer: {name}Servicer, server: _Union[grpc.Server, grpc.aio.Server]) -> None: ...\n"
        );
    }
    text
}

fn types(method: &MethodDescriptor) -> [String; 2] {
    [method.input(), method.output()].map(|message| {
        let path = names::path_of_message(&message);
        match path.iter().any(|name| names::is_keyword(name)) {
            true => "_Any".to_owned(),
            false => format!("{}.{}", names::alias(message.parent_file().name()), path.join(".")),
        }
    })
}

/// `UnaryStream`
fn camel(kind: &str) -> String {
    let words: Vec<String> = kind
        .split('_')
        .map(|word| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect())
        .collect();
    words.concat()
}
