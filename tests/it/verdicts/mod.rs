//! What is true of small changes: the verdict of every direction and encoding, held row by row and written into
//! `docs/verdicts.md` beside what buf says. `cargo xtask verdicts` writes the page.

mod page;
mod replay;
mod rows;

use std::env;
use std::path::Path;
use std::process::Command;

use protogate::diag::{Agreement, Diagnostic, Direction, Encoding, Report};
use protogate::rules::breaking::{BREAKING, Category, Selection, check};
use protogate::rules::witness::{Difference, World, replay};
use protogate::schema::{Schema, Source, load};
use rayon::prelude::*;

use self::rows::{Files, Row};
use super::peers;

const PAGE: &str = "docs/verdicts.md";

/// What we say of a row.
pub struct Answer {
    /// Of each encoding, from old to new and from new to old; nothing where a side is refused.
    pub verdicts: Option<[[Agreement; 2]; 3]>,
    /// The rules of `PROVEN`.
    pub proven: Vec<&'static str>,
    /// What is said of the sources themselves.
    pub refused: Vec<String>,
    pub differences: Vec<Difference>,
}

pub fn schema(files: &Files) -> (Schema, Vec<Diagnostic>) {
    let files = files.iter().map(|(name, text)| (name.as_str().into(), text.as_str().into())).collect();
    let loaded = load(&Source::Text(files));
    (loaded.schema, loaded.diagnostics)
}

pub fn answer(row: &Row) -> Answer {
    let ((old, was), (new, is)) = (schema(&row.old), schema(&row.new));
    let refused: Vec<String> =
        was.iter().chain(&is).map(|it| format!("{}: {}", it.rule.id, it.message)).collect();
    if !refused.is_empty() {
        return Answer { verdicts: None, proven: Vec::new(), refused, differences: Vec::new() };
    }
    let differences: Vec<Difference> = World::new(&old, &new).differences().into_iter().cloned().collect();
    let mut verdicts = [[Agreement::Same; 2]; 3];
    for reading in differences.iter().flat_map(|it| &it.witness.readings) {
        let direction = usize::from(reading.direction == Direction::NewToOld);
        let encodings = match reading.encoding {
            Encoding::Binary => 0..1,
            // What a tolerant reader makes of it a strict one does too, unless it is told apart.
            Encoding::Json => 1..3,
            Encoding::StrictJson => 2..3,
        };
        for verdict in &mut verdicts[encodings] {
            verdict[direction] = verdict[direction].max(reading.verdict);
        }
    }
    let found = Report::new(check(&old, &new, &Selection::category(Category::Proven)));
    let mut proven: Vec<&str> = found.diagnostics().iter().map(|it| it.rule.id).collect();
    proven.sort_unstable();
    proven.dedup();
    Answer { verdicts: Some(verdicts), proven, refused, differences }
}

#[test]
fn every_row_has_its_verdict() {
    let mut wrong = Vec::new();
    for row in rows::all() {
        let said = answer(&row).lines();
        if said != row.expected {
            wrong.push(format!("# {}\n{}\n", row.id, said.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{} rows say something else now:\n{}", wrong.len(), wrong.join("\n"));
}

impl Answer {
    /// As the rows have it.
    pub fn lines(&self) -> Vec<String> {
        let Some(verdicts) = &self.verdicts else {
            return self.refused.iter().map(|it| format!("refused: {it}")).collect();
        };
        let line = |name: &str, of: &[Agreement; 2]| format!("{name}: {} {}", of[0].word(), of[1].word());
        let names = ["binary", "json", "strict"];
        let mut lines: Vec<String> = names.iter().zip(verdicts).map(|(name, it)| line(name, it)).collect();
        // Rules that look at services and options belong to other tables.
        let own: Vec<&str> = self.proven.iter().copied().filter(|it| it.starts_with("PROVEN_")).collect();
        lines.push(format!("proven: {}", if own.is_empty() { "-".to_owned() } else { own.join(" ") }));
        lines
    }
}

#[test]
fn every_witness_reads_again_as_it_says() {
    let mut readings = 0;
    for row in rows::all() {
        for it in answer(&row).differences {
            for reading in &it.witness.readings {
                let reader =
                    if reading.direction == Direction::OldToNew { &it.messages.1 } else { &it.messages.0 };
                assert_eq!(
                    replay(reader, reading).as_deref(),
                    Some(&*reading.read),
                    "{}: {reading:?}",
                    row.id
                );
                readings += 1;
            }
        }
    }
    assert!(readings > 200, "{readings}");
}

#[test]
fn the_page_is_as_written() {
    let page = page::page(&rows::all());
    if env::var_os("PROTOGATE_VERDICTS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(page == written, "{PAGE} is not what the rows say now: cargo xtask verdicts");
}

#[test]
fn buf_says_what_the_rows_say_it_says() {
    let Some(buf) = peers::or_skip("buf") else { return };
    // buf is mostly waited for.
    let wrong: Vec<String> = rows::all()
        .par_iter()
        .filter_map(|row| {
            let said = bufs(&buf, row);
            (said != row.buf).then(|| format!("# {}\nbuf: {}\n", row.id, said.join(" | ")))
        })
        .collect();
    assert!(wrong.is_empty(), "{} rows have another answer of buf:\n{}", wrong.len(), wrong.join("\n"));
}

/// The rules that buf names in each of four categories; `ok` for none, `exit N` where it gives up.
fn bufs(buf: &Path, row: &Row) -> Vec<String> {
    let of = |category: &str| {
        let folder = tempfile::tempdir().unwrap();
        let config = serde_json::json!({ "version": "v2", "breaking": { "use": [category] } }).to_string();
        let borrowed = rows::borrowed(row);
        for (side, files) in [("old", &row.old), ("new", &row.new)] {
            let own = files.iter().chain(&borrowed).map(|(name, text)| (name.as_str(), text.as_str()));
            for (name, text) in own.chain([("buf.yaml", config.as_str())]) {
                let path = folder.path().join(side).join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
        }
        let output = Command::new(buf)
            .args(["breaking", "new", "--against", "old", "--error-format", "json"])
            .current_dir(folder.path())
            .env("BUF_CACHE_DIR", folder.path().join("cache"))
            .output()
            .unwrap();
        match output.status.code() {
            Some(0) => "ok".to_owned(),
            Some(100) => {
                let lines = String::from_utf8(output.stdout).unwrap();
                let rule = |line: &str| {
                    let line: serde_json::Value = line.parse().unwrap();
                    line["type"].as_str().unwrap_or_default().to_owned()
                };
                let mut rules: Vec<String> = lines.lines().map(rule).collect();
                rules.sort();
                rules.dedup();
                rules.join(", ")
            }
            code => format!("exit {}", code.unwrap_or(-1)),
        }
    };
    ["FILE", "PACKAGE", "WIRE_JSON", "WIRE"].map(of).to_vec()
}

#[test]
fn rows_name_rules_that_exist() {
    for row in rows::all() {
        for rule in
            row.expected.iter().filter_map(|it| it.strip_prefix("proven: ")).flat_map(|it| it.split(' '))
        {
            assert!(rule == "-" || BREAKING.iter().any(|it| it.info.id == rule), "{}: {rule}", row.id);
        }
    }
}
