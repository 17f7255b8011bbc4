//! The rows as data: `tests/fixtures/verdicts/rows.txt`. A row starts with `# id`; then `key: value` lines. `truth` is
//! what somebody who knows protobuf says of it, `old FILE` and `new FILE` the change (a line each, `…` for proto3 and
//! package `p`), `binary`, `json` and `strict` the verdicts from old to new and from new to old, `proven` the rules,
//! `buf` what buf says in FILE, PACKAGE, WIRE_JSON and WIRE, and `but` why we see it otherwise than `truth`.

use std::path::Path;

use protogate::schema::{Source, load};

/// Names and texts.
pub type Files = Vec<(String, String)>;

#[derive(Debug, Default)]
pub struct Row {
    pub id: String,
    pub truth: String,
    pub note: String,
    pub but: String,
    pub old: Files,
    pub new: Files,
    pub buf: Vec<String>,
    /// The lines of an answer.
    pub expected: Vec<String>,
}

pub fn all() -> Vec<Row> {
    let text = std::fs::read_to_string("tests/fixtures/verdicts/rows.txt").unwrap();
    let mut rows: Vec<Row> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(id) = line.strip_prefix("# ") {
            rows.push(Row { id: id.to_owned(), ..Row::default() });
            continue;
        }
        let row = rows.last_mut().unwrap_or_else(|| panic!("no row before {line}"));
        let (key, value) = line.split_once(": ").unwrap_or_else(|| panic!("{}: {line}", row.id));
        match key.split_once(' ').unwrap_or((key, "")) {
            ("truth", _) => row.truth = value.to_owned(),
            ("note", _) => row.note = value.to_owned(),
            ("but", _) => row.but = value.to_owned(),
            ("buf", _) => row.buf = value.split(" | ").map(str::to_owned).collect(),
            ("old", name) => add(&mut row.old, name, value),
            ("new", name) => add(&mut row.new, name, value),
            ("binary" | "json" | "strict" | "proven" | "refused", _) => row.expected.push(line.to_owned()),
            _ => panic!("{}: what is {line}?", row.id),
        }
    }
    rows
}

fn add(files: &mut Files, name: &str, line: &str) {
    let line = line.replace("… ", "syntax = \"proto3\"; package p; ") + "\n";
    match files.iter_mut().find(|file| file.0 == name) {
        Some(file) => file.1 += &line,
        None => files.push((name.to_owned(), line)),
    }
}

/// What a row imports of others and buf does not bring along.
pub fn borrowed(row: &Row) -> Files {
    let mut borrowed = Files::new();
    let mut waiting: Vec<String> = row.old.iter().chain(&row.new).flat_map(|file| imports(&file.1)).collect();
    while let Some(name) = waiting.pop() {
        let own = |files: &Files| files.iter().any(|file| file.0 == name);
        if name.starts_with("google/protobuf/") || own(&row.old) || own(&row.new) || own(&borrowed) {
            continue;
        }
        let text = format!("syntax = \"proto3\"; import \"{name}\";");
        let schema = load(&Source::Text(vec![("x.proto".into(), text.as_str().into())])).schema;
        let file = schema.file(&name).unwrap_or_else(|| panic!("{name} comes from nowhere"));
        let path = Path::new("src/schema/bundled").join(file.name());
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", path.display()));
        waiting.extend(imports(&text));
        borrowed.push((name, text));
    }
    borrowed
}

fn imports(text: &str) -> Vec<String> {
    let of = |rest: &str| rest.split('"').nth(1).map(str::to_owned);
    text.split("import ").skip(1).filter_map(of).filter(|it| it.ends_with(".proto")).collect()
}
