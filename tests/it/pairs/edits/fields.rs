//! Edits of fields as members of their message: they go, and change name, number or oneof.

use super::super::dice::Dice;
use super::super::schema::{Field, FieldAt, Kind, Label, Schema};
use super::{Edit, fresh, with_field, with_message};

/// A field of a message, not an extension.
fn with_member(schema: &mut Schema, dice: &mut Dice, edit: impl FnOnce(&mut Schema, &FieldAt, &mut Dice)) {
    let mut all = schema.fields();
    all.retain(|at| at.extend.is_none());
    if let Some(at) = dice.pick(&all).cloned() {
        edit(schema, &at, dice);
    }
}

pub const EDITS: &[Edit] = &[
    Edit {
        name: "delete a field",
        rules: &[
            "FIELD_NO_DELETE",
            "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
            "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
            "ONEOF_NO_DELETE",
        ],
        apply: |schema, dice| {
            with_member(schema, dice, |schema, at, dice| {
                let gone = schema.siblings(at).remove(at.index);
                let message = schema.message(&at.scope);
                if dice.percent(30) {
                    message.reserved_names.push(gone.name);
                }
                if dice.percent(30) {
                    message.reserved.push((gone.number, gone.number));
                }
            });
        },
    },
    Edit {
        name: "rename a field",
        rules: &["FIELD_SAME_NAME", "FIELD_SAME_JSON_NAME"],
        apply: |schema, dice| {
            with_field(
                schema,
                dice,
                |_| true,
                |schema, at, dice| {
                    let name = fresh("f", dice);
                    let field = schema.field(at);
                    let old = std::mem::replace(&mut field.name, name);
                    if dice.percent(30) {
                        field.json_name = Some(old);
                    }
                },
            );
        },
    },
    Edit {
        name: "another JSON name",
        rules: &["FIELD_SAME_JSON_NAME"],
        apply: |schema, dice| {
            with_member(schema, dice, |schema, at, dice| {
                let name = fresh("j", dice);
                let field = schema.field(at);
                field.json_name =
                    if field.json_name.is_some() && dice.percent(40) { None } else { Some(name) };
            });
        },
    },
    Edit {
        name: "renumber a field",
        rules: &["FIELD_NO_DELETE", "FIELD_SAME_NAME"],
        apply: |schema, dice| {
            with_member(schema, dice, |schema, at, dice| schema.field(at).number = dice.number(1, 45));
        },
    },
    Edit {
        name: "swap the numbers of two fields",
        rules: &["FIELD_SAME_NAME", "FIELD_SAME_TYPE"],
        apply: |schema, dice| {
            with_member(schema, dice, |schema, at, dice| {
                let fields = schema.siblings(at);
                let other = dice.below(fields.len());
                let number = fields[other].number;
                fields[other].number = std::mem::replace(&mut fields[at.index].number, number);
            });
        },
    },
    Edit {
        name: "put fields into another order",
        rules: &["FIELD_SAME_ONEOF"],
        apply: |schema, dice| {
            with_member(schema, dice, |schema, at, _| schema.siblings(at).rotate_left(at.index));
        },
    },
    Edit {
        name: "into a oneof",
        rules: &["FIELD_SAME_ONEOF", "FIELD_SAME_CARDINALITY"],
        apply: |schema, dice| {
            with_member(schema, dice, |schema, at, dice| {
                let name = fresh("x", dice);
                let fields = schema.siblings(at);
                let known: Vec<String> = fields.iter().filter_map(|it| it.oneof.clone()).collect();
                let name = if dice.percent(50) { dice.pick(&known).cloned().unwrap_or(name) } else { name };
                fields[at.index].oneof = Some(name);
                fields[at.index].label = Label::None;
            });
        },
    },
    Edit {
        name: "out of a oneof",
        rules: &["FIELD_SAME_ONEOF", "ONEOF_NO_DELETE"],
        apply: |schema, dice| {
            with_field(schema, dice, |it| it.oneof.is_some(), |schema, at, _| schema.field(at).oneof = None);
        },
    },
    Edit {
        name: "rename a oneof",
        rules: &["FIELD_SAME_ONEOF", "ONEOF_NO_DELETE"],
        apply: |schema, dice| {
            with_field(
                schema,
                dice,
                |it| it.oneof.is_some(),
                |schema, at, dice| {
                    let (old, new) = (schema.field(at).oneof.clone(), Some(fresh("x", dice)));
                    let members = schema.siblings(at).iter_mut().filter(|it| it.oneof == old);
                    members.for_each(|it| it.oneof.clone_from(&new));
                },
            );
        },
    },
    Edit {
        name: "delete a oneof with its fields",
        rules: &["ONEOF_NO_DELETE", "FIELD_NO_DELETE"],
        apply: |schema, dice| {
            with_field(
                schema,
                dice,
                |it| it.oneof.is_some(),
                |schema, at, _| {
                    let gone = schema.field(at).oneof.clone();
                    schema.siblings(at).retain(|it| it.oneof != gone);
                },
            );
        },
    },
    Edit {
        name: "add a required field",
        rules: &["MESSAGE_SAME_REQUIRED_FIELDS"],
        apply: |schema, dice| {
            with_message(schema, dice, |schema, path, dice| {
                let mut field = Field::new(fresh("f", dice), dice.number(350, 50), Kind::Scalar("int32"));
                field.label = Label::Required;
                schema.message(&path).fields.push(field);
            });
        },
    },
];
