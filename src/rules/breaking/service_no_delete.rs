//! SERVICE_NO_DELETE.

use super::category::Category::File;
use super::declaration::gone_from_file;
use super::element::Kind;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "SERVICE_NO_DELETE",
        "A service is not deleted from its file.",
        "Old clients get `UNIMPLEMENTED` for every rpc, and generated stubs are gone. Renaming a service \
         deletes it: its name is part of every path on the wire.",
    ),
    categories: &[File],
    check: Check::GoneFromFile(Kind::Service, gone_from_file),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nservice S {}\nservice T {}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nservice S {}\n")],
    },
};

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn a_renamed_service_is_a_deleted_one() {
        says(
            &super::RULE,
            "service S {}",
            "service T {}",
            &["a.proto: service `S` was deleted from the file; 2:1-2:13: it was here"],
        );
    }
}
