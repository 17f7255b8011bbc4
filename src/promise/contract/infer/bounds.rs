//! What a request must be like, where its options say so: `buf.validate` and `google.api.field_behavior`.

use prost_reflect::{FieldDescriptor, Kind as Type};

use super::kind::Kind;
use super::listing::Paging;
use super::method::Shape;
use super::proposal::{Confidence, Proposal};
use crate::promise::{
    Rules,
    behavior::{Behavior, is},
    forms::Form,
    plain::Plain,
    test::{Test, Unit},
};

/// What an address is for `buf.validate`: the pattern that HTML has for it.
const EMAIL: &str = "^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\
                     ([.][a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$";

/// What the options of the request ask, field by field.
pub(super) fn of_request(shape: &Shape) -> Vec<Proposal> {
    let input = shape.desc.input();
    let rules = Rules::of(&input);
    // The numbers of a page have a rule of their own.
    let paging = (shape.kind == Kind::List).then(|| Paging::of(shape)).flatten();
    let paged = |field: &FieldDescriptor| paging.as_ref().is_some_and(|it| it.is_number(field));
    let mut out = Vec::new();
    for field in input.fields().filter(|field| !paged(field)) {
        let streams = shape.desc.is_client_streaming();
        let path = format!("{}.{}", if streams { "m" } else { "req" }, field.name());
        let Some((asked, evidence, confidence)) = asked(&rules, &field, &path) else { continue };
        let guarded = match field.supports_presence() && field.kind().as_message().is_none() {
            true => format!("!has({path}) || {asked}"),
            false => asked,
        };
        let (id, expr) = match streams {
            true => (format!("{}s", field.name()), format!("sent.all(m, {guarded})")),
            false => (field.name().to_owned(), guarded),
        };
        let rule = Proposal::rule_of(&shape.name, "requires", &id, expr);
        out.push(rule.with("otherwise", "INVALID_ARGUMENT").worth(confidence, evidence));
    }
    out
}

/// What is asked of the field at this path, as an expression that is true of a good one.
fn asked(rules: &Rules, field: &FieldDescriptor, path: &str) -> Option<(String, String, Confidence)> {
    let parts = tests(rules, field, path);
    if !parts.is_empty() {
        let evidence = format!("buf.validate of `{}`", field.full_name());
        return Some((parts.join(" && "), evidence, Confidence::High));
    }
    if !is(field, Behavior::Required) || field.is_list() || field.is_map() {
        return None;
    }
    let expr = match field.kind() {
        Type::String => format!("{path} != ''"),
        Type::Message(_) => format!("has({path})"),
        _ => return None,
    };
    let evidence = format!("`{}` is REQUIRED (AIP-203: usually INVALID_ARGUMENT)", field.full_name());
    Some((expr, evidence, Confidence::Medium))
}

/// The rules of a field that CEL can say as well.
fn tests(rules: &Rules, field: &FieldDescriptor, path: &str) -> Vec<String> {
    if field.is_list() || field.is_map() {
        return Vec::new();
    }
    let of_test = |test: &Test| -> Vec<String> {
        match test {
            Test::Length { unit: Unit::Characters, min, max } => {
                let least = min.map(|it| format!("size({path}) >= {it}"));
                least.into_iter().chain(max.map(|it| format!("size({path}) <= {it}"))).collect()
            }
            Test::Form(Form::Email) => vec![format!("{path}.matches(\"{EMAIL}\")")],
            Test::Range { low, high } => {
                let bound = |it: &crate::promise::test::Bound, sign: &str| match it.at {
                    Plain::Int(n) if super::method::is_integer(field) => {
                        Some(format!("{path} {sign}{} {n}", if it.inclusive { "=" } else { "" }))
                    }
                    _ => None,
                };
                let low = low.as_ref().and_then(|it| bound(it, ">"));
                low.into_iter().chain(high.as_ref().and_then(|it| bound(it, "<"))).collect()
            }
            _ => Vec::new(),
        }
    };
    rules.tests_of(field).flat_map(of_test).collect()
}

/// Whether `buf.validate` asks that the field is not negative.
pub(super) fn is_never_negative(field: &FieldDescriptor) -> bool {
    let rules = Rules::of(field.parent_message());
    let zero = format!("{} >= 0", field.name());
    tests(&rules, field, field.name()).contains(&zero)
}
