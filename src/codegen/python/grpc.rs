//! `_pb2_grpc.py`: clients and servers, with the names that grpcio's own generator gives them.

use std::collections::BTreeSet;
use std::fmt::Write;

use prost_reflect::{FileDescriptor, MessageDescriptor, MethodDescriptor, ServiceDescriptor};

use super::names;
use crate::schema::Schema;

pub(super) fn module(schema: &Schema, file: &FileDescriptor) -> String {
    let mut text = String::from("\"\"\"Clients and servers.\"\"\"\n\nimport grpc\n\n");
    for import in imports(file) {
        text.push_str(&names::import(&import));
    }
    for service in file.services() {
        // Writing into a String cannot fail.
        let _ = one(&mut text, schema, &service);
    }
    text
}

/// The files of all requests and responses.
pub(super) fn imports(file: &FileDescriptor) -> BTreeSet<String> {
    let methods = file.services().flat_map(|service| service.methods().collect::<Vec<_>>());
    let types = methods.flat_map(|method| [method.input(), method.output()]);
    types.map(|message| message.parent_file().name().to_owned()).collect()
}

fn one(text: &mut String, schema: &Schema, service: &ServiceDescriptor) -> std::fmt::Result {
    let name = service.name();
    let comment = |path: &[i32]| {
        schema.file(service.parent_file().name()).and_then(|file| file.comment(path).map(str::to_owned))
    };
    let doc = names::docstring(comment(service.path()).as_deref(), "    ");

    write!(text, "\n\nclass {name}Stub:\n{doc}\n    def __init__(self, channel):\n")?;
    text.push_str("        \"\"\"The channel is one of grpc or of grpc.aio.\"\"\"\n");
    for method in service.methods() {
        let call = format!(
            "channel.{}(\n            {:?},\n            request_serializer={}.SerializeToString,\n            \
             response_deserializer={}.FromString,\n        )",
            kind(&method),
            path(&method),
            class(&method.input()),
            class(&method.output())
        );
        match names::is_keyword(method.name()) {
            true => writeln!(text, "        setattr(self, {:?}, {call})", method.name())?,
            false => writeln!(text, "        self.{} = {call}", method.name())?,
        }
    }
    write!(
        text,
        "\n\n# The same at run time; for type checkers it is a client on a channel of grpc.aio.\n{name}AsyncStub = {name}Stub\n"
    )?;

    write!(text, "\n\nclass {name}Servicer:\n{doc}")?;
    let mut late = String::new();
    for method in service.methods() {
        let argument = if method.is_client_streaming() { "request_iterator" } else { "request" };
        let function = if names::is_keyword(method.name()) {
            format!("{}_", method.name())
        } else {
            method.name().to_owned()
        };
        write!(text, "\n    def {function}(self, {argument}, context):\n")?;
        text.push_str(&names::docstring(comment(method.path()).as_deref(), "        "));
        text.push_str(
            "        context.set_code(grpc.StatusCode.UNIMPLEMENTED)\n        \
             raise NotImplementedError(\"the method is not implemented\")\n",
        );
        if function != method.name() {
            writeln!(late, "\n\nsetattr({name}Servicer, {:?}, {name}Servicer.{function})", method.name())?;
        }
    }
    if service.methods().len() == 0 {
        text.push_str("\n    pass\n");
    }
    text.push_str(&late);

    write!(text, "\n\ndef add_{name}Servicer_to_server(servicer, server):\n    handlers = {{\n")?;
    for method in service.methods() {
        write!(
            text,
            "        {:?}: grpc.{}_rpc_method_handler(\n            {},\n            \
             request_deserializer={}.FromString,\n            response_serializer={}.SerializeToString,\n        ),\n",
            method.name(),
            kind(&method),
            names::attribute("servicer", &[method.name().to_owned()]),
            class(&method.input()),
            class(&method.output())
        )?;
    }
    write!(
        text,
        "    }}\n    handler = grpc.method_handlers_generic_handler({:?}, handlers)\n    \
         server.add_generic_rpc_handlers((handler,))\n",
        service.full_name()
    )
}

/// grpcio's word for the kind of call.
pub(super) fn kind(method: &MethodDescriptor) -> &'static str {
    match (method.is_client_streaming(), method.is_server_streaming()) {
        (false, false) => "unary_unary",
        (false, true) => "unary_stream",
        (true, false) => "stream_unary",
        (true, true) => "stream_stream",
    }
}

fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

fn class(message: &MessageDescriptor) -> String {
    names::attribute(&names::alias(message.parent_file().name()), &names::path_of_message(message))
}
