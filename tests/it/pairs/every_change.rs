//! The law of `diff`: it is silent exactly when the descriptors are the same, and every edit shows. Comments, positions
//! and the order of what has no order are left out of both.

use std::collections::BTreeSet;

use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto};
use protogate::rules::diff::{Kind, diff};
use protogate::schema::Schema;

use super::compare::{Sides, schema};
use super::dice::Dice;
use super::draw::{self, Pair};
use super::edits::CATALOGUE;
use super::{drawn, number, runner};

/// Pairs in the ordinary suite.
const PAIRS: u64 = 150;

#[test]
fn diff_is_silent_exactly_when_descriptors_are_the_same() {
    let pairs = number("PROTOGATE_PAIRS").unwrap_or(PAIRS).min(100_000);
    let mut runner = runner(number("PROTOGATE_SEED").unwrap_or(3));
    let (mut same, mut other) = (0, 0);
    for (index, pair) in
        drawn(&draw::pair(), &mut runner, usize::try_from(pairs).unwrap()).into_iter().enumerate()
    {
        match judged(&pair) {
            Some(true) => same += 1,
            Some(false) => other += 1,
            None => {}
        }
        if index % 5 == 0 {
            let unchanged = Pair { new: pair.old.clone(), ..pair };
            assert!(judged(&unchanged) != Some(false), "{:?}", unchanged.edits);
        }
    }
    assert!(other > PAIRS / 3 && same > 0, "{same} pairs the same, {other} not");
}

#[test]
fn every_edit_shows() {
    let mut unseen: BTreeSet<&str> = CATALOGUE.iter().copied().flatten().map(|edit| edit.name).collect();
    for (round, pair) in drawn(&draw::pair(), &mut runner(4), 60).into_iter().enumerate() {
        for edit in CATALOGUE.iter().copied().flatten() {
            if unseen.contains(edit.name) {
                let seed = Dice::new(round as u64).below(1_000_000) as u64;
                let pair = Pair::of(pair.old.clone(), vec![(edit, seed)], None);
                if judged(&pair) == Some(false) {
                    unseen.remove(edit.name);
                }
            }
        }
    }
    // What has no order did not change.
    let orders = [
        "extend in another order",
        "put fields into another order",
        "put messages into another order",
        "put methods into another order",
    ];
    assert_eq!(unseen, BTreeSet::from(orders));
}

/// Whether both sides are the same, on which `diff` has to agree; nothing where a side does not compile.
fn judged(pair: &Pair) -> Option<bool> {
    let sides = Sides::of(pair, 1);
    let (old, new) = (schema(&sides.old).ok()?, schema(&sides.new).ok()?);
    let changes = diff(&old, &new);
    let changes: Vec<_> = changes.iter().filter(|it| it.kind != Kind::Documented).collect();
    let is_same = canonical(&old) == canonical(&new);
    let said: Vec<String> = changes.iter().map(|it| it.sentence()).collect();
    assert_eq!(is_same, said.is_empty(), "{:?}\n{said:#?}\n{:#?}\n{:#?}", pair.edits, sides.old, sides.new);
    Some(is_same)
}

/// Every file with all of its content in one order.
fn canonical(schema: &Schema) -> Vec<String> {
    schema.own_files().map(|file| format!("{:?}", of_file(file.proto()))).collect()
}

fn of_file(mut file: FileDescriptorProto) -> (FileDescriptorProto, BTreeSet<(String, bool, bool)>) {
    file.source_code_info = None;
    // Saying proto2 and saying nothing is the same.
    file.syntax = Some(file.syntax().to_owned()).filter(|syntax| syntax == "proto3");
    let is_in = |list: &[i32], index: usize| list.contains(&i32::try_from(index).unwrap());
    let imports = file.dependency.iter().enumerate().map(|(index, name)| {
        (name.clone(), is_in(&file.public_dependency, index), is_in(&file.weak_dependency, index))
    });
    let imports = imports.collect();
    file.dependency.clear();
    file.public_dependency.clear();
    file.weak_dependency.clear();
    file.message_type.iter_mut().for_each(of_message);
    file.message_type.sort_by(|a, b| a.name.cmp(&b.name));
    of_enums(&mut file.enum_type);
    file.extension.sort_by(|a, b| (&a.extendee, a.number).cmp(&(&b.extendee, b.number)));
    file.service.iter_mut().for_each(|it| it.method.sort_by(|a, b| a.name.cmp(&b.name)));
    file.service.sort_by(|a, b| a.name.cmp(&b.name));
    (file, imports)
}

fn of_message(message: &mut DescriptorProto) {
    let is_synthetic: BTreeSet<i32> =
        message.field.iter().filter(|it| it.proto3_optional()).filter_map(|it| it.oneof_index).collect();
    let names: Vec<String> = message.oneof_decl.iter().map(|it| it.name().to_owned()).collect();
    let oneof = |field: &mut FieldDescriptorProto| {
        // Oneofs are known by their names, and their positions say nothing.
        if let Some(index) = field.oneof_index.take().filter(|index| !is_synthetic.contains(index)) {
            let json = format!("{} in {}", field.json_name(), names[usize::try_from(index).unwrap()]);
            field.json_name = Some(json);
        }
    };
    message.field.iter_mut().for_each(oneof);
    message.field.sort_by_key(|it| it.number);
    let mut at = 0;
    message.oneof_decl.retain(|_| {
        at += 1;
        !is_synthetic.contains(&(at - 1))
    });
    message.oneof_decl.sort_by(|a, b| a.name.cmp(&b.name));
    message.reserved_range.sort_by_key(|it| (it.start, it.end));
    message.reserved_range.dedup();
    message.reserved_name.sort();
    message.reserved_name.dedup();
    message.extension_range.sort_by_key(|it| (it.start, it.end));
    message.extension.sort_by(|a, b| (&a.extendee, a.number).cmp(&(&b.extendee, b.number)));
    message.nested_type.iter_mut().for_each(of_message);
    message.nested_type.sort_by(|a, b| a.name.cmp(&b.name));
    of_enums(&mut message.enum_type);
}

/// The first value stays the first, and the names of one number keep their order.
fn of_enums(enums: &mut [EnumDescriptorProto]) {
    for it in enums.iter_mut() {
        if let [_, rest @ ..] = &mut *it.value {
            rest.sort_by_key(|value| value.number);
        }
        it.reserved_range.sort_by_key(|range| (range.start, range.end));
        it.reserved_range.dedup();
        it.reserved_name.sort();
        it.reserved_name.dedup();
    }
    enums.sort_by(|a, b| a.name.cmp(&b.name));
}
