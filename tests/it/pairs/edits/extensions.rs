//! Edits of extensions and of what may be extended. What happens to the type of an extension is in
//! `field_kinds.rs`.

use super::super::dice::Dice;
use super::super::schema::{FieldAt, Schema};
use super::{Edit, fresh, less_range};

fn with_extension(schema: &mut Schema, dice: &mut Dice, edit: impl FnOnce(&mut Schema, &FieldAt, &mut Dice)) {
    let mut all = schema.fields();
    all.retain(|at| at.extend.is_some());
    if let Some(at) = dice.pick(&all).cloned() {
        edit(schema, &at, dice);
    }
}

pub const EDITS: &[Edit] = &[
    Edit {
        name: "delete an extension",
        rules: &["EXTENSION_NO_DELETE", "PACKAGE_EXTENSION_NO_DELETE"],
        apply: |schema, dice| {
            with_extension(schema, dice, |schema, at, _| drop(schema.siblings(at).remove(at.index)));
        },
    },
    Edit {
        name: "rename an extension",
        rules: &["EXTENSION_NO_DELETE", "PACKAGE_EXTENSION_NO_DELETE", "FIELD_SAME_NAME"],
        apply: |schema, dice| {
            with_extension(schema, dice, |schema, at, dice| schema.field(at).name = fresh("f", dice));
        },
    },
    Edit {
        name: "renumber an extension",
        rules: &["FIELD_SAME_NAME"],
        apply: |schema, dice| {
            with_extension(schema, dice, |schema, at, dice| {
                schema.field(at).number += dice.number(1, 3);
            });
        },
    },
    Edit {
        name: "move an extension to another scope",
        rules: &["EXTENSION_NO_DELETE", "FIELD_SAME_NAME"],
        apply: |schema, dice| {
            with_extension(schema, dice, |schema, at, dice| {
                let extend = at.extend.expect("an extension");
                let mut moved = schema.scope(&at.scope).extends[extend].clone();
                moved.fields = vec![schema.siblings(at).remove(at.index)];
                if let Some(to) = dice.pick(&schema.scopes()) {
                    schema.scope(to).extends.push(moved);
                }
            });
        },
    },
    Edit {
        name: "extend in another order",
        rules: &["EXTENSION_NO_DELETE"],
        apply: |schema, dice| {
            with_extension(schema, dice, |schema, at, _| schema.scope(&at.scope).extends.reverse());
        },
    },
    Edit {
        name: "let less be extended",
        rules: &["EXTENSION_MESSAGE_NO_DELETE"],
        apply: |schema, dice| {
            let mut all = schema.messages();
            all.retain(|path| !schema.message(path).extensions.is_empty());
            if let Some(path) = dice.pick(&all) {
                less_range(&mut schema.message(path).extensions, dice);
            }
        },
    },
];
