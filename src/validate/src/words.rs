//! What the options of one message type ask, in phrases for people who read documentation: CommonMark, with names and
//! expressions as code.

use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, Value};

use super::{
    Group, Ignore, Promise, Rule,
    describe::describe,
    read,
    test::{Test, Unit},
};

/// What is asked of one message type; what is inside other messages is said of those.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Of the message as a whole and of its oneofs.
    pub message: Asked,
    /// Of its fields, by their names; only those of which something is asked.
    pub fields: BTreeMap<String, Asked>,
}

/// What is asked of one element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// One phrase for each: `1 to 100 characters`, `required`.
    pub phrases: Vec<String>,
    /// Whether they say all of it. Where a rule is not understood, only its option tells.
    pub whole: bool,
}

impl Default for Asked {
    fn default() -> Asked {
        Asked { phrases: Vec::new(), whole: true }
    }
}

/// Reads `buf.validate` and `google.api.field_behavior` of a message type.
pub fn of(desc: &MessageDescriptor) -> Words {
    let read = read::message(desc);
    let mut message = Asked { phrases: Vec::new(), whole: is_said(read.unknown.as_deref()) };
    message.phrases.extend(read.groups.iter().map(group));
    message
        .phrases
        .extend(read.oneofs.iter().map(|oneof| format!("one field of {} must be set", code(oneof.name()))));
    let rules = read::option(&desc.options(), "buf.validate.message");
    message.phrases.extend(rules.iter().flat_map(expressions));
    let mut fields = BTreeMap::new();
    for field in &read.fields {
        let mut asked = Asked::default();
        let behaviors: Vec<&str> = behaviors(&field.desc);
        if field.required && !behaviors.contains(&"required") {
            asked.phrases.push("required".to_owned());
        }
        asked.phrases.extend(behaviors.into_iter().map(str::to_owned));
        let element = if field.desc.is_map() { "value" } else { "element" };
        for (of, promise) in [("", &field.value), (element, &field.items), ("key", &field.keys)] {
            asked.whole &= is_said(promise.unknown.as_deref());
            let each = |phrase: String| if of.is_empty() { phrase } else { format!("each {of}: {phrase}") };
            asked.phrases.extend(phrases(promise).into_iter().map(each));
        }
        let rules = read::option(&field.desc.options(), "buf.validate.field");
        asked.phrases.extend(rules.iter().flat_map(expressions));
        if asked != Asked::default() {
            fields.insert(field.desc.name().to_owned(), asked);
        }
    }
    Words { message, fields }
}

/// Whether the reason why a verdict is unknown is an expression, which is quoted.
fn is_said(unknown: Option<&str>) -> bool {
    unknown.is_none_or(|why| why.starts_with("`cel`") || why.starts_with("`cel_expression`"))
}

/// `google.api.FieldBehavior` (`google/api/field_behavior.proto`).
fn behaviors(field: &FieldDescriptor) -> Vec<&'static str> {
    let options = field.options();
    let declared = options.extensions().find(|(it, _)| it.full_name() == "google.api.field_behavior");
    let numbers = declared.and_then(|(_, value)| value.as_list()).unwrap_or_default();
    let said = |number| match number {
        1 => Some("optional"),
        2 => Some("required"),
        3 => Some("output only: set by the server, ignored in requests"),
        4 => Some("input only: never in a reply"),
        5 => Some("immutable: set once, never changed"),
        6 => Some("a list without an order"),
        7 => Some("never empty: the server fills in a default"),
        8 => Some("the identifier of the resource"),
        _ => None,
    };
    numbers.iter().filter_map(Value::as_enum_number).filter_map(said).collect()
}

fn group(group: &Group) -> String {
    let names: Vec<String> = group.fields.iter().map(|field| code(field.name())).collect();
    let most = if group.required { "exactly one" } else { "at most one" };
    format!("{most} of {} is set", names.join(", "))
}

fn phrases(promise: &Promise) -> Vec<String> {
    let if_set = match promise.ignore {
        Ignore::Always => return Vec::new(),
        Ignore::IfZero => " (where it is not the zero value)",
        Ignore::Unspecified => "",
    };
    let mut said: Vec<String> = Vec::new();
    let mut lengths: Vec<(Unit, Option<u64>, Option<u64>)> = Vec::new();
    for Rule { test, .. } in &promise.tests {
        match test {
            Test::Length { unit, min, max } => match lengths.iter_mut().find(|it| it.0 == *unit) {
                Some(known) => *known = (*unit, known.1.or(*min), known.2.or(*max)),
                None => lengths.push((*unit, *min, *max)),
            },
            // A form is not empty anyway.
            Test::NotEmpty => {}
            Test::Pattern { declared, .. } => said.push(format!("matches {}", code(declared))),
            test => said.push(short(&describe(test))),
        }
    }
    let length = |&(unit, min, max): &_| short(&describe(&Test::Length { unit, min, max }));
    lengths.iter().map(length).chain(said).map(|phrase| phrase + if_set).collect()
}

