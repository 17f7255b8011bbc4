//! ENUM_VALUE_SAME_NAME.

use super::category::Category::{Csr, File, Package, WireJson};
use super::element::{Element, Number, token};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "ENUM_VALUE_SAME_NAME",
        "The names of an enum value stay.",
        "Generated code and JSON know an enum value by its name. With `allow_alias` a number has \
         several: names may be added, and none may go or move to another number. There is one finding \
         for each name the number has now.",
    ),
    categories: &[File, Package, WireJson, Csr],
    check: Check::NumberPair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nenum E {\n  ZERO = 0;\n  ONE = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nenum E {\n  ZERO = 0;\n  UNO = 1;\n}\n")],
    },
};

fn check(old: &Number, new: &Number, findings: &mut Findings) {
    let names = new.names();
    let Some(gone) = old.values.iter().find(|value| !names.contains(&value.name())) else { return };
    let (was, is, name) = (old.quoted_names(), new.quoted_names(), gone.name());
    for value in new.values {
        let home = value.parent_enum().name();
        findings
            .add(
                value.token(token::VALUE_NUMBER),
                format!("value {} of enum `{home}` changed name from {was} to {is}", new.number()),
            )
            .was(gone.whole(), format!("it was `{name}` here"))
            .help(format!("call it `{name}` again; a second name needs `option allow_alias = true;`"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn names_may_come_and_not_go() {
        says(
            &super::RULE,
            "enum E { option allow_alias = true; A = 0; B = 0; C = 1; }",
            "enum E { option allow_alias = true; A = 0; X = 0; C = 1; D = 1; }",
            &[
                "2:41-2:42: value 0 of enum `E` changed name from `A`, `B` to `A`, `X`; 2:44-2:50: it was `B` here",
                "2:48-2:49: value 0 of enum `E` changed name from `A`, `B` to `A`, `X`; 2:44-2:50: it was `B` here",
            ],
        );
    }
}
