//! Side files: the promises of a schema that cannot be edited, or of one environment, as TOML.
//!
//! A side file holds the messages of `protogate/contract/v1/contract.proto` by full name:
//! `[method."package.Service/Method"]` and `[service."package.Service"]`. It is laid over the options of the schema, and
//! over the side files before it: it adds, and it disables by id, but it never replaces a rule in silence.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor,
    ReflectMessage as _, ServiceDescriptor, Value,
};
use serde_json::Value as Json;

use super::lint::kinds::{DISABLE, SIDE};
use super::options::option;
use crate::diag::{Diagnostic, Place, RuleInfo, Severity, Span};
use crate::schema::{Source, load, nearest};

/// The options, by the full names of their extensions.
pub(super) const SERVICE: &str = "protogate.contract.v1.service";
pub(super) const METHOD: &str = "protogate.contract.v1.method";

/// One side file, parsed.
#[derive(Debug, Clone)]
pub struct SideFile {
    /// As the user knows it.
    pub file: Arc<str>,
    /// As it is written.
    pub text: Arc<str>,
    content: Json,
}

impl SideFile {
    /// Reads the text of the file that is called so.
    ///
    /// # Errors
    /// A text that is no TOML.
    pub fn parse(file: &str, text: &str) -> Result<SideFile, Diagnostic> {
        let (file, text): (Arc<str>, Arc<str>) = (file.into(), text.into());
        let failed = |message: &str, span: Option<Range<usize>>| {
            let span = span.map(|span| Span::from_bytes(&text, span.start, span.end));
            let place = Place { file: file.clone(), span, text: Some(text.clone()) };
            Diagnostic::failure(&SIDE, format!("no TOML: {message}")).at(place)
        };
        let table = toml::from_str::<toml::Table>(&text).map_err(|it| failed(it.message(), it.span()))?;
        let content = serde_json::to_value(table).map_err(|it| failed(&it.to_string(), None))?;
        Ok(SideFile { file, text, content })
    }

    /// Whether it speaks of the service or method of this full name.
    pub fn names(&self, name: &str) -> bool {
        [SECTIONS[0].0, SECTIONS[1].0]
            .iter()
            .any(|section| self.content.get(section).is_some_and(|it| it.get(name).is_some()))
    }

    /// The parts of the text that are about the service or method: its tables, or everything where it is written
    /// otherwise.
    pub(super) fn ranges(&self, name: &str) -> Vec<Range<usize>> {
        if !self.names(name) {
            return Vec::new();
        }
        let quoted = [format!("\"{name}\""), format!("'{name}'")];
        let (mut out, mut open, mut at): (Vec<Range<usize>>, bool, usize) = (Vec::new(), false, 0);
        for line in self.text.split_inclusive('\n') {
            let end = at + line.len();
            let header = line.trim_start().starts_with('[');
            let about = header && quoted.iter().any(|name| line.contains(name));
            match (header, about, out.last_mut()) {
                (true, true, _) => out.push(end..end),
                (false, _, Some(last)) if open => last.end = end,
                _ => {}
            }
            open = if header { about } else { open };
            at = end;
        }
        if out.is_empty() {
            out.push(0..self.text.len());
        }
        out
    }

    /// Where the word stands for the first time behind the header of a service or method.
    fn place(&self, name: &str, word: &str) -> Place {
        let within = self.ranges(name).into_iter().find_map(|range| {
            let at = range.start + self.text.get(range)?.find(word)?;
            Some(at..at + word.len())
        });
        let header = || self.text.find(name).map(|at| at..at + name.len());
        let found = within.filter(|_| !word.is_empty()).or_else(header);
        let span = found.map(|range| Span::from_bytes(&self.text, range.start, range.end));
        Place { file: self.file.clone(), span, text: Some(self.text.clone()) }
    }

    fn say(
        &self,
        kind: &'static RuleInfo,
        at: (&str, &str),
        message: String,
        help: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(kind, Severity::Error, message).at(self.place(at.0, at.1)).help(help)
    }
}

