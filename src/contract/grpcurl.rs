//! A case as a line for grpcurl, for whoever has no protogate at hand. Only what grpcurl sends just as we do is
//! said: messages that survive ProtoJSON, plainly framed. Never the value of a header: the shell knows it.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor};

use super::{Case, Class, Method, case::SavedStep, variant};
use crate::{
    client::Step,
    diag::{is_shell_word, shell_word},
    values,
};

/// What the line names besides the case.
#[derive(Debug, Clone, Default)]
pub struct Grpcurl {
    /// Where the schema is.
    pub schema: Described,
    /// For headers by name, in their order: the environment variable that holds the value.
    pub variables: Vec<(String, String)>,
    /// How a target of TLS is called, as grpcurl's own options.
    pub tls: Vec<String>,
}

/// Where grpcurl finds the schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Described {
    /// The server tells it.
    #[default]
    Reflection,
    /// Below a folder, with everything that is imported.
    Folder(String),
    /// In an encoded `FileDescriptorSet`.
    Set(String),
}

/// One argument of a command is no longer than 128 KiB on Linux; what is longer fits no line anyway.
const LONGEST: usize = 100_000;
/// A header that is there for its size says nothing to a reader.
const LONGEST_HEADER: usize = 256;
/// The header of a variant that leaves the deadline out; grpcurl has none unless it is told.
const NO_DEADLINE: (&str, &[u8]) = ("grpc-timeout", b"");
/// What grpcurl and the library below it write themselves.
const RESERVED: [&str; 4] = ["content-type", "te", "user-agent", "host"];

/// The case as a command for a POSIX shell. `None` where grpcurl cannot send it: bytes that are no message,
/// encodings and frames of our own, schedules.
pub fn grpcurl(case: &Case, method: &MethodDescriptor, with: &Grpcurl) -> Option<String> {
    let class = Class::from_name(&case.class)?;
    let times = match class {
        Class::Valid | Class::Invalid | Class::EmptyStream | Class::UnknownEnum | Class::Metadata => 1,
        Class::Repeat => super::judge::repetitions(&Method::new(method.clone())),
        Class::Parallel => super::beside::AT_ONCE,
        _ => return None,
    };
    let json = messages(case, &method.input())?;
    let mut line = "grpcurl".to_owned();
    let target = match case.target.split_once("://") {
        Some(("http", address)) => {
            line.push_str(" -plaintext");
            address
        }
        Some((_, address)) => {
            for word in &with.tls {
                // Writing into a String cannot fail.
                let _ = write!(line, " {}", shell_word(word));
            }
            address
        }
        None => &case.target,
    };
    let extra = variant::find(class, &case.label).map_or(&[][..], |variant| variant.headers);
    if !extra.contains(&NO_DEADLINE) {
        let _ = write!(line, " -max-time {}", seconds(case.deadline_ms));
    }
    match &with.schema {
        Described::Reflection => {}
        Described::Folder(folder) => {
            let file = method.parent_service().parent_file();
            let _ = write!(line, " -import-path {} -proto {}", shell_word(folder), shell_word(file.name()));
        }
        Described::Set(file) => {
            let _ = write!(line, " -protoset {}", shell_word(file));
        }
    }
    for header in headers(case, extra, with)? {
        let _ = write!(line, " -H {header}");
    }
    let service = method.parent_service();
    let name = format!("{}/{}", service.full_name(), method.name());
    let _ = write!(
        line,
        " -d {} {} {}",
        shell_word(&json),
        shell_word(target.trim_end_matches('/')),
        shell_word(&name)
    );
    let turns = || (1..=times).map(|turn| turn.to_string()).collect::<Vec<_>>().join(" ");
    let line = match class {
        Class::Repeat => format!("for _ in {}; do {line}; done", turns()),
        Class::Parallel => format!("for _ in {}; do {line} & done; wait", turns()),
        _ => line,
    };
    (line.len() <= LONGEST).then_some(line)
}

/// The messages as grpcurl reads them, one after the other; `None` when they would not become the same bytes.
fn messages(case: &Case, desc: &MessageDescriptor) -> Option<String> {
    let (SavedStep::HalfClose, sends) = case.script.split_last()? else { return None };
    let messages = case.request_json.as_ref()?;
    if messages.len() != sends.len() {
        return None;
    }
    let mut texts = Vec::new();
    for (message, step) in messages.iter().zip(sends) {
        let Step::Send(sent) = step.to_step()? else { return None };
        let read = DynamicMessage::deserialize(desc.clone(), message).ok()?;
        if values::encode(&read) != sent {
            return None;
        }
        texts.push(printable(&serde_json::to_string(message).ok()?));
    }
    Some(texts.join(" "))
}

/// JSON has an escape for what would write on a terminal, or turn its text around.
fn printable(json: &str) -> String {
    let hidden = |c: char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        c.is_control() || turns || c == '\u{feff}'
    };
    let shown = |c: char| if hidden(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    json.chars().map(shown).collect()
}

