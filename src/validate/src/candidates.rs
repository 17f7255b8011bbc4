//! Values worth trying where a rule stands: on its edges, within it and outside of it. Which is which, the judge says.

use prost_reflect::{Kind, Value};

use super::{
    Promise, Rule, compose, now,
    plain::{self, Plain, wrapped},
    test::{Bound, Test},
};

/// Values of this kind around the tests of one promise, each once; those within come first where that is known.
pub(super) fn candidates(promise: &Promise, kind: &Kind, salt: u64) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    for plain in plains(promise, kind, salt) {
        if let Some(value) = plain::value(&plain, kind).filter(|value| !out.contains(value)) {
            out.push(value);
        }
    }
    out
}

fn plains(promise: &Promise, kind: &Kind, salt: u64) -> Vec<Plain> {
    let inner = match kind {
        Kind::Message(desc) if wrapped(desc.full_name()).is_some() => desc.get_field(1).map(|it| it.kind()),
        _ => None,
    };
    let tests = &promise.tests;
    let mut named: Vec<Plain> = tests.iter().flat_map(|rule| of_test(&rule.test)).collect();
    match inner.as_ref().unwrap_or(kind) {
        Kind::String => {
            named.extend(compose::texts(tests, salt).into_iter().map(|it| Plain::Text(it.into())))
        }
        Kind::Bytes => {
            named.extend(compose::bytes(tests, salt).into_iter().map(|it| Plain::Bytes(it.into())))
        }
        Kind::Bool => named.extend([true, false].map(Plain::Bool)),
        Kind::Enum(desc) => {
            const MOST: usize = 30;
            let numbers: Vec<i32> = desc.values().map(|it| it.number()).collect();
            let undeclared = (1..).find(|it| !numbers.contains(it));
            named
                .extend(numbers.iter().skip(1).chain(&numbers).take(MOST).map(|it| Plain::Int((*it).into())));
            named.extend(undeclared.map(|it| Plain::Int(it.into())));
        }
        Kind::Float | Kind::Double => {
            let edges = [1.0, 0.0, -1.0, 1e6, -1e6, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
            named.extend(edges.map(Plain::Float));
        }
        Kind::Message(desc) => named.extend(of_message(desc.full_name(), tests)),
        _ => named.extend([1, 0, -1, 1000, -1000].map(Plain::Int)),
    }
    named
}

fn of_test(test: &Test) -> Vec<Plain> {
    match test {
        Test::Const(it) => [vec![it.clone()], beside(it)].concat(),
        Test::In(among) | Test::NotIn(among) => {
            const MOST: usize = 8;
            among.iter().take(MOST).cloned().chain(among.first().into_iter().flat_map(beside)).collect()
        }
        Test::Range { low, high } => {
            let edges = |it: &Bound| [vec![it.at.clone()], beside(&it.at)].concat();
            [low, high].into_iter().flatten().flat_map(edges).collect()
        }
        Test::Within(nanos) => [now() - nanos / 2, now() + nanos / 2].map(Plain::Int).to_vec(),
        Test::Covered(fields) | Test::NotCovered(fields) => {
            let one = |it: &Plain| match it {
                Plain::Text(path) => Some(Plain::Paths(vec![path.to_string()])),
                _ => None,
            };
            fields.iter().filter_map(one).collect()
        }
        _ => Vec::new(),
    }
}

/// The next ones.
fn beside(plain: &Plain) -> Vec<Plain> {
    match plain {
        Plain::Int(it) => vec![Plain::Int(it + 1), Plain::Int(it - 1)],
        Plain::Float(it) => [it + 1.0, it - 1.0, it + 0.5, it - 0.5].map(Plain::Float).to_vec(),
        Plain::Bool(it) => vec![Plain::Bool(!it)],
        Plain::Text(it) => vec![Plain::Text(format!("{it}a").into())],
        Plain::Bytes(it) => vec![Plain::Bytes([&it[..], b"a"].concat().into())],
        Plain::Paths(_) => Vec::new(),
    }
}

fn of_message(name: &str, tests: &[Rule]) -> Vec<Plain> {
    const SECOND: i128 = 1_000_000_000;
    const HOUR: i128 = 3600 * SECOND;
    match name {
        "google.protobuf.Duration" => [SECOND, 0, -SECOND, HOUR].map(Plain::Int).to_vec(),
        "google.protobuf.Timestamp" => {
            let about_now =
                tests.iter().any(|it| matches!(it.test, Test::Past | Test::Future | Test::Within(_)));
            let fixed = [SECOND, 1_700_000_000 * SECOND, 0];
            let now = now() / SECOND * SECOND;
            let near = [now, now - HOUR, now + HOUR, now - 100_000 * HOUR, now + 100_000 * HOUR];
            if about_now { near.map(Plain::Int).to_vec() } else { fixed.map(Plain::Int).to_vec() }
        }
        "google.protobuf.Any" => {
            ["type.googleapis.com/google.protobuf.Empty"].map(|it| Plain::Text(it.into())).to_vec()
        }
        "google.protobuf.FieldMask" => [&["zzz"][..], &[]]
            .map(|paths| Plain::Paths(paths.iter().map(|it| (*it).to_owned()).collect()))
            .to_vec(),
        _ => Vec::new(),
    }
}