/// The tables of a side file, the option that each stands for, and its message.
const SECTIONS: [(&str, &str); 2] = [
    ("service", "protogate.contract.v1.ServiceContract"),
    ("method", "protogate.contract.v1.MethodContract"),
];

/// The contract options as they come with protogate, for a schema that does not import them.
static BUNDLED: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let text = "syntax = \"proto3\"; import \"protogate/contract/v1/contract.proto\";";
    load(&Source::Text(vec![("side.proto".into(), text.into())])).schema.pool().clone()
});

/// What is promised of each service (`package.Service`) and method (`package.Service/Method`), where something is: its
/// option with the side files on top, one after the other. Also what is wrong with the side files.
pub fn merged(
    services: impl IntoIterator<Item = ServiceDescriptor>,
    sides: &[SideFile],
) -> (BTreeMap<String, DynamicMessage>, Vec<Diagnostic>) {
    let mut contracts = BTreeMap::new();
    // Every name, with the descriptor of its message.
    let mut known: BTreeMap<String, (usize, MessageDescriptor)> = BTreeMap::new();
    for service in services {
        let pool = service.parent_pool();
        let name = service.full_name().to_owned();
        let of_methods =
            service.methods().map(|it| (1, format!("{name}/{}", it.name()), option(&it.options(), METHOD)));
        let of_service = (0, name.clone(), option(&service.options(), SERVICE));
        for (section, name, option) in std::iter::once(of_service).chain(of_methods) {
            let message = SECTIONS[section].1;
            let own = option.as_ref().map(|it| it.descriptor()).or_else(|| pool.get_message_by_name(message));
            if let Some(desc) = own.or_else(|| BUNDLED.get_message_by_name(message)) {
                known.insert(name.clone(), (section, desc));
            }
            contracts.extend(option.map(|option| (name, option)));
        }
    }
    let mut said = Vec::new();
    for side in sides {
        for (key, content) in side.content.as_object().into_iter().flatten() {
            let Some(section) = SECTIONS.iter().position(|(name, _)| name == key) else {
                let help = "a side file has `[method.\"package.Service/Method\"]` and `[service.\"package.Service\"]`";
                said.push(side.say(&SIDE, (key, ""), format!("there is no table `{key}`"), help));
                continue;
            };
            for (name, content) in content.as_object().into_iter().flatten() {
                match known.get(name).filter(|(of, _)| *of == section) {
                    Some((_, desc)) => {
                        let base = contracts
                            .entry(name.clone())
                            .or_insert_with(|| DynamicMessage::new(desc.clone()));
                        Layer { side, name, said: &mut said }.lay(base, content.clone());
                    }
                    None => {
                        let names =
                            known.iter().filter(|(_, (of, _))| *of == section).map(|(name, _)| &**name);
                        let help = match nearest(name, names) {
                            Some(near) => format!("did you mean `{near}`?"),
                            None => format!("write the full name of a {key} of the schema"),
                        };
                        said.push(side.say(
                            &SIDE,
                            (name, ""),
                            format!("the schema has no {key} `{name}`"),
                            help,
                        ));
                    }
                }
            }
        }
    }
    (contracts, said)
}

/// What one side file says of one service or method.
struct Layer<'a> {
    side: &'a SideFile,
    name: &'a str,
    said: &'a mut Vec<Diagnostic>,
}

