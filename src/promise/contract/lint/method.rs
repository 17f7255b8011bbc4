//! What a method promises.

use std::collections::BTreeSet;

use prost_reflect::{DynamicMessage, MethodDescriptor};

use super::super::{
    code,
    options::{inner, list, number, numbers, text, texts},
};
use super::effects::{effects, which};
use super::element::{Asked, Element, Want};
use super::kinds::{PATH, STATUS, STREAM};
use super::paths::follow;
use super::scope::{Moment, Scope};
use super::types::Type;

/// Gives the variables that the method changes.
pub(super) fn method(
    element: &mut Element<'_>,
    contract: &DynamicMessage,
    desc: &MethodDescriptor,
    model: &[(String, Type)],
) -> BTreeSet<String> {
    let record = Type::Record(model.into());
    refusals(element, contract, desc, &record);
    let scope = Scope::of(Moment::Ensures, Some(desc), &record);
    rules(element, "ensures", &list(contract, "ensures"), &scope);
    stream(element, contract, desc, &record);
    paths(element, contract, desc, model);
    super::offer::offer(element, contract, desc);
    effects(element, contract, desc, model)
}

fn rules(element: &mut Element<'_>, kind: &str, rules: &[DynamicMessage], scope: &Scope) {
    for (position, rule) in rules.iter().enumerate() {
        let expr = text(rule, "expr");
        let (id, label) = element.id(kind, position, rule, &expr);
        element.expression(&Asked { label: &label, id: &id, text: &expr }, scope, &Want::Bool);
    }
}

/// `requires`, `errors` and `may_return`.
fn refusals(element: &mut Element<'_>, contract: &DynamicMessage, desc: &MethodDescriptor, record: &Type) {
    let scope = Scope::of(Moment::Before, Some(desc), record);
    let allowed = numbers(contract, "may_return");
    for (kind, expression, answer) in [("requires", "expr", "otherwise"), ("errors", "when", "code")] {
        for (position, rule) in list(contract, kind).iter().enumerate() {
            let expr = text(rule, expression);
            let (id, label) = element.id(kind, position, rule, &expr);
            element.expression(&Asked { label: &label, id: &id, text: &expr }, &scope, &Want::Bool);
            let code = number(rule, answer);
            if code == 0 {
                let message = format!("{label} is answered with OK, which refuses nothing");
                element.say(
                    &STATUS,
                    (&id, &expr),
                    message,
                    format!("add `{answer}: INVALID_ARGUMENT`, or another status"),
                );
            } else if !allowed.is_empty() && !allowed.contains(&code) {
                let name = code::name(code);
                let message = format!("{label} is answered with {name}, which `may_return` leaves out");
                element.say(&STATUS, (&id, &expr), message, format!("add {name} to `may_return`"));
            }
            let field = text(rule, "field");
            if kind == "errors" && !field.is_empty() {
                path(element, &format!("{label}.field"), (&id, &field), &desc.input());
            }
        }
    }
}

fn stream(element: &mut Element<'_>, contract: &DynamicMessage, desc: &MethodDescriptor, record: &Type) {
    let stream = inner(contract, "stream");
    let ends: Vec<i32> =
        [Some(contract), stream.as_ref()].into_iter().flatten().map(|it| number(it, "end")).collect();
    let unary = !desc.is_client_streaming() && !desc.is_server_streaming();
    if unary && (stream.is_some() || ends.iter().any(|end| *end != 0)) {
        let first = stream.iter().flat_map(|it| [list(it, "each"), list(it, "final")].concat()).next();
        let id = first.map(|rule| text(&rule, "id")).unwrap_or_default();
        let message = "promises something of a stream, and the method has none".to_owned();
        element.say(&STREAM, ("", &id), message, "use `ensures`, or stream the request or the reply");
        return;
    }
    if let [one, other] = ends[..]
        && one != 0
        && other != 0
        && one != other
    {
        let message = "`end` and `stream.end` say different things".to_owned();
        element.say(&STREAM, ("", ""), message, "keep one of them");
    }
    let Some(stream) = stream else { return };
    let scope = Scope::of(Moment::Stream, Some(desc), record);
    rules(element, "each", &list(&stream, "each"), &scope);
    rules(element, "final", &list(&stream, "final"), &scope);
}

/// `draw` and `volatile`.
fn paths(
    element: &mut Element<'_>,
    contract: &DynamicMessage,
    desc: &MethodDescriptor,
    model: &[(String, Type)],
) {
    for draw in list(contract, "draw") {
        let (field, from) = (text(&draw, "field"), text(&draw, "from"));
        // Both forms are read: expressions call it `old.users`.
        let plain = from.strip_prefix("old.").unwrap_or(&from);
        let target = path(element, "draw.field", ("", &field), &desc.input());
        let Some((_, variable)) = model.iter().find(|(name, _)| *name == plain) else {
            let message = format!("draw.from is `{from}`, which the model does not have");
            element.say(&PATH, (&field, &from), message, which(&from, model));
            continue;
        };
        let drawn = match variable {
            Type::Map(of, _) | Type::List(of) => &**of,
            _ => &Type::Dyn,
        };
        let target = match target {
            Some(Type::List(of)) => *of,
            Some(target) => target,
            None => continue,
        };
        if !drawn.fits(&target) {
            let message = format!("draw gives `{field}`, {}, what is {} in `{from}`", target.a(), drawn.a());
            element.say(
                &PATH,
                (&field, &from),
                message,
                "draw from a variable with keys, or elements, of that type",
            );
        }
    }
    for volatile in texts(contract, "volatile") {
        path(element, "volatile", ("", &volatile), &desc.output());
    }
}

/// The type of the field at the path; says so where there is none.
pub(super) fn path(
    element: &mut Element<'_>,
    label: &str,
    at: (&str, &str),
    from: &prost_reflect::MessageDescriptor,
) -> Option<Type> {
    match follow(at.1, from) {
        Ok(found) => Some(found),
        Err((message, help)) => {
            element.say(&PATH, at, format!("{label}: {message}"), help);
            None
        }
    }
}
