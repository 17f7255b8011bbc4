//! CONTRACT_PROMISE.

use prost_reflect::{DynamicMessage, ReflectMessage as _, ServiceDescriptor, Value};

use super::category::Category::Contract;
use super::findings::Findings;
use super::options::{Optioned, messages, text};
use super::rule::{Check, Example, Rule, own};
use crate::diag::Peer;

pub static RULE: Rule = Rule {
    info: own(
        "CONTRACT_PROMISE",
        "A service asks no more of callers than it did and promises no less.",
        "The options of `protogate/contract/v1/contract.proto` say what a service promises. A new or another `requires` \
         refuses calls that were fine; an `ensures`, `each`, `final` or `invariant` that is gone or another is a promise \
         that clients no longer have; any other `errors`, and a status that `may_return` did not name, is an answer they \
         do not know. Expressions are compared as text: whether another one asks for less, nobody can tell.",
    ),
    categories: &[Contract],
    check: Check::Service(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"protogate/contract/v1/contract.proto\";\nmessage M {\n  string id = 1;\n}\n\
             service S {\n  rpc Get(M) returns (M) {\n    option (protogate.contract.v1.method) = {ensures {id: \"echo\" \
             expr: \"resp.id == req.id\"}};\n  }\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"protogate/contract/v1/contract.proto\";\nmessage M {\n  string id = 1;\n}\n\
             service S {\n  rpc Get(M) returns (M);\n}\n",
        )],
    },
};

/// A list of promises: the field it is in, the field of its expression, and which changes count.
struct Kind {
    name: &'static str,
    expression: &'static str,
    /// It asks something of callers, or tells when they fail.
    minds_additions: bool,
    /// Callers rely on it.
    minds_removals: bool,
}

const fn kind(name: &'static str, expression: &'static str, minds: (bool, bool)) -> Kind {
    Kind { name, expression, minds_additions: minds.0, minds_removals: minds.1 }
}

const OF_METHOD: [Kind; 3] = [
    kind("requires", "expr", (true, false)),
    kind("errors", "when", (true, true)),
    kind("ensures", "expr", (false, true)),
];
const OF_STREAM: [Kind; 2] = [kind("each", "expr", (false, true)), kind("final", "expr", (false, true))];
const OF_SERVICE: [Kind; 1] = [kind("invariant", "expr", (false, true))];

fn check(old: &ServiceDescriptor, new: Option<&ServiceDescriptor>, findings: &mut Findings) {
    let Some(new) = new else { return };
    say(old, new, "protogate.contract.v1.service", findings, |was, is| lists(&OF_SERVICE, was, is));
    for method in old.methods() {
        if let Some(now) = new.methods().find(|it| it.name() == method.name()) {
            say(&method, &now, "protogate.contract.v1.method", findings, of_method);
        }
    }
}

fn say(
    old: &dyn Optioned,
    new: &dyn Optioned,
    option: &str,
    findings: &mut Findings,
    differences: impl Fn(Option<&DynamicMessage>, Option<&DynamicMessage>) -> Vec<String>,
) {
    let (was, is) = (old.option(option), new.option(option));
    let Some(number) = was.as_ref().or(is.as_ref()).map(|it| it.0) else { return };
    let message = |it: &Option<(i32, Value)>| it.as_ref().and_then(|(_, value)| value.as_message().cloned());
    for what in differences(message(&was).as_ref(), message(&is).as_ref()) {
        findings
            .add(new.option_spot(number), format!("{}: {what}", new.title()))
            .was(old.option_spot(number), "it promised this here")
            .breaks(&[Peer::OldClients], Some("clients first"))
            .help("keep the promise, or give what promises something else a name of its own");
    }
}

fn of_method(was: Option<&DynamicMessage>, is: Option<&DynamicMessage>) -> Vec<String> {
    let mut said = lists(&OF_METHOD, was, is);
    let stream = |it: Option<&DynamicMessage>| {
        let it = it.filter(|it| it.has_field_by_name("stream"))?.get_field_by_name("stream")?;
        it.as_message().cloned()
    };
    said.extend(lists(&OF_STREAM, stream(was).as_ref(), stream(is).as_ref()));
    let (before, after) = (codes(was), codes(is));
    if !before.is_empty() && after.is_empty() {
        said.push("`may_return` is gone: any status may come".to_owned());
    } else if !before.is_empty() {
        let fresh: Vec<String> =
            after.iter().filter(|it| !before.contains(it)).map(|it| format!("`{it}`")).collect();
        if !fresh.is_empty() {
            said.push(format!("`may_return` has {} now", fresh.join(", ")));
        }
    }
    said
}