/// The phrase of a report without its "must".
fn short(phrase: &str) -> String {
    const VERBS: [(&str, &str); 9] = [
        ("must be ", ""),
        ("must have ", ""),
        ("must begin with ", "begins with "),
        ("must end with ", "ends with "),
        ("must not contain ", "does not contain "),
        ("must contain ", "contains "),
        ("must hold nothing twice", "nothing twice"),
        ("must name fields ", "names fields "),
        ("must name no field ", "names no field "),
    ];
    let found = VERBS.iter().find_map(|(verb, said)| Some(format!("{said}{}", phrase.strip_prefix(verb)?)));
    found.unwrap_or_else(|| phrase.to_owned())
}

/// The rules in CEL: what they say of themselves, and the expression.
fn expressions(rules: &DynamicMessage) -> Vec<String> {
    let text = |rule: &DynamicMessage, name: &str| {
        rule.get_field_by_name(name).and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
    };
    let list = |name: &str| {
        let value = rules.get_field_by_name(name);
        value.and_then(|it| it.as_list().map(<[Value]>::to_vec)).unwrap_or_default()
    };
    let of_rule = |rule: &DynamicMessage| match (text(rule, "message"), text(rule, "expression")) {
        (message, expression) if message.is_empty() => code(&expression),
        (message, expression) => format!("{} ({})", literal(&message), code(&expression)),
    };
    let rules = list("cel").into_iter().filter_map(|it| it.as_message().map(of_rule));
    let bare = list("cel_expression").into_iter().filter_map(|it| it.as_str().map(code));
    rules.chain(bare).collect()
}

/// Code of CommonMark, whatever is in it (6.1 Code spans).
pub fn code(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let longest = text.split(|it| it != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    match longest {
        0 => format!("`{text}`"),
        _ => format!("{fence} {text} {fence}"),
    }
}

/// Text in which CommonMark finds nothing (2.4 Backslash escapes).
fn literal(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '#' | '|' | '~') {
            made.push('\\');
        }
        made.push(letter);
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::pool;

    #[track_caller]
    fn check(field: &str, phrases: &[&str]) {
        let text = format!(
            "syntax = \"proto3\"; import \"buf/validate/validate.proto\"; import \"google/api/field_behavior.proto\"; \
             message M {{ {field} }}"
        );
        let words = of(&pool(&text).get_message_by_name("M").unwrap());
        let said = words.fields.values().next().map(|it| it.phrases.clone()).unwrap_or_default();
        assert_eq!(said, phrases, "{field}");
    }

    #[test]
    fn rules_are_phrases() {
        check("string a = 1;", &[]);
        check(
            "string a = 1 [(buf.validate.field).string = {min_len: 1, max_len: 100}];",
            &["1 to 100 characters"],
        );
        check("string a = 1 [(buf.validate.field).string.pattern = \"^`+$\"];", &["matches `` ^`+$ ``"]);
        check(
            "string a = 1 [(buf.validate.field) = {required: true, string: {email: true}}];",
            &["required", "an email address"],
        );
        check(
            "int32 a = 1 [(buf.validate.field) = {ignore: IGNORE_IF_ZERO_VALUE, int32: {gt: 1, lte: 5}}];",
            &["more than 1 and at most 5 (where it is not the zero value)"],
        );
        check(
            "repeated string a = 1 [(buf.validate.field).repeated = {min_items: 1, unique: true, items: {string: {prefix: \"x\"}}}];",
            &["at least 1 element", "nothing twice", "each element: begins with \"x\""],
        );
        check(
            "map<string, int32> a = 1 [(buf.validate.field).map = {keys: {string: {len: 2}}, values: {int32: {in: [1, 2]}}}];",
            &["each value: one of 1, 2", "each key: exactly 2 characters"],
        );
        check(
            "string a = 1 [(buf.validate.field).cel = {id: \"i\", message: \"no *a*\", expression: \"this != 'a'\"}];",
            &["no \\*a\\* (`this != 'a'`)"],
        );
        check(
            "string a = 1 [(google.api.field_behavior) = REQUIRED, (google.api.field_behavior) = IMMUTABLE];",
            &["required", "immutable: set once, never changed"],
        );
    }
}
