//! The view and the pages of small schemas.

use base64::Engine as _;
use serde_json::{Value, json};
use sha2::Digest as _;

use crate::codegen::{FileSet, Options, Output, generate};
use crate::schema::{Source, load};

fn files_of(sources: &[(&str, &str)], options: Options) -> FileSet {
    let text = sources.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
    let loaded = load(&Source::Text(text));
    let said: Vec<_> = loaded.diagnostics.iter().map(|d| &d.message).collect();
    assert!(said.is_empty(), "{said:?}");
    generate(&loaded.schema, &Options { outputs: vec![Output::Docs], ..options })
        .unwrap_or_else(|said| panic!("{said:#?}"))
}

fn text<'f>(files: &'f FileSet, path: &str) -> &'f str {
    std::str::from_utf8(files.get(path).unwrap_or_else(|| panic!("no {path}"))).unwrap()
}

fn view(proto: &str) -> Value {
    serde_json::from_str(text(&files_of(&[("a.proto", proto)], Options::default()), "docs/index.json"))
        .unwrap()
}

/// These names of each of the values.
fn picked(values: &Value, names: &[&str]) -> Vec<Value> {
    let pick = |it: &Value| names.iter().map(|name| it[*name].clone()).collect();
    values.as_array().unwrap().iter().map(pick).collect()
}

#[test]
fn fields_say_how_they_stand_on_the_wire() {
    let proto2 = view(
        "package a; message M { required fixed64 a = 1; optional sint32 b = 2 [default = 7]; repeated float c = 3 [packed = true]; \
         optional group G = 4 {} reserved 9, 20 to max; reserved \"z\"; extensions 10 to 12; oneof o { string d = 5; } }",
    );
    let message = &proto2["packages"][0]["messages"][0];
    let names = ["name", "wire", "presence", "packed", "label", "default", "oneof"];
    assert_eq!(
        picked(&message["fields"], &names),
        [
            json!(["a", "I64", "required", false, "required", null, null]),
            json!(["b", "VARINT", "explicit", false, "optional", "7", null]),
            json!(["c", "LEN", "repeated", true, "repeated", null, null]),
            json!(["g", "SGROUP", "explicit", false, "optional", null, null]),
            json!(["d", "LEN", "explicit", false, "", null, "o"]),
        ]
    );
    assert_eq!(message["reserved"], json!(["9", "20 to max", "\"z\""]));
    assert_eq!(message["extension_ranges"], json!(["10 to 12"]));
    let proto3 = view(
        "syntax = \"proto3\"; package a; message M { int32 a_b = 1; optional bool b = 2; repeated int32 c = 3; \
         map<string, bytes> d = 4; string e = 5 [json_name = \"E\"]; }",
    );
    let names = ["name", "wire", "presence", "packed", "json_name", "json_name_is_own", "map_key"];
    assert_eq!(
        picked(&proto3["packages"][0]["messages"][0]["fields"], &names),
        [
            json!(["a_b", "VARINT", "implicit", false, "aB", false, null]),
            json!(["b", "VARINT", "explicit", false, "b", false, null]),
            json!(["c", "LEN", "repeated", true, "c", false, null]),
            json!(["d", "LEN", "map", false, "d", false, "string"]),
            json!(["e", "LEN", "implicit", false, "E", true, null]),
        ]
    );
}

#[test]
fn enums_say_their_aliases_and_what_is_reserved() {
    let view = view(
        "package a; enum E { option allow_alias = true; A = 1; B = 1; C = 2; reserved 5 to 6, 9; reserved \"X\"; }",
    );
    let it = &view["packages"][0]["enums"][0];
    assert_eq!(it["closed"], true);
    assert_eq!(it["reserved"], json!(["5 to 6", "9", "\"X\""]));
    assert_eq!(
        picked(&it["values"], &["name", "alias_of"]),
        [json!(["A", null]), json!(["B", "A"]), json!(["C", null])]
    );
}

#[test]
fn methods_say_their_bindings_rules_and_calls() {
    let view = view(
        r#"syntax = "proto3"; package a; import "google/api/annotations.proto"; import "buf/validate/validate.proto";
        import "protogate/contract/v1/contract.proto";
        message M { string id = 1 [(buf.validate.field).string = {min_len: 1, max_len: 100}]; string x = 2; }
        service S {
          rpc Get(M) returns (M) {
            option (google.api.http) = { get: "/v1/{id}" additional_bindings { post: "/v2" body: "*" response_body: "x" } };
            option (protogate.contract.v1.method) = { errors: { id: "e" when: "req.id == ''" code: INVALID_ARGUMENT } };
          }
        }"#,
    );
    let method = &view["packages"][0]["services"][0]["methods"][0];
    assert_eq!(
        picked(&method["http"], &["verb", "path", "body", "response_body"]),
        [json!(["GET", "/v1/{id}", null, null]), json!(["POST", "/v2", "*", "x"])]
    );
    assert_eq!(method["rules"], json!(["INVALID_ARGUMENT when `id` is empty"]));
    assert_eq!(method["options"], json!([]));
    let languages = picked(&method["snippets"], &["language"]);
    assert_eq!(languages, ["grpcurl", "curl", "Python", "Rust"].map(|it| json!([it])));
    assert_eq!(view["packages"][0]["messages"][0]["fields"][0]["rules"], json!(["1 to 100 characters"]));
}

