//! Side files, and where a promise is found again.

use super::*;
use crate::promise::contract::{Contract, SideFile};

/// What is said of one promise of `Get` with these side files on top.
fn beside(sides: &[&str]) -> Vec<String> {
    let schema = schema(&users(GET, r#"ensures { id: "echo" expr: "resp.id == req.id" }"#));
    let sides: Vec<SideFile> =
        sides.iter().map(|text| SideFile::parse("a.contract.toml", text).unwrap()).collect();
    lint(&schema, &sides).iter().map(shown).collect()
}

#[test]
fn a_side_file_adds_and_disables_and_is_linted_as_the_schema_is() {
    let second = "[[method.\"u.v1.S/Get\".ensures]]\nid = \"echo\"\nexpr = \"true\"";
    let table: [(&[&str], &[&str]); 10] = [
        (&["[[method.\"u.v1.S/Get\".ensures]]\nid = \"more\"\nexpr = 'resp.name != \"\"' # fine"], &[]),
        (&[&format!("[method.\"u.v1.S/Get\"]\ndisable = [\"echo\"]\n{second}")], &[]),
        (&["[method.\"u.v1.S/Get\"]\ndisable = [\"ensures/echo\"]", second], &[]),
        (
            &[
                "[service.\"u.v1.S\"]\ninvariant = [{ id = \"a\", expr = 'size(new.order) == size(new.users)' }]",
            ],
            &[],
        ),
        (
            &[second],
            &[
                "PG312 u.v1.S/Get: adds a second rule `echo` | disable it first: `disable = [\"echo\"]` | echo",
            ],
        ),
        (
            &["[method.\"u.v1.S/Get\"]\ndisable = [\"ecko\"]"],
            &["PG310 u.v1.S/Get: disables `ecko`, which is no rule here | did you mean `echo`? | ecko"],
        ),
        (
            &["[[method.\"u.v1.S/Gett\".ensures]]\nid = \"a\""],
            &["PG312 the schema has no method `u.v1.S/Gett` | did you mean `u.v1.S/Get`? | u.v1.S/Gett"],
        ),
        (
            &["[[method.\"u.v1.S/Get\".ensure]]\nid = \"a\""],
            &[
                "PG312 u.v1.S/Get: MethodContract has no field `ensure` | did you mean `ensures`? | u.v1.S/Get",
            ],
        ),
        (
            &["[[method.\"u.v1.S/Get\".ensures]]\nid = \"a\"\nexpr = 'resp.nam == \"\"'"],
            &["PG302 Get: ensures/a: u.v1.User has no field `nam` | did you mean `name`? | nam"],
        ),
        (
            &["[methods]"],
            &[
                "PG312 there is no table `methods` | a side file has `[method.\"package.Service/Method\"]` and `[service.\"package.Service\"]` | methods",
            ],
        ),
    ];
    for (sides, expected) in table {
        assert_eq!(beside(sides), expected, "{sides:?}");
    }
    let broken = SideFile::parse("a.contract.toml", "[method").unwrap_err();
    assert_eq!((broken.severity, broken.place.unwrap().span.is_some()), (Severity::Failure, true));
}

#[test]
fn a_schema_without_options_is_promised_for_beside_it() {
    let text =
        "syntax = \"proto3\"; package p; message M { string a = 1; } service S { rpc Do(M) returns (M); }";
    let schema = load(&Source::Text(vec![("p.proto".into(), text.into())])).schema;
    let side = "[[method.\"p.S/Do\".ensures]]\nid = \"a\"\nexpr = \"resp.b == req.a\"";
    let side = SideFile::parse("a.contract.toml", side).unwrap();
    let said: Vec<String> = lint(&schema, &[side]).iter().map(shown).collect();
    assert_eq!(said, ["PG302 Do: ensures/a: p.M has no field `b` | it has `a` | b"]);
}

#[test]
fn a_promise_knows_its_line() {
    let schema =
        schema(&users(GET, "ensures { id: \"a\" expr: \"true\" }\n ensures { id: \"b\" expr: \"true\" }"));
    let contract = Contract::beside(schema.pool().services(), &[], Some(&schema)).unwrap();
    let rules = &contract.services["u.v1.S"].methods["Get"].ensures;
    let lines: Vec<u32> =
        rules.iter().map(|rule| rule.place.as_ref().unwrap().span.unwrap().start_line).collect();
    assert_eq!(lines, [lines[0], lines[0] + 1]);
}

/// A run must not pass over it in silence.
#[test]
fn what_is_no_cel_is_kept_as_such() {
    let schema = schema(&users(
        GET,
        r#"ensures { id: "a" expr: "resp.id ==" } effect { put { map: "users" key: "(" value: "resp" } }"#,
    ));
    let contract = Contract::of(schema.pool().services());
    let unread: Vec<_> = contract.unread.iter().map(|it| (&*it.of, &*it.text)).collect();
    assert_eq!(unread, [("u.v1.S/Get", "resp.id =="), ("u.v1.S/Get", "(")]);
}
