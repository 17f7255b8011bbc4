//! Python, with grpcio and the modules that protoc, or `protogate generate --output python`, makes.

use serde_json::Value as Json;

use super::Call;
use crate::codegen::python::names::{alias, attribute, import, is_keyword, module, path_of_message};

pub(super) fn python(call: &Call<'_>) -> String {
    let method = call.method;
    let service = method.parent_service();
    let file = service.parent_file();
    let input = method.input();
    let (grpc, grpc_import) = imported(file.name(), "_grpc");
    let (messages, messages_import) = imported(input.parent_file().name(), "");
    let message = attribute(&messages, &path_of_message(&input));
    let json = call.json();
    let request = match json.as_object().is_some_and(serde_json::Map::is_empty) {
        true => format!("{message}()"),
        false => format!("json_format.ParseDict({}, {message}())", literal(&json, 0)),
    };
    let uses_json = request.starts_with("json_format");
    let name = match is_keyword(method.name()) {
        true => format!("getattr(stub, {:?})", method.name()),
        false => format!("stub.{}", method.name()),
    };
    let stub = attribute(&grpc, &[format!("{}Stub", service.name())]);
    let mut made = String::from("import grpc\n");
    if uses_json {
        made.push_str("from google.protobuf import json_format\n");
    }
    made.push_str(&format!("\n{messages_import}{grpc_import}\nrequest = {request}\n\n"));
    made.push_str(&format!(
        "with grpc.insecure_channel({:?}) as channel:\n    stub = {stub}(channel)\n",
        call.address
    ));
    let argument = if method.is_client_streaming() { "iter([request, request])" } else { "request" };
    made.push_str(&match method.is_server_streaming() {
        true => format!("    for reply in {name}({argument}):\n        print(reply)"),
        false => format!("    print({name}({argument}))"),
    });
    made
}

/// What a module is called, and the statement that imports it. Without the alias of generated code where none is needed.
fn imported(file: &str, suffix: &str) -> (String, String) {
    let name = format!("{}{suffix}", module(file));
    if name.split('.').any(is_keyword) {
        let import = import(file).replace("_pb2\"", &format!("_pb2{suffix}\""));
        return (alias(file), import);
    }
    match name.rsplit_once('.') {
        Some((package, last)) => (last.to_owned(), format!("from {package} import {last}\n")),
        None => (name.clone(), format!("import {name}\n")),
    }
}

/// A value of JSON as Python writes it.
fn literal(json: &Json, depth: usize) -> String {
    let (pad, end) = ("    ".repeat(depth + 1), "    ".repeat(depth));
    match json {
        Json::Null => "None".to_owned(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::Array(items) if items.is_empty() => "[]".to_owned(),
        Json::Object(entries) if entries.is_empty() => "{}".to_owned(),
        Json::Array(items) => {
            let items: Vec<String> =
                items.iter().map(|it| format!("{pad}{},\n", literal(it, depth + 1))).collect();
            format!("[\n{}{end}]", items.concat())
        }
        Json::Object(entries) => {
            let entry = |(key, value): (&String, &Json)| {
                format!("{pad}{}: {},\n", Json::String(key.clone()), literal(value, depth + 1))
            };
            format!("{{\n{}{end}}}", entries.iter().map(entry).collect::<String>())
        }
        // Numbers and texts of JSON are those of Python: its escapes are a part of Python's.
        plain => plain.to_string(),
    }
}
