//! CONTRACT_OPTION.

use prost_reflect::Value;

use super::category::Category::Contract;
use super::findings::Findings;
use super::options::Optioned;
use super::rule::{Check, Example, Rule, own};

pub static RULE: Rule = Rule {
    info: own(
        "CONTRACT_OPTION",
        "A custom option that somebody relies on keeps its value.",
        "The unit of a field, the owner of a method, the class of its data: what an option of your own says is a part of \
         the contract when people or programs act on it. Which options are such is for you to say: `options = \
         [\"my.unit\"]` under `[breaking]` in `protogate.toml`, by their full names. Any difference is a finding, also an \
         option that comes or goes: only you know what stands for none.",
    ),
    categories: &[Contract],
    check: Check::Options(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/protobuf/descriptor.proto\";\nextend google.protobuf.FieldOptions {\n  \
             string unit = 50000;\n}\nmessage M {\n  int64 wait = 1 [(unit) = \"s\"];\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/protobuf/descriptor.proto\";\nextend google.protobuf.FieldOptions {\n  \
             string unit = 50000;\n}\nmessage M {\n  int64 wait = 1 [(unit) = \"ms\"];\n}\n",
        )],
    },
};

fn check(old: &dyn Optioned, new: &dyn Optioned, findings: &mut Findings) {
    for name in findings.options() {
        let (was, is) = (old.option(name), new.option(name));
        let text = |it: &Option<(i32, Value)>| it.as_ref().map(|(_, value)| value.to_string());
        let (before, after) = (text(&was), text(&is));
        if before == after {
            continue;
        }
        let title = new.title();
        let message = match (&before, &after) {
            (Some(before), Some(after)) => {
                format!("option `{name}` of {title} changed from `{before}` to `{after}`")
            }
            (Some(before), None) => format!("option `{name}` of {title}, which was `{before}`, is gone"),
            (None, after) => {
                format!("option `{name}` of {title} is new: `{}`", after.as_deref().unwrap_or_default())
            }
        };
        let number = was.or(is).map_or(0, |(number, _)| number);
        findings
            .add(new.option_spot(number), message)
            .was(old.option_spot(number), "it was this here")
            .help("give what has another meaning another name, and keep this one as it was");
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::schema;
    use super::super::{Selection, check};

    const HEAD: &str = "syntax = \"proto2\"; package my; import \"google/protobuf/descriptor.proto\"; \
        extend google.protobuf.FieldOptions { optional string unit = 50000; optional string other = 50001; } \
        message Rule { optional int32 a = 1; repeated string b = 2; } \
        extend google.protobuf.MethodOptions { optional Rule rule = 50000; } \
        extend google.protobuf.EnumValueOptions { optional bool hot = 50000; } \
        extend google.protobuf.FileOptions { optional bool mine = 50000; } \
        extend google.protobuf.OneofOptions { optional bool one = 50000; } ";

    #[track_caller]
    fn differ(old: &str, new: &str, expected: &[&str]) {
        let names = ["unit", "rule", "hot", "mine", "one"].map(|name| format!("my.{name}")).to_vec();
        let selection = Selection::new(&["CONTRACT_OPTION".to_owned()], &[]).unwrap().watching(names);
        let (old, new) = (
            schema(&[("a.proto", &format!("{HEAD}{old}"))]),
            schema(&[("a.proto", &format!("{HEAD}{new}"))]),
        );
        let mut said: Vec<String> = check(&old, &new, &selection).into_iter().map(|it| it.message).collect();
        said.sort();
        assert_eq!(said, expected);
        assert!(check(&new, &new, &selection).is_empty());
    }

    #[test]
    fn every_element_can_have_one() {
        differ(
            "message M { optional int32 a = 1 [(unit) = \"s\", (other) = \"x\"]; }",
            "message M { optional int32 a = 1 [(unit) = \"ms\", (other) = \"y\"]; }",
            &["option `my.unit` of `my.M.a` changed from `\"s\"` to `\"ms\"`"],
        );
        differ(
            "option (mine) = true; enum E { A = 1 [(hot) = true]; } message M { oneof o { option (one) = true; int32 a = 1; } }",
            "enum E { A = 1; } message M { oneof o { option (one) = false; int32 a = 1; } }",
            &[
                "option `my.hot` of `my.E.A`, which was `true`, is gone",
                "option `my.mine` of the file, which was `true`, is gone",
                "option `my.one` of `my.M.o` changed from `true` to `false`",
            ],
        );
        let rpc = |rule: &str| format!("message M {{}} service S {{ rpc Get(M) returns (M) {{ {rule} }} }}");
        differ(
            &rpc(""),
            &rpc("option (rule) = {a: 1, b: [\"x\"]};"),
            &["option `my.rule` of `my.S/Get` is new: `{a:1,b:[\"x\"]}`"],
        );
        differ(&rpc("option (rule).a = 1;"), &rpc("option (rule) = {a: 1};"), &[]);
    }
}
