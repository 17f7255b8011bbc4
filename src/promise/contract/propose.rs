//! A reply made to fit the promises: what they say a reply equals, or lies between, is put into it.
//!
//! Nothing is proved here: who asks judges the reply by the same promises afterwards.

use cel::{
    Value,
    common::ast::{Expr, IdedExpr, operators},
};
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor};

use super::{Call, Method, Model, Service, code, explain::flat, expr::holds, scope::Scope, value};

/// One part of a reply may be set by what another says: so often each is looked at.
const ROUNDS: usize = 4;

impl Service {
    /// The replies of the call changed where a promise says what they are. The call is taken as answered with OK.
    pub fn fitted(&self, old: &Model, call: &Call<'_>) -> Vec<DynamicMessage> {
        let mut got = call.got.to_vec();
        let Some(method) = self.methods.get(call.method) else { return got };
        for _ in 0..ROUNDS {
            let before = got.clone();
            for rule in method.ensures.iter().chain(&method.finals).chain(&method.each) {
                // What does not speak of the reply says nothing of it, and may be long to ask.
                let speaks = rule.expr.names("resp") || rule.expr.names("got");
                if !speaks || rule.closed && !old.is_closed() {
                    continue;
                }
                let call = Call { got: &before, code: code::OK, ..call.clone() };
                let scope = Scope::new(method, &call, old, None);
                fit(rule.expr.root(), method, &scope, &mut got);
            }
            if got == before {
                break;
            }
        }
        got
    }
}

/// What is false of the replies and says what they are is followed.
fn fit(expr: &IdedExpr, method: &Method, scope: &Scope<'_>, got: &mut Vec<DynamicMessage>) {
    let context = scope.context();
    if holds(expr, &context) == Ok(true) {
        return;
    }
    let Expr::Call(call) = &expr.expr else { return };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::LOGICAL_AND, [_, _]) => {
            flat(expr, operators::LOGICAL_AND).into_iter().for_each(|part| fit(part, method, scope, got));
        }
        // One of them is enough, and the last is what an implication asks.
        (operators::LOGICAL_OR, [_, _]) => {
            if let Some(part) = flat(expr, operators::LOGICAL_OR).pop() {
                fit(part, method, scope, got);
            }
        }
        (operators::CONDITIONAL, [when, then, otherwise]) => match holds(when, &context) {
            Ok(true) => fit(then, method, scope, got),
            Ok(false) => fit(otherwise, method, scope, got),
            Err(_) => {}
        },
        (sign @ (operators::EQUALS | operators::GREATER_EQUALS | operators::LESS_EQUALS), [left, right]) => {
            let resolve = |expr: &IdedExpr| Value::resolve(expr, &context).ok();
            // An equation can be read both ways.
            let sides = if sign == operators::EQUALS {
                vec![(left, right), (right, left)]
            } else {
                vec![(left, right)]
            };
            for (place, source) in sides {
                // Of the bounds of a moment the middle: what is between them is asked by another's clock.
                let value = if sign != operators::EQUALS && names_the_clock(source) {
                    Some(Value::Int(scope.now()))
                } else {
                    resolve(source)
                };
                if let Some(path) = path(place)
                    && let Some(value) = value
                    && put(&path, &value, method, got)
                {
                    return;
                }
            }
        }
        _ => {}
    }
}

/// Whether a bound is given in terms of the time of the call.
fn names_the_clock(expr: &IdedExpr) -> bool {
    match &expr.expr {
        Expr::Ident(name) => matches!(name.as_str(), "now" | "started_at"),
        Expr::Call(call) => call.args.iter().any(names_the_clock),
        _ => false,
    }
}

/// `resp.address.zip` as its names.
fn path(expr: &IdedExpr) -> Option<Vec<&str>> {
    match &expr.expr {
        Expr::Ident(name) => Some(vec![name.as_str()]),
        Expr::Select(select) if !select.test => {
            let mut names = path(&select.operand)?;
            names.push(&select.field);
            Some(names)
        }
        _ => None,
    }
}

/// Whether the path is one of the replies, and the value could be put there.
fn put(path: &[&str], value: &Value, method: &Method, got: &mut Vec<DynamicMessage>) -> bool {
    let output = method.desc.output();
    match (path, value) {
        (["got"], Value::List(items)) => {
            let message = |item: &Value| value::back(item, &Kind::Message(output.clone())).ok();
            let messages: Option<Vec<DynamicMessage>> =
                items.iter().map(|item| message(item)?.as_message().cloned()).collect();
            messages.is_some_and(|messages| {
                *got = messages;
                true
            })
        }
        (["resp"], _) => {
            let whole = value::back(value, &Kind::Message(output)).ok();
            let whole = whole.and_then(|whole| whole.as_message().cloned());
            whole.is_some_and(|whole| {
                *got = vec![whole];
                true
            })
        }
        (["resp", names @ ..], _) => {
            got.first_mut().is_some_and(|reply| set(reply, &output, names, value).is_some())
        }
        _ => false,
    }
}

fn set(message: &mut DynamicMessage, desc: &MessageDescriptor, names: &[&str], value: &Value) -> Option<()> {
    let (name, rest) = names.split_first()?;
    let field = desc.get_field_by_name(name)?;
    if rest.is_empty() {
        message.clear_field(&field);
        return value::set(message, &field, value::field_back(value, &field).ok()?).ok();
    }
    let inner = field.kind().as_message()?.clone();
    if field.is_list() || field.is_map() {
        return None;
    }
    let mut child = message.get_field(&field).as_message()?.clone();
    set(&mut child, &inner, rest, value)?;
    message.try_set_field(&field, prost_reflect::Value::Message(child)).ok()
}