#[test]
fn names_in_comments_lead_to_the_innermost_scope_that_has_them() {
    let view = view(
        "package a.b; // A [Deep], [Top] or [f][M.f] but no [1] and no [Other].\nmessage M { message Deep {}\n // [Deep].\n optional int32 f = 1; } \
         message Top { message Deep {}\n // [Deep]\n optional M m = 1; }",
    );
    let messages = view["packages"][0]["messages"].as_array().unwrap();
    let field =
        |name: &str| messages.iter().find(|it| it["name"] == name).unwrap()["fields"][0]["comment"].clone();
    assert_eq!(field("M"), "[Deep](#a.b.M.Deep).");
    assert_eq!(field("Top"), "[Deep](#a.b.Top.Deep)");
    assert_eq!(
        view["packages"][0]["comment"],
        "A [Deep], [Top](#a.b.Top) or [f](#a.b.M.f) but no [1] and no [Other]."
    );
}

#[test]
fn the_policy_of_a_page_knows_its_script_and_nothing_ends_a_script_early() {
    let proto = "syntax = \"proto3\"; package a;\n// </script><script>alert(1)</script><img src=x>\nmessage M { string a = 1; }";
    let files =
        files_of(&[("a.proto", proto)], Options { title: "</title><b>".to_owned(), ..Options::default() });
    let html = text(&files, "docs/index.html");
    let script = html.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(script));
    assert!(html.contains(&format!("script-src 'sha256-{hash}'")));
    // The index and the script, and nothing of the comment's.
    assert_eq!(html.matches("<script").count(), 2);
    assert!(!html.contains("<img") && !html.contains("<b>"));
    assert!(!text(&files, "docs/index.md").contains("<script"));
}

#[test]
fn a_part_of_the_page_may_be_somebody_elses() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("docs")).unwrap();
    std::fs::write(folder.path().join("docs/message.html.jinja"), "mine: {{ message.name }}").unwrap();
    let options = Options { templates: Some(folder.path().to_path_buf()), ..Options::default() };
    let files = files_of(&[("a.proto", "message M {} enum E { A = 0; }")], options);
    let html = text(&files, "docs/index.html");
    assert!(html.contains("mine: M") && html.contains("id=\"E\""));
}

#[test]
fn a_large_schema_is_a_page_for_each_package_and_every_link_arrives() {
    let many: String = (0..super::ONE_PAGE).map(|at| format!("message M{at} {{}}\n")).collect();
    let large = format!(
        "package big; import \"b.proto\";\n// Of [b.c.B].\nmessage A {{ optional b.c.B b = 1; }}\n{many}"
    );
    let small = "package b.c;\n// One.\nmessage B {\n // Of [B].\n optional B b = 1; } service S { rpc Get(B) returns (B); }";
    let files = files_of(&[("a.proto", &large), ("b.proto", small)], Options::default());
    let paths: Vec<&str> = files.iter().map(|(path, _)| path).collect();
    let stems = ["docs/index", "docs/packages/b.c", "docs/packages/big"];
    let expected: Vec<String> =
        stems.iter().flat_map(|it| ["html", "json", "md"].map(|ending| format!("{it}.{ending}"))).collect();
    assert_eq!(paths, expected);
    let mut across = 0;
    for path in paths.iter().filter(|path| path.ends_with(".html")) {
        // The template engine escapes it as well.
        let html = text(&files, path).replace("&#x2f;", "/");
        for href in html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let (page, id) = href.split_once('#').unwrap_or((href, ""));
            let page = match page.strip_prefix("../") {
                _ if page.is_empty() => (*path).to_owned(),
                Some(up) => format!("docs/{up}"),
                None => format!("{}/{page}", path.rsplit_once('/').unwrap().0),
            };
            across += usize::from(page != *path);
            let there = text(&files, &page);
            assert!(id.is_empty() || there.contains(&format!("id=\"{id}\"")), "{path}: {href}");
        }
    }
    assert!(across > 4, "{across}");
    assert!(text(&files, "docs/packages/big.md").contains("(b.c.md#b.c.B)"));
    assert!(text(&files, "docs/index.md").contains("(packages/big.md)"));
    let index: Value = serde_json::from_str(text(&files, "docs/index.json")).unwrap();
    assert_eq!(index["coverage"]["documented"], 3);
}
