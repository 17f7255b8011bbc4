//! From options to promises.

use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, MethodDescriptor, ServiceDescriptor};

use super::{Change, Contract, Effect, Expr, Method, Rule, Service, State, StateKind};

impl Contract {
    /// The promises in the options of these services. What is wrong in them is told by `contract lint`; such a rule is
    /// left out here.
    pub fn of(services: impl IntoIterator<Item = ServiceDescriptor>) -> Contract {
        let found = services.into_iter().filter_map(|desc| service(&desc));
        Contract { services: found.map(|it| (it.name.clone(), it)).collect() }
    }

    /// Whether nothing is promised anywhere.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
    }
}

/// The value of the extension with this name.
fn option(options: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    options.extensions().find(|(it, _)| it.full_name() == name)?.1.as_message().cloned()
}

/// Nothing where neither the service nor one of its methods has an option of ours.
fn service(desc: &ServiceDescriptor) -> Option<Service> {
    let own = option(&desc.options(), "protogate.contract.v1.service");
    let options = desc.methods().map(|it| (option(&it.options(), "protogate.contract.v1.method"), it));
    let options: Vec<_> = options.collect();
    if own.is_none() && options.iter().all(|(it, _)| it.is_none()) {
        return None;
    }
    let methods: BTreeMap<String, Method> =
        options.into_iter().map(|(it, desc)| (desc.name().to_owned(), method(desc, it.as_ref()))).collect();
    Some(Service {
        name: desc.full_name().to_owned(),
        states: own.iter().flat_map(|own| many(own, "state")).filter_map(|it| state(&it)).collect(),
        invariants: own.iter().flat_map(|own| rules(own, "invariant", "invariant")).collect(),
        methods,
    })
}

fn state(it: &DynamicMessage) -> Option<State> {
    let kind = match (one(it, "map"), one(it, "list")) {
        (Some(map), _) => StateKind::Map(text(&map, "key"), text(&map, "value")),
        (None, Some(list)) => StateKind::List(text(&list, "value")),
        (None, None) => return None,
    };
    Some(State { name: text(it, "name"), kind })
}

fn method(desc: MethodDescriptor, own: Option<&DynamicMessage>) -> Method {
    let of = |name: &str| own.map(|own| many(own, name)).unwrap_or_default();
    let stream = own.and_then(|own| one(own, "stream"));
    let of_stream = |name: &str| stream.iter().flat_map(|it| rules(it, name, name)).collect();
    // A rule that asks for no error asks for nothing.
    let coded = |kind: &str, expr: &str, code: &str| {
        let one = |it: &DynamicMessage| Some((rule(it, kind, expr)?, number(it, code)));
        of(kind).iter().filter_map(one).filter(|(_, code)| *code != 0).collect()
    };
    let may_return = own.and_then(|own| own.get_field_by_name("may_return"));
    let codes = may_return.iter().filter_map(|it| it.as_list()).flatten();
    let draw = |it: &DynamicMessage| {
        let weight = it.get_field_by_name("weight").and_then(|it| it.as_u32()).unwrap_or_default();
        let from = text(it, "from");
        (text(it, "field"), from.strip_prefix("old.").unwrap_or(&from).to_owned(), weight.max(1))
    };
    let volatile = own.and_then(|own| own.get_field_by_name("volatile"));
    let paths = volatile.iter().filter_map(|it| it.as_list()).flatten();
    Method {
        requires: coded("requires", "expr", "otherwise"),
        errors: coded("errors", "when", "code"),
        may_return: codes.filter_map(|it| it.as_enum_number()).collect(),
        ensures: own.map(|own| rules(own, "ensures", "ensures")).unwrap_or_default(),
        effects: of("effect").iter().filter_map(effect).collect(),
        each: of_stream("each"),
        finals: of_stream("final"),
        draws: of("draw").iter().map(draw).collect(),
        volatile: paths.filter_map(|it| it.as_str().map(str::to_owned)).collect(),
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
    many(of, name).iter().filter_map(|it| rule(it, kind, "expr")).collect()
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

/// The messages in a list.
fn many(of: &DynamicMessage, name: &str) -> Vec<DynamicMessage> {
    let Some(value) = of.get_field_by_name(name) else { return Vec::new() };
    value.as_list().into_iter().flatten().filter_map(|it| it.as_message().cloned()).collect()
}

/// The message in a field, if it is set.
fn one(of: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    if of.has_field_by_name(name) { of.get_field_by_name(name)?.as_message().cloned() } else { None }
}

/// Empty where there is no such field.
fn text(of: &DynamicMessage, name: &str) -> String {
    of.get_field_by_name(name).and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
}

/// That of an enum; 0 where there is no such field.
fn number(of: &DynamicMessage, name: &str) -> i32 {
    of.get_field_by_name(name).and_then(|it| it.as_enum_number()).unwrap_or_default()
}
