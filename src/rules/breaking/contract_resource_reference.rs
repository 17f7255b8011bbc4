//! CONTRACT_RESOURCE_REFERENCE.

use prost_reflect::Value;

use super::category::Category::Contract;
use super::element::Field;
use super::findings::Findings;
use super::options::{Optioned, text};
use super::rule::{Check, Example, Rule, own};

pub static RULE: Rule = Rule {
    info: own(
        "CONTRACT_RESOURCE_REFERENCE",
        "A field names the same kind of resource.",
        "`google.api.resource_reference` says of which resource a field holds the name. With another type, or without \
         one, clients that build the name by its patterns send what the server does not find, and generated helpers \
         are gone. A reference where there was none breaks nobody.",
    ),
    categories: &[Contract],
    check: Check::FieldPair(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/api/resource.proto\";\nmessage M {\n  string book = 1 \
             [(google.api.resource_reference).type = \"x.com/Book\"];\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/api/resource.proto\";\nmessage M {\n  string book = 1 \
             [(google.api.resource_reference).type = \"x.com/Shelf\"];\n}\n",
        )],
    },
};

const OPTION: &str = "google.api.resource_reference";

fn check(old: &Field, new: &Field, findings: &mut Findings) {
    if old.proto().options.is_none() {
        return;
    }
    let of = |field: &Field| match field.option(OPTION)? {
        (number, Value::Message(it)) => {
            let kinds = ["type", "child_type"].map(|name| text(&it, name)).into_iter();
            Some((number, kinds.filter(|it| !it.is_empty()).collect::<Vec<_>>().join(", child ")))
        }
        _ => None,
    };
    let Some((number, was)) = of(old) else { return };
    let is = of(new).map(|(_, is)| is);
    if is.as_ref() == Some(&was) {
        return;
    }
    let message = match is {
        Some(is) => format!("{} named a resource `{was}` and names `{is}` now", old.title()),
        None => format!("{} named a resource `{was}` and names none now", old.title()),
    };
    findings
        .add(new.option_spot(number), message)
        .was(old.option_spot(number), "it was this here")
        .help("give another reference a field of its own");
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;
    use super::RULE;

    fn field(reference: &str) -> String {
        let option = match reference {
            "" => String::new(),
            reference => format!(" [(google.api.resource_reference).{reference}]"),
        };
        format!("import \"google/api/resource.proto\"; message M {{\nstring a = 1{option};\n}}")
    }

    #[test]
    fn another_reference_is_a_change_and_a_new_one_is_none() {
        says(
            &RULE,
            &field("type = \"x/A\""),
            &field("type = \"x/B\""),
            &[
                "3:1-3:61: field 1 `a` of message `M` named a resource `x/A` and names `x/B` now; 3:1-3:61: it was this here",
            ],
        );
        says(
            &RULE,
            &field("child_type = \"x/A\""),
            &field(""),
            &[
                "3:1-3:14: field 1 `a` of message `M` named a resource `x/A` and names none now; 3:1-3:67: it was this here",
            ],
        );
        says(&RULE, &field(""), &field("type = \"x/B\""), &[]);
    }
}
