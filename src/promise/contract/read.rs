//! From options to promises.

use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, MethodDescriptor, ServiceDescriptor, Value};

use super::options::{inner, list, number, numbers, option, text, texts};
use super::side::{METHOD, SERVICE};
use super::{Change, Contract, Effect, Expr, Method, Rule, Service, State, StateKind, Unread};

/// The fields that hold expressions.
const EXPRESSIONS: [&str; 4] = ["expr", "when", "key", "value"];

impl Contract {
    /// The promises in the options of these services. An expression that is no CEL is left out of its service and told
    /// in `unread`; what else is wrong is told by `contract lint`.
    pub fn of(services: impl IntoIterator<Item = ServiceDescriptor>) -> Contract {
        let mut contract = Contract::default();
        for desc in services {
            contract.unread.extend(unread(&desc));
            contract.services.extend(service(&desc).map(|it| (it.name.clone(), it)));
        }
        contract
    }

    /// Whether nothing is promised anywhere.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
    }
}

/// Nothing where neither the service nor one of its methods has an option of ours.
fn service(desc: &ServiceDescriptor) -> Option<Service> {
    let own = option(&desc.options(), SERVICE);
    let options = desc.methods().map(|it| (option(&it.options(), METHOD), it));
    let options: Vec<_> = options.collect();
    if own.is_none() && options.iter().all(|(it, _)| it.is_none()) {
        return None;
    }
    let methods: BTreeMap<String, Method> =
        options.into_iter().map(|(it, desc)| (desc.name().to_owned(), method(desc, it.as_ref()))).collect();
    Some(Service {
        name: desc.full_name().to_owned(),
        states: own.iter().flat_map(|own| list(own, "state")).filter_map(|it| state(&it)).collect(),
        invariants: own.iter().flat_map(|own| rules(own, "invariant", "invariant")).collect(),
        methods,
    })
}

/// The expressions that are no CEL.
fn unread(desc: &ServiceDescriptor) -> Vec<Unread> {
    let own = option(&desc.options(), SERVICE).map(|it| (desc.full_name().to_owned(), it));
    let of_methods = desc.methods().filter_map(|it| {
        let name = format!("{}/{}", desc.full_name(), it.name());
        Some((name, option(&it.options(), METHOD)?))
    });
    let mut out = Vec::new();
    for (name, options) in own.into_iter().chain(of_methods) {
        for text in expressions(&options) {
            if let Err(problem) = Expr::parse(&text) {
                out.push(Unread { of: name.clone(), text, why: problem.message });
            }
        }
    }
    out
}

/// Every expression in a contract, in order. The keys and values of variables are types, and no expressions.
fn expressions(of: &DynamicMessage) -> Vec<String> {
    let mut out = Vec::new();
    for (field, value) in of.fields().filter(|(field, _)| field.name() != "state") {
        match value {
            Value::String(text) if EXPRESSIONS.contains(&field.name()) && !text.is_empty() => {
                out.push(text.clone());
            }
            Value::Message(inner) => out.extend(expressions(inner)),
            Value::List(items) => {
                out.extend(items.iter().filter_map(Value::as_message).flat_map(expressions));
            }
            _ => {}
        }
    }
    out
}

fn state(it: &DynamicMessage) -> Option<State> {
    let kind = match (inner(it, "map"), inner(it, "list")) {
        (Some(map), _) => StateKind::Map(text(&map, "key"), text(&map, "value")),
        (None, Some(list)) => StateKind::List(text(&list, "value")),
        (None, None) => return None,
    };
    Some(State { name: text(it, "name"), kind })
}

fn method(desc: MethodDescriptor, own: Option<&DynamicMessage>) -> Method {
    let of = |name: &str| own.map(|own| list(own, name)).unwrap_or_default();
    let stream = own.and_then(|own| inner(own, "stream"));
    let of_stream = |name: &str| stream.iter().flat_map(|it| rules(it, name, name)).collect();
    // A rule that asks for no error asks for nothing.
    let coded = |kind: &str, expr: &str, code: &str| {
        let one = |it: &DynamicMessage| Some((rule(it, kind, expr)?, number(it, code)));
        of(kind).iter().filter_map(one).filter(|(_, code)| *code != 0).collect()
    };
    let draw = |it: &DynamicMessage| {
        let weight = it.get_field_by_name("weight").and_then(|it| it.as_u32()).unwrap_or_default();
        let from = text(it, "from");
        (text(it, "field"), from.strip_prefix("old.").unwrap_or(&from).to_owned(), weight.max(1))
    };
    Method {
        requires: coded("requires", "expr", "otherwise"),
        errors: coded("errors", "when", "code"),
        may_return: own.map(|own| numbers(own, "may_return")).unwrap_or_default(),
        ensures: own.map(|own| rules(own, "ensures", "ensures")).unwrap_or_default(),
        effects: of("effect").iter().filter_map(effect).collect(),
        each: of_stream("each"),
        finals: of_stream("final"),
        draws: of("draw").iter().map(draw).collect(),
        volatile: own.map(|own| texts(own, "volatile")).unwrap_or_default(),
        desc,
    }
}

/// Nothing where an expression is none, or where nothing is changed.
fn effect(it: &DynamicMessage) -> Option<Effect> {
    let parsed = |of: &DynamicMessage, name: &str| Expr::parse(&text(of, name)).ok();
    let when = match text(it, "when") {
        always if always.is_empty() => None,
        when => Some(Expr::parse(&when).ok()?),
    };
    let set = it.fields().find(|(field, _)| field.name() != "when")?;
    let (name, of) = (set.0.name().to_owned(), set.1.as_message());
    let change = match (name.as_str(), of) {
        ("put", Some(of)) => Change::Put(text(of, "map"), parsed(of, "key")?, parsed(of, "value")?),
        ("delete", Some(of)) => Change::Delete(text(of, "map"), parsed(of, "key")?),
        ("append", Some(of)) => Change::Append(text(of, "list"), parsed(of, "value")?),
        ("remove", Some(of)) => Change::Remove(text(of, "list"), parsed(of, "value")?),
        ("clear", None) => Change::Clear(text(it, "clear")),
        ("open", None) => Change::Open(text(it, "open")),
        _ => return None,
    };
    Some(Effect { when, change })
}

/// The rules in the field of this name, which are known by this kind.
fn rules(of: &DynamicMessage, name: &str, kind: &str) -> Vec<Rule> {
    list(of, name).iter().filter_map(|it| rule(it, kind, "expr")).collect()
}

/// Nothing where the expression, which is in the field of this name, is none.
fn rule(it: &DynamicMessage, kind: &str, name: &str) -> Option<Rule> {
    Some(Rule {
        id: format!("{kind}/{}", text(it, "id")),
        expr: Expr::parse(&text(it, name)).ok()?,
        closed: number(it, "world") == 1,
        place: None,
    })
}
