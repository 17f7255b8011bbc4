//! What can be done to a schema. Every rule of the registry is reached by some edit; what an edit leaves
//! dangling, `repair.rs` takes away.

mod additions;
mod enums;
mod extensions;
mod field_kinds;
mod fields;
mod files;
mod messages;
mod services;

use super::dice::Dice;
use super::schema::{FieldAt, Path, Schema};

pub struct Edit {
    pub name: &'static str,
    /// The rules it is meant for. It may fire others, through what is repaired after it.
    pub rules: &'static [&'static str],
    /// Does nothing where the schema has nothing of the kind.
    pub apply: fn(&mut Schema, &mut Dice),
}

impl std::fmt::Debug for Edit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// All edits, by what they are done to.
pub const CATALOGUE: &[&[Edit]] = &[
    additions::EDITS,
    enums::EDITS,
    extensions::EDITS,
    field_kinds::EDITS,
    fields::EDITS,
    files::EDITS,
    messages::EDITS,
    services::EDITS,
];

/// A name that nothing has yet.
fn fresh(prefix: &str, dice: &mut Dice) -> String {
    format!("{prefix}{}", 1000 + dice.below(9000))
}

fn with_file(schema: &mut Schema, dice: &mut Dice, edit: impl FnOnce(&mut Schema, usize, &mut Dice)) {
    if !schema.files.is_empty() {
        let index = dice.below(schema.files.len());
        edit(schema, index, dice);
    }
}

fn with_message(schema: &mut Schema, dice: &mut Dice, edit: impl FnOnce(&mut Schema, Path, &mut Dice)) {
    if let Some(path) = dice.pick(&schema.messages()).cloned() {
        edit(schema, path, dice);
    }
}

/// One of the fields that `fits`.
fn with_field(
    schema: &mut Schema,
    dice: &mut Dice,
    fits: impl Fn(&super::schema::Field) -> bool,
    edit: impl FnOnce(&mut Schema, &FieldAt, &mut Dice),
) {
    let mut all = schema.fields();
    all.retain(|at| fits(schema.field(at)));
    if let Some(at) = dice.pick(&all).cloned() {
        edit(schema, &at, dice);
    }
}

fn with_enum(schema: &mut Schema, dice: &mut Dice, edit: impl FnOnce(&mut Schema, Path, usize, &mut Dice)) {
    if let Some((scope, index)) = dice.pick(&schema.enums()).cloned() {
        edit(schema, scope, index, dice);
    }
}

/// Makes a list of ranges protect less: drops one, shortens one or splits one.
fn less_range(ranges: &mut Vec<(i32, i32)>, dice: &mut Dice) {
    if ranges.is_empty() {
        return;
    }
    let index = dice.below(ranges.len());
    let (first, last) = ranges[index];
    match dice.below(5) {
        0 => drop(ranges.remove(index)),
        1 => ranges[index] = (first, last - 1),
        2 => ranges[index] = (first + 1, last),
        // Loses one in the middle.
        3 => ranges.splice(index..=index, [(first, first), (first + 2, last)]).for_each(drop),
        // Loses nothing.
        _ => ranges.splice(index..=index, [(first, first), (first + 1, last)]).for_each(drop),
    }
}
