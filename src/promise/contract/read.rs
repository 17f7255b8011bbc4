//! From options to promises.

use std::{collections::BTreeMap, sync::Arc};

use prost_reflect::{DynamicMessage, MethodDescriptor, ReflectMessage as _, ServiceDescriptor, Value};

use super::options::{inner, list, number, numbers, text, texts};
use super::side::{METHOD, SideFile, merged};
use super::{
    Auth, Change, Contract, Effect, Example, Expr, Field, Idempotency, Limits, Method, Pagination, Rule,
    Service, State, StateKind, Unread,
};
use crate::diag::{Diagnostic, Severity};
use crate::schema::Schema;

/// The fields that hold expressions.
const EXPRESSIONS: [&str; 4] = ["expr", "when", "key", "value"];

impl Contract {
    /// The promises in the options of these services. An expression that is no CEL is left out of its service and told
    /// in `unread`; what else is wrong is told by `contract lint`.
    pub fn of(services: impl IntoIterator<Item = ServiceDescriptor>) -> Contract {
        Contract::read(&services.into_iter().collect::<Vec<_>>(), &[], None).0
    }

    /// The same with side files on top. With the schema, each promise knows where it stands.
    ///
    /// # Errors
    /// What a side file says that the schema does not have, or says a second time: nothing of it may be passed over.
    pub fn beside(
        services: impl IntoIterator<Item = ServiceDescriptor>,
        sides: &[SideFile],
        schema: Option<&Schema>,
    ) -> Result<Contract, Vec<Diagnostic>> {
        let services: Vec<ServiceDescriptor> = services.into_iter().collect();
        let (mut contract, mut said) = Contract::read(&services, sides, schema);
        if said.is_empty() {
            contract.find_places(&services, schema, sides);
            return Ok(contract);
        }
        said.iter_mut().for_each(|it| it.severity = Severity::Failure);
        Err(said)
    }

    fn read(
        services: &[ServiceDescriptor],
        sides: &[SideFile],
        schema: Option<&Schema>,
    ) -> (Contract, Vec<Diagnostic>) {
        let (merged, said) = merged(services.iter().cloned(), sides, schema);
        let mut contract = Contract::default();
        let mut fields = BTreeMap::new();
        for (name, it) in &merged {
            contract.unread.extend(unread(name, it));
            if it.descriptor().name() == "FieldContract" {
                fields.insert(name.clone(), field(name, it));
            }
        }
        let fields = Arc::new(fields);
        for desc in services {
            contract.services.extend(service(desc, &merged, &fields).map(|it| (it.name.clone(), it)));
        }
        (contract, said)
    }

    /// Whether nothing is promised anywhere.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
    }
}

/// Nothing where neither the service nor one of its methods promises anything, nor a field that they answer with.
fn service(
    desc: &ServiceDescriptor,
    merged: &BTreeMap<String, DynamicMessage>,
    fields: &Arc<BTreeMap<String, Field>>,
) -> Option<Service> {
    let own = merged.get(desc.full_name());
    let options: Vec<_> =
        desc.methods().map(|it| (merged.get(&format!("{}/{}", desc.full_name(), it.name())), it)).collect();
    let of_fields = || desc.methods().any(|it| super::fields::reaches(&it.output(), fields));
    if own.is_none() && options.iter().all(|(it, _)| it.is_none()) && !of_fields() {
        return None;
    }
    let auth = own.map(Auth::of).unwrap_or_default();
    let methods: BTreeMap<String, Method> = options
        .into_iter()
        .map(|(it, desc)| {
            let mut method = method(desc, it);
            method.auth = method.auth.or(auth);
            method.volatile.extend(super::fields::volatile(&method.desc.output(), fields));
            (method.desc.name().to_owned(), method)
        })
        .collect();
    Some(Service {
        name: desc.full_name().to_owned(),
        states: own.iter().flat_map(|own| list(own, "state")).filter_map(|it| state(&it)).collect(),
        invariants: own.iter().flat_map(|own| rules(own, "invariant", "invariant")).collect(),
        methods,
        fields: fields.clone(),
    })
}

fn field(name: &str, own: &DynamicMessage) -> Field {
    let short = name.rsplit('.').take(2).collect::<Vec<_>>();
    let kind = format!("field/{}", short.into_iter().rev().collect::<Vec<_>>().join("."));
    let ensures = rules(own, "ensures", &kind);
    let volatile = own.get_field_by_name("volatile").and_then(|it| it.as_bool()).unwrap_or_default();
    Field { ensures, volatile }
}

/// The expressions that are no CEL.
fn unread(name: &str, contract: &DynamicMessage) -> Vec<Unread> {
    let wrong = |text: String| {
        let problem = Expr::parse(&text).err()?;
        Some(Unread { of: name.to_owned(), text, why: problem.message })
    };
    expressions(contract).into_iter().filter_map(wrong).collect()
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
        skip: own.and_then(skip),
        pagination: own.and_then(Pagination::of),
        limits: own.map(Limits::of).unwrap_or_default(),
        idempotency: own.and_then(Idempotency::of),
        auth: own.map(Auth::of).unwrap_or_default(),
        examples: own.map(Example::all).unwrap_or_default(),
        isolation: stream.as_ref().map(|it| text(it, "isolation")).filter(|path| !path.is_empty()),
        desc,
    }
}

/// Why a method is not called.
fn skip(own: &DynamicMessage) -> Option<String> {
    own.get_field_by_name("skip").filter(|it| it.as_bool() == Some(true))?;
    let reason = text(own, "skip_reason");
    Some(if reason.is_empty() { format!("({METHOD}).skip") } else { reason })
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