fn seconds(ms: u64) -> String {
    (ms as f64 / 1000.0).to_string()
}

/// The headers as shell words; `None` for one that grpcurl does not let through.
fn headers(case: &Case, extra: &[(&str, &[u8])], with: &Grpcurl) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for (at, name) in case.metadata.iter().enumerate() {
        if is_reserved(name) {
            return None;
        }
        let before = case.metadata[..at].iter().filter(|earlier| *earlier == name).count();
        let known = with.variables.iter().filter(|(header, _)| header == name).nth(before);
        // Of a value that was written out there is only the name; a shell without the variable says so.
        let value = match known.filter(|(_, variable)| is_variable(variable)) {
            Some((_, variable)) => format!("${variable}"),
            None => format!("${{{}:?}}", variable_for(name)),
        };
        let value = match name.ends_with("-bin") {
            true => format!("$(printf %s \"{value}\" | base64)"),
            false => value,
        };
        words.push(match is_shell_word(name) {
            true => format!("\"{name}: {value}\""),
            false => format!("{}\"{value}\"", shell_word(&format!("{name}: "))),
        });
    }
    for (name, value) in extra.iter().filter(|header| **header != NO_DEADLINE) {
        if is_reserved(name) {
            return None;
        }
        let value = match name.ends_with("-bin") {
            true => STANDARD_NO_PAD.encode(value),
            false => String::from_utf8(value.to_vec()).ok()?,
        };
        if value.len() > LONGEST_HEADER {
            return None;
        }
        words.push(shell_word(&format!("{name}: {value}")));
    }
    Some(words)
}

fn is_reserved(name: &str) -> bool {
    name.starts_with(':') || name.starts_with("grpc-") || RESERVED.contains(&name)
}

fn is_variable(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(good) && name.starts_with(|c: char| !c.is_ascii_digit())
}

