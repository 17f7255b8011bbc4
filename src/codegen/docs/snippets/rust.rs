//! Rust, with tonic and the modules of `rust/mod.rs`. Runs inside an async function that returns a `Result`.

use heck::ToUpperCamelCase as _;
use prost_build::Module;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value};

use super::Call;

pub(super) fn rust(call: &Call<'_>, root: &str) -> String {
    let method = call.method;
    let service = method.parent_service();
    let name = upper(service.name());
    let module = module(root, service.package_name());
    let client = format!("{module}::{}_client::{name}Client", snake(service.name()).trim_start_matches("r#"));
    let request = request(call.sample.map(|it| &it.message), &method.input(), root);
    let streams = method.is_client_streaming();
    let argument = if streams { "futures_util::stream::iter([request.clone(), request])" } else { "request" };
    let function = snake(method.name());
    let mut made = format!(
        "use {client};\n\nlet channel = tonic::transport::Endpoint::from_static({:?}).connect().await?;\n\
         let mut client = {name}Client::new(channel);\n",
        format!("http://{}", call.address)
    );
    made.push_str(&format!("let request = {request};\n"));
    made.push_str(&match method.is_server_streaming() {
        true => format!(
            "let mut replies = client.{function}({argument}).await?.into_inner();\n\
             while let Some(reply) = replies.message().await? {{\n    println!(\"{{reply:?}}\");\n}}"
        ),
        false => format!(
            "let reply = client.{function}({argument}).await?.into_inner();\nprintln!(\"{{reply:?}}\");"
        ),
    });
    made
}

/// The fields that are plain values, and the others as they are by default.
fn request(sample: Option<&DynamicMessage>, desc: &MessageDescriptor, root: &str) -> String {
    if desc.full_name() == "google.protobuf.Empty" {
        return "()".to_owned();
    }
    let path = path(desc, root);
    let set: Vec<String> = sample.into_iter().flat_map(fields).collect();
    let is_whole = set.len()
        == desc.fields().filter(|it| it.containing_oneof().is_none_or(|o| o.is_synthetic())).count()
        && desc.oneofs().all(|it| it.is_synthetic());
    match set.as_slice() {
        [] if is_whole => format!("{path} {{}}"),
        [] => format!("{path}::default()"),
        set => {
            let rest = if is_whole { "" } else { "    ..Default::default()\n" };
            format!("{path} {{\n{}{rest}}}", set.concat())
        }
    }
}

fn fields(sample: &DynamicMessage) -> Vec<String> {
    let desc = sample.descriptor();
    let line = |field: FieldDescriptor| {
        let is_plain = !field.is_list() && field.containing_oneof().is_none_or(|it| it.is_synthetic());
        let value = is_plain.then(|| literal(&sample.get_field(&field), &field.kind())).flatten()?;
        // prost wraps what has presence, but for the required fields of proto2.
        let wrapped =
            field.supports_presence() && field.cardinality() != prost_reflect::Cardinality::Required;
        let value = if wrapped { format!("Some({value})") } else { value };
        Some(format!("    {}: {value},\n", snake(field.name())))
    };
    desc.fields().filter_map(line).collect()
}

fn literal(value: &Value, kind: &Kind) -> Option<String> {
    Some(match (value, kind) {
        (Value::String(text), _) => format!("{text:?}.to_owned()"),
        (Value::Bool(it), _) => it.to_string(),
        (Value::I32(it), _) => it.to_string(),
        (Value::I64(it), _) => it.to_string(),
        (Value::U32(it), _) => it.to_string(),
        (Value::U64(it), _) => it.to_string(),
        (Value::F32(it), _) if it.is_finite() => format!("{it:?}"),
        (Value::F64(it), _) if it.is_finite() => format!("{it:?}"),
        _ => return None,
    })
}

fn module(root: &str, package: &str) -> String {
    let parts = Module::from_protobuf_package_name(package);
    std::iter::once(root).chain(parts.parts()).collect::<Vec<_>>().join("::")
}

/// Nested messages are in the module of the one they are in, as prost-build has it.
fn path(desc: &MessageDescriptor, root: &str) -> String {
    let package = desc.package_name();
    let inner = desc.full_name().strip_prefix(package).unwrap_or(desc.full_name()).trim_start_matches('.');
    let mut names: Vec<&str> = inner.split('.').collect();
    let last = names.pop().unwrap_or_default();
    let module = match package {
        "google.protobuf" => "::prost_types".to_owned(),
        package => module(root, package),
    };
    let outer: String = names.iter().map(|name| format!("::{}", snake(name))).collect();
    format!("{module}{outer}::{}", upper(last))
}

fn upper(name: &str) -> String {
    let name = name.to_upper_camel_case();
    if name == "Self" { "Self_".to_owned() } else { name }
}

/// In lower case with `_`, escaped where it is a keyword: as prost-build names modules, fields and functions.
fn snake(name: &str) -> String {
    Module::from_protobuf_package_name(name).parts().collect()
}