/// The names of the statuses that a method answers with.
fn codes(options: Option<&DynamicMessage>) -> Vec<String> {
    let Some(list) = options.and_then(|it| it.get_field_by_name("may_return")) else { return Vec::new() };
    let kind = options.and_then(|it| it.descriptor().get_field_by_name("may_return")).map(|it| it.kind());
    let name = |number: i32| {
        let value = kind.as_ref().and_then(|it| it.as_enum()?.get_value(number));
        value.map_or_else(|| number.to_string(), |it| it.name().to_owned())
    };
    list.as_list().unwrap_or_default().iter().filter_map(Value::as_enum_number).map(name).collect()
}

/// What changed in these lists.
fn lists(kinds: &[Kind], was: Option<&DynamicMessage>, is: Option<&DynamicMessage>) -> Vec<String> {
    let mut said = Vec::new();
    for kind in kinds {
        let of = |it: Option<&DynamicMessage>| {
            let list = it.map(|it| messages(it, kind.name)).unwrap_or_default();
            list.into_iter().map(|it| promise(&it, kind)).collect::<Vec<_>>()
        };
        let (before, after) = (of(was), of(is));
        let find =
            |list: &[(String, String)], id: &str| list.iter().find(|it| it.0 == id).map(|it| it.1.clone());
        for (id, text) in &before {
            match find(&after, id) {
                None if kind.minds_removals => said.push(format!("`{}/{id}` is gone: `{text}`", kind.name)),
                Some(now) if now != *text => {
                    said.push(format!("`{}/{id}` changed from `{text}` to `{now}`", kind.name));
                }
                _ => {}
            }
        }
        for (id, text) in after.iter().filter(|it| kind.minds_additions && find(&before, &it.0).is_none()) {
            said.push(format!("`{}/{id}` is new: `{text}`", kind.name));
        }
    }
    said
}

/// The id of a promise, and what it says: the expression on one line, and the status if it names one.
fn promise(it: &DynamicMessage, kind: &Kind) -> (String, String) {
    let expression = text(it, kind.expression).split_whitespace().collect::<Vec<_>>().join(" ");
    let code = ["code", "otherwise"].into_iter().find_map(|name| {
        let field = it.descriptor().get_field_by_name(name)?;
        let number = it.get_field(&field).as_enum_number()?;
        let value = field.kind().as_enum()?.get_value(number)?;
        Some(format!(" → {}", value.name()))
    });
    let id = match text(it, "id") {
        id if id.is_empty() => expression.clone(),
        id => id,
    };
    (id, expression + &code.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::tests::schema;
    use super::super::{Selection, check};

    #[track_caller]
    fn differ(old: &str, new: &str, expected: &[&str]) {
        let service = |promises: &str| {
            let text = format!(
                "syntax = \"proto3\"; import \"protogate/contract/v1/contract.proto\"; message M {{ string id = 1; }} \
                 service S {{ rpc R(M) returns (M) {{ option (protogate.contract.v1.method) = {{ {promises} }}; }} }}"
            );
            schema(&[("a.proto", &text)])
        };
        let selection = Selection::new(&["CONTRACT_PROMISE".to_owned()], &[]).unwrap();
        let said = check(&service(old), &service(new), &selection);
        assert_eq!(said.iter().map(|it| it.message.as_str()).collect::<Vec<_>>(), expected);
        assert!(check(&service(new), &service(new), &selection).is_empty());
    }

    #[test]
    fn callers_owe_no_more() {
        let one = "requires {id: \"a\" expr: \"req.id != ''\" otherwise: INVALID_ARGUMENT}";
        differ("", one, &["`S/R`: `requires/a` is new: `req.id != '' → INVALID_ARGUMENT`"]);
        differ(one, "", &[]);
        differ(one, &one.replace("req.id != ''", "req.id  !=  ''"), &[]);
    }

    #[test]
    fn servers_promise_no_less() {
        let one = "ensures {id: \"a\" expr: \"resp.id == req.id\"}";
        differ(one, "", &["`S/R`: `ensures/a` is gone: `resp.id == req.id`"]);
        differ(
            one,
            &one.replace("== req.id", "!= ''"),
            &["`S/R`: `ensures/a` changed from `resp.id == req.id` to `resp.id != ''`"],
        );
        differ("", one, &[]);
    }

    #[test]
    fn errors_and_statuses_stay_known() {
        let one = "errors {id: \"a\" when: \"req.id == 'x'\" code: NOT_FOUND}";
        differ(one, "", &["`S/R`: `errors/a` is gone: `req.id == 'x' → NOT_FOUND`"]);
        differ("", one, &["`S/R`: `errors/a` is new: `req.id == 'x' → NOT_FOUND`"]);
        let returns = |codes: &str| format!("may_return: [{codes}]");
        differ(&returns("OK"), &returns("OK, NOT_FOUND"), &["`S/R`: `may_return` has `NOT_FOUND` now"]);
        differ(&returns("OK"), "", &["`S/R`: `may_return` is gone: any status may come"]);
        differ(&returns("OK, NOT_FOUND"), &returns("OK"), &[]);
        differ("", &returns("OK"), &[]);
    }
}
