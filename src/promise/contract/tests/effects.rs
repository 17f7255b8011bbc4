//! What calls do to the model.

use super::{
    super::{Contract, Model, Variable},
    ANN, BOB, Made, after, pool, users,
};

/// The keys of `users` and the elements of `order`.
fn kept(model: &Model) -> String {
    let text = |name: &str| {
        let items = model.drawn_from(name);
        items.iter().map(|it| it.as_str().unwrap().to_owned()).collect::<Vec<_>>().join(",")
    };
    format!("{} / {}", text("users"), text("order"))
}

#[test]
fn effects_change_the_model_in_order() {
    let (_, service) = users();
    const DELETE: &str = r#"Delete {"id":"1"} -> {}"#;
    const AGAIN: &str = r#"Create {} -> {"id":"1","name":"eve"}"#;
    let table: &[(&[&str], &str)] = &[
        (&[], " / "),
        (&[ANN, BOB], "1,2 / 1,2"),
        (&[ANN, BOB, AGAIN], "1,2 / 1,2,1"),
        (&[ANN, BOB, AGAIN, DELETE], "2 / 2"),
        (&[BOB, DELETE], "2 / 2"),
        (&[ANN, "Reset {} -> {}"], " / "),
        (&[ANN, "Reset {} -> INTERNAL"], "1 / 1"),
    ];
    for (calls, expected) in table {
        assert_eq!(kept(&after(&service, true, calls)), *expected, "{calls:?}");
    }
    let model = after(&service, true, &[ANN, BOB, AGAIN]);
    let Some(Variable::Map(entries)) = model.variable("users") else { panic!("{model:?}") };
    assert_eq!(entries[0].1.as_message().unwrap().get_field_by_name("name").unwrap().as_str(), Some("eve"));
}

#[test]
fn two_models_are_equal_when_they_know_the_same() {
    let (_, service) = users();
    let one = after(&service, true, &[ANN, BOB]);
    one.seen();
    let copy = one.clone();
    assert_eq!(copy, after(&service, true, &[ANN, BOB]));
    assert_ne!(copy, after(&service, true, &[BOB, ANN]));
    let opened = service.apply(&one, &Made::of(&service, "Import {} -> {}").call()).unwrap();
    assert!(one.is_closed() && !opened.is_closed());
    assert_ne!(one, opened);
    assert!(!after(&service, false, &["Reset {} -> {}"]).is_closed());
}

#[test]
fn an_effect_that_does_not_fit_says_why() {
    let effects = |text: &str| {
        let pool = pool(&format!(
            "message A {{ string id = 1; int64 n = 2; }} message B {{ string id = 1; }} service S {{
            option (protogate.contract.v1.service) = {{
                state {{ name: \"m\" map {{ key: \"string\" value: \"p.B\" }} }}
                state {{ name: \"l\" list {{ value: \"int32\" }} }} state {{ name: \"x\" list {{ value: \"p.X\" }} }} }};
            rpc F(A) returns (B) {{ option (protogate.contract.v1.method) = {{ effect {{ {text} }} }}; }} }}"
        ));
        let contract = Contract::of(pool.services());
        let service = &contract.services["p.S"];
        let made = Made::of(service, r#"F {"id":"a","n":"4294967296"} -> {"id":"b"}"#);
        service.apply(&Model::new(service, true), &made.call()).err().unwrap_or_default()
    };
    for (text, expected) in [
        ("put { map: 'm' key: 'req.id' value: 'resp' }", ""),
        ("put { map: 'm' key: 'req.id' value: 'req' }", "`req`, of the effects of F: p.B has no field `n`"),
        ("put { map: 'm' key: 'req.n' value: 'resp' }", "`req.n`, of the effects of F: int is no string"),
        (
            "append { list: 'l' value: 'req.n' }",
            "`req.n`, of the effects of F: 4294967296 does not fit into int32",
        ),
        ("append { list: 'm' value: 'resp' }", "`m` is a map, not a list"),
        ("append { list: 'x' value: 'resp' }", "`resp`, of the effects of F: there is no type `p.X`"),
        ("delete { map: 'l' key: 'resp.id' }", "`resp.id`, of the effects of F: `l` is a list, not a map"),
        ("clear: 'n'", "there is no variable `n`"),
        ("when: 'new.m' clear: 'm'", "`new.m`, of the effects of F: there is no `new` here"),
    ] {
        assert_eq!(effects(text), expected, "{text}");
    }
}