impl Layer<'_> {
    fn lay(&mut self, base: &mut DynamicMessage, mut content: Json) {
        self.known(&mut content, &base.descriptor());
        let read =
            DynamicMessage::deserialize_with_options(base.descriptor(), content, &DeserializeOptions::new());
        let mut more = match read {
            Ok(more) => more,
            Err(error) => {
                return self.say(
                    &SIDE,
                    "",
                    format!("is no contract: {error}"),
                    "see `protogate/contract/v1/contract.proto`",
                );
            }
        };
        let disabled =
            more.get_field_by_name("disable").and_then(|it| Some(it.as_list()?.to_vec())).unwrap_or_default();
        more.clear_field_by_name("disable");
        for id in disabled.iter().filter_map(Value::as_str) {
            let known = ids(base);
            if without(base, id) == 0 {
                let help = match nearest(id, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "remove it: there is no such rule before this file".to_owned(),
                };
                self.say(&DISABLE, id, format!("disables `{id}`, which is no rule here"), help);
            }
        }
        let known = ids(base);
        self.merge(base, &more, &known);
    }

    /// Names that are no fields are said and left out.
    fn known(&mut self, content: &mut Json, desc: &MessageDescriptor) {
        match content {
            Json::Array(items) => items.iter_mut().for_each(|item| self.known(item, desc)),
            Json::Object(fields) => {
                let names: Vec<String> = fields.keys().cloned().collect();
                for name in names {
                    let field = desc.get_field_by_name(&name).or_else(|| desc.get_field_by_json_name(&name));
                    match field.map(|field| field.kind()) {
                        Some(Kind::Message(inner)) => {
                            fields.get_mut(&name).into_iter().for_each(|it| self.known(it, &inner))
                        }
                        Some(_) => {}
                        None => {
                            fields.remove(&name);
                            let all: Vec<String> =
                                desc.fields().map(|field| field.name().to_owned()).collect();
                            let help = match nearest(&name, all.iter().map(String::as_str)) {
                                Some(near) => format!("did you mean `{near}`?"),
                                None => format!("it has {}", all.join(", ")),
                            };
                            self.say(&SIDE, &name, format!("{} has no field `{name}`", desc.name()), help);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn merge(&mut self, base: &mut DynamicMessage, more: &DynamicMessage, known: &[String]) {
        let fields: Vec<(FieldDescriptor, Value)> =
            more.fields().map(|(field, value)| (field, value.clone())).collect();
        for (field, value) in fields {
            match value {
                Value::List(items) => {
                    for item in items {
                        self.append(base, &field, item, known);
                    }
                }
                Value::Message(inner) => {
                    let mut of = base
                        .get_field(&field)
                        .as_message()
                        .cloned()
                        .unwrap_or_else(|| DynamicMessage::new(inner.descriptor()));
                    self.merge(&mut of, &inner, known);
                    base.set_field(&field, Value::Message(of));
                }
                value => base.set_field(&field, value),
            }
        }
    }

    fn append(&mut self, base: &mut DynamicMessage, field: &FieldDescriptor, item: Value, known: &[String]) {
        let id = item.as_message().and_then(id_of);
        if let Some(id) = id.filter(|id| known.contains(id)) {
            let help = format!("disable it first: `disable = [\"{id}\"]`");
            return self.say(&SIDE, &id, format!("adds a second rule `{id}`"), help);
        }
        if let Value::List(items) = base.get_field_mut(field) {
            items.push(item);
        }
    }

    fn say(&mut self, kind: &'static RuleInfo, word: &str, message: String, help: impl Into<String>) {
        let message = format!("{}: {message}", self.name);
        self.said.push(self.side.say(kind, (self.name, word), message, help));
    }
}

/// The id of a rule; nothing of what has none.
fn id_of(message: &DynamicMessage) -> Option<String> {
    let id = message.get_field_by_name("id")?.as_str()?.to_owned();
    (!id.is_empty()).then_some(id)
}

/// The ids of all rules in a contract.
fn ids(contract: &DynamicMessage) -> Vec<String> {
    let of = |value: &Value| match value {
        Value::List(items) => items.iter().filter_map(|it| id_of(it.as_message()?)).collect(),
        Value::Message(inner) => ids(inner),
        _ => Vec::new(),
    };
    contract.fields().flat_map(|(_, value)| of(value)).collect()
}

/// Takes away the rules of this id, which may be written with its kind (`ensures/echo`), and says how many.
fn without(contract: &mut DynamicMessage, id: &str) -> usize {
    let mut gone = 0;
    for (field, value) in contract.fields_mut() {
        match value {
            Value::List(items) => {
                let before = items.len();
                let whole = |own: &str| format!("{}/{own}", field.name());
                items.retain(|it| {
                    let own = it.as_message().and_then(id_of);
                    own.is_none_or(|own| own != id && whole(&own) != id)
                });
                gone += before - items.len();
            }
            Value::Message(inner) => gone += without(inner, id),
            _ => {}
        }
    }
    gone
}