/// `x-api-key` as `X_API_KEY`.
fn variable_for(header: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = header.chars().map(word).collect();
    if is_variable(&name) { name } else { format!("_{name}") }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::schema::{Source, load};

    /// A case of UserService with its messages as ProtoJSON.
    fn case(class: Class, label: &str, metadata: &[&str], method: &MethodDescriptor, sent: &[Value]) -> Case {
        let send = |message: &Value| {
            let message = DynamicMessage::deserialize(method.input(), message).unwrap();
            SavedStep::from_step(&Step::Send(values::encode(&message).into()))
        };
        Case {
            id: "1".into(),
            seed: 1,
            target: "http://127.0.0.1:50051".into(),
            method: format!("user.UserService/{}", method.name()),
            check: "not_a_server_error".into(),
            cause: "INTERNAL".into(),
            message: String::new(),
            status: "INTERNAL".into(),
            class: class.name().into(),
            label: label.into(),
            metadata: metadata.iter().map(|name| (*name).to_owned()).collect(),
            deadline_ms: 10_000,
            script: sent.iter().map(send).chain([SavedStep::HalfClose]).collect(),
            request_json: Some(sent.to_vec()),
            manner: std::collections::BTreeMap::new(),
            led_to: None,
            sequence: None,
            sides: Vec::new(),
            started: false,
        }
    }

    fn method(name: &str) -> MethodDescriptor {
        let pool = load(&Source::Directory("proto".into())).schema.pool().clone();
        let service = pool.get_service_by_name("user.UserService").unwrap();
        service.methods().find(|method| method.name() == name).unwrap()
    }

    fn with(variables: &[(&str, &str)]) -> Grpcurl {
        let variables = variables.iter().map(|(name, variable)| ((*name).into(), (*variable).into()));
        Grpcurl { variables: variables.collect(), ..Grpcurl::default() }
    }

    #[track_caller]
    fn check(class: Class, label: &str, name: &str, sent: &[Value], expected: Option<&str>) {
        let method = method(name);
        let line = grpcurl(&case(class, label, &[], &method, sent), &method, &Grpcurl::default());
        assert_eq!(line.as_deref(), expected);
    }

    #[test]
    fn what_it_can_send_is_quoted_for_a_shell() {
        check(
            Class::Valid,
            "name",
            "CreateUser",
            &[json!({ "name": "it's $HOME `\u{1b}\u{9b}\u{202e}!" })],
            Some(
                "grpcurl -plaintext -max-time 10 -d '{\"name\":\"it'\\''s $HOME `\\u001b\\u009b\\u202e!\"}' \
                 127.0.0.1:50051 user.UserService/CreateUser",
            ),
        );
        let two = [json!({ "name": "a" }), json!({})];
        let line = "grpcurl -plaintext -max-time 10 -d '{\"name\":\"a\"} {}' 127.0.0.1:50051 \
                    user.UserService/ImportUsers";
        check(Class::Valid, "", "ImportUsers", &two, Some(line));
        check(Class::EmptyStream, "", "ImportUsers", &[], Some(&line.replace("{\"name\":\"a\"} {}", "")));
        let twice = "for _ in 1 2; do grpcurl -plaintext -max-time 10 -d '{}' 127.0.0.1:50051 \
                     user.UserService/GetUser; done";
        check(Class::Repeat, "", "GetUser", &[json!({})], Some(twice));
        let thrice = twice.replace("1 2;", "1 2 3;").replace("GetUser", "UpdateUser");
        check(Class::Repeat, "", "UpdateUser", &[json!({})], Some(&thrice));
        let unlimited = "grpcurl -plaintext -d '{}' 127.0.0.1:50051 user.UserService/GetUser";
        check(Class::Metadata, "no deadline", "GetUser", &[json!({})], Some(unlimited));
        let many = "for _ in 1 2 3 4; do grpcurl -plaintext -max-time 10 -d '{}' 127.0.0.1:50051 \
                    user.UserService/GetUser & done; wait";
        check(Class::Parallel, "", "GetUser", &[json!({})], Some(many));
        let label = "binary metadata that base64 pads";
        let headers = "grpcurl -plaintext -max-time 10 -H 'x-protogate-bin: PWE' -H 'x-other-bin: ' -d '{}' \
                       127.0.0.1:50051 user.UserService/GetUser";
        check(Class::Metadata, label, "GetUser", &[json!({})], Some(headers));
    }

    #[test]
    fn what_it_cannot_send_has_no_line() {
        for class in
            [Class::UnknownFields, Class::Encoding, Class::Framing, Class::Malformed, Class::Deadline]
        {
            check(class, "", "GetUser", &[json!({})], None);
        }
        check(Class::Metadata, "2 KiB of metadata", "GetUser", &[json!({})], None);
        check(Class::Valid, "", "CreateUser", &[json!({ "name": "x".repeat(LONGEST) })], None);
        let get = method("GetUser");
        let mut lossy = case(Class::Valid, "", &[], &get, &[json!({ "id": "1" })]);
        lossy.request_json = Some(vec![json!({ "id": "2" })]);
        assert_eq!(grpcurl(&lossy, &get, &Grpcurl::default()), None);
        let held_open = Case { script: vec![SavedStep::Send(String::new())], ..lossy.clone() };
        assert_eq!(grpcurl(&held_open, &get, &Grpcurl::default()), None);
        let reserved = case(Class::Valid, "", &["content-type"], &get, &[json!({})]);
        assert_eq!(grpcurl(&reserved, &get, &Grpcurl::default()), None);
    }

    #[test]
    fn headers_are_named_and_never_valued() {
        let get = method("GetUser");
        let names = ["authorization", "x-key-bin", "x$y", "authorization", "x-plain"];
        let case = case(Class::Valid, "", &names, &get, &[json!({})]);
        let with = with(&[
            ("authorization", "TOKEN"),
            ("x-key-bin", "KEY"),
            ("x$y", "not a name"),
            ("authorization", "OTHER"),
        ]);
        let line = grpcurl(&case, &get, &with).unwrap();
        for header in [
            "-H \"authorization: $TOKEN\" ",
            "-H \"x-key-bin: $(printf %s \"$KEY\" | base64)\" ",
            "-H 'x$y: '\"${X_Y:?}\" ",
            "-H \"authorization: $OTHER\" ",
            "-H \"x-plain: ${X_PLAIN:?}\" ",
        ] {
            assert!(line.contains(header), "{header} is not in {line}");
        }
    }

    #[test]
    fn the_schema_is_named_where_it_is() {
        let get = method("GetUser");
        let mut case = case(Class::Valid, "", &[], &get, &[json!({})]);
        case.target = "https://[::1]:443".into();
        let tls = vec!["-cacert".to_owned(), "my ca.pem".to_owned()];
        let line = |schema| grpcurl(&case, &get, &Grpcurl { schema, tls: tls.clone(), ..with(&[]) }).unwrap();
        let folder = line(Described::Folder("my protos".into()));
        assert!(folder.contains(" -import-path 'my protos' -proto user.proto -d "), "{folder}");
        let set = line(Described::Set(".protogate/schema.binpb".into()));
        assert!(set.contains(" -protoset .protogate/schema.binpb -d "), "{set}");
        assert!(
            set.ends_with(" '[::1]:443' user.UserService/GetUser") && !set.contains("-plaintext"),
            "{set}"
        );
        assert!(set.starts_with("grpcurl -cacert 'my ca.pem' -max-time"), "{set}");
        case.target = "http://[::1]:443".into();
        let plaintext = grpcurl(&case, &get, &Grpcurl { tls, ..with(&[]) }).unwrap();
        assert!(plaintext.starts_with("grpcurl -plaintext -max-time"), "{plaintext}");
    }
}
