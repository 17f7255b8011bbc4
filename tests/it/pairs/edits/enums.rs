//! Edits of enums.

use super::super::schema::join;
use super::{Edit, fresh, less_range, with_enum};

pub const EDITS: &[Edit] = &[
    Edit {
        name: "delete an enum",
        rules: &["ENUM_NO_DELETE", "PACKAGE_ENUM_NO_DELETE"],
        apply: |schema, dice| {
            with_enum(schema, dice, |schema, scope, index, _| drop(schema.scope(&scope).enums.remove(index)));
        },
    },
    Edit {
        name: "rename an enum",
        rules: &["ENUM_NO_DELETE", "PACKAGE_ENUM_NO_DELETE", "FIELD_SAME_TYPE"],
        apply: |schema, dice| {
            with_enum(schema, dice, |schema, scope, index, dice| {
                let outer = schema.name_of(&scope);
                let name = fresh("E", dice);
                let it = &mut schema.scope(&scope).enums[index];
                let old = std::mem::replace(&mut it.name, name.clone());
                schema.rename(&join(&outer, &old), &join(&outer, &name));
            });
        },
    },
    Edit {
        name: "move an enum to another scope under the same short name",
        rules: &["ENUM_NO_DELETE", "PACKAGE_ENUM_NO_DELETE", "FIELD_WIRE_COMPATIBLE_TYPE"],
        apply: |schema, dice| {
            with_enum(schema, dice, |schema, scope, index, dice| {
                let mut it = schema.scope(&scope).enums.remove(index);
                if dice.percent(30) {
                    it.values.push((fresh("V", dice), 77));
                }
                if dice.percent(20) && it.values.len() > 1 {
                    it.values.pop();
                }
                let old = join(&schema.name_of(&scope), &it.name);
                let to = dice.of(&schema.scopes().iter().map(Vec::as_slice).collect::<Vec<_>>()).to_vec();
                let new = join(&schema.name_of(&to), &it.name);
                schema.scope(&to).enums.push(it);
                schema.rename(&old, &new);
            });
        },
    },
    Edit {
        name: "delete an enum value",
        rules: &[
            "ENUM_VALUE_NO_DELETE",
            "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED",
            "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
        ],
        apply: |schema, dice| {
            with_enum(schema, dice, |schema, scope, index, dice| {
                let it = &mut schema.scope(&scope).enums[index];
                let (name, number) = it.values.remove(dice.below(it.values.len()));
                if dice.percent(30) {
                    it.reserved_names.push(name);
                }
                if dice.percent(30) {
                    it.reserved.push((number, number));
                }
            });
        },
    },
    Edit {
        name: "delete every value of a number",
        rules: &["ENUM_VALUE_NO_DELETE", "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED"],
        apply: |schema, dice| {
            with_enum(schema, dice, |schema, scope, index, dice| {
                let it = &mut schema.scope(&scope).enums[index];
                let number = it.values[dice.below(it.values.len())].1;
                let gone: Vec<_> = it.values.extract_if(.., |value| value.1 == number).collect();
                let reserved = dice.below(gone.len() + 1);
                it.reserved_names.extend(gone.into_iter().take(reserved).map(|value| value.0));
            });
        },
    },
    Edit {
        name: "rename an enum value",
        rules: &["ENUM_VALUE_SAME_NAME"],
        apply: |schema, dice| {
            with_enum(schema, dice, |schema, scope, index, dice| {
                let name = fresh("V", dice);
                let values = &mut schema.scope(&scope).enums[index].values;
                let which = dice.below(values.len());
                values[which].0 = name;
            });
        },
    },
    Edit {
        name: "renumber an enum value",
        rules: &["ENUM_VALUE_NO_DELETE", "ENUM_VALUE_SAME_NAME"],
        apply: |schema, dice| {
            with_enum(schema, dice, |schema, scope, index, dice| {
                let values = &mut schema.scope(&scope).enums[index].values;
                let which = dice.below(values.len());
                values[which].1 = dice.number(-3, 10);
            });
        },
    },
    Edit {
        name: "add an alias",
        rules: &["ENUM_VALUE_SAME_NAME"],
        apply: |schema, dice| {
            with_enum(schema, dice, |schema, scope, index, dice| {
                let name = fresh("V", dice);
                let values = &mut schema.scope(&scope).enums[index].values;
                let number = values[dice.below(values.len())].1;
                values.insert(dice.below(values.len() + 1), (name, number));
                // With one of the names it had gone, now and then.
                if let Some(which) =
                    values.iter().position(|value| value.1 == number).filter(|_| number % 2 == 0)
                {
                    values.remove(which);
                }
            });
        },
    },
    Edit {
        name: "put enum values into another order",
        rules: &["FIELD_SAME_DEFAULT"],
        apply: |schema, dice| {
            with_enum(schema, dice, |schema, scope, index, dice| {
                let values = &mut schema.scope(&scope).enums[index].values;
                let by = dice.below(values.len());
                values.rotate_left(by);
            });
        },
    },
    Edit {
        name: "swap the names of two enum values",
        rules: &["ENUM_VALUE_SAME_NAME"],
        apply: |schema, dice| {
            with_enum(schema, dice, |schema, scope, index, dice| {
                let values = &mut schema.scope(&scope).enums[index].values;
                let (one, two) = (dice.below(values.len()), dice.below(values.len()));
                (values[one].1, values[two].1) = (values[two].1, values[one].1);
            });
        },
    },
    Edit {
        name: "reserve less in an enum",
        rules: &["RESERVED_ENUM_NO_DELETE"],
        apply: |schema, dice| {
            let mut all = schema.enums();
            all.retain(|(scope, index)| !schema.scope(scope).enums[*index].reserved.is_empty());
            if let Some((scope, index)) = dice.pick(&all) {
                let it = &mut schema.scope(scope).enums[*index];
                less_range(&mut it.reserved, dice);
                if dice.percent(50) {
                    it.reserved_names.pop();
                }
            }
        },
    },
];
