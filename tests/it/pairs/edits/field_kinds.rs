//! Edits of the types, cardinalities and options of fields and extensions.

use super::super::draw::{CTYPES, JSTYPES};
use super::super::schema::{Kind, Label, MAP_KEYS, SCALARS};
use super::{Edit, with_field};

pub const EDITS: &[Edit] = &[
    Edit {
        name: "another scalar type",
        rules: &["FIELD_SAME_TYPE", "FIELD_WIRE_COMPATIBLE_TYPE", "FIELD_WIRE_JSON_COMPATIBLE_TYPE"],
        apply: |schema, dice| {
            let is_scalar = |kind: &Kind| matches!(kind, Kind::Scalar(_));
            with_field(
                schema,
                dice,
                |it| is_scalar(&it.kind),
                |schema, at, dice| {
                    schema.field(at).kind = Kind::Scalar(dice.of(SCALARS));
                },
            );
        },
    },
    Edit {
        name: "string and bytes change places",
        rules: &["FIELD_WIRE_COMPATIBLE_TYPE"],
        apply: |schema, dice| {
            let fits = |kind: &Kind| matches!(kind, Kind::Scalar("string" | "bytes"));
            with_field(
                schema,
                dice,
                |it| fits(&it.kind),
                |schema, at, _| {
                    let kind = &mut schema.field(at).kind;
                    *kind = Kind::Scalar(if *kind == Kind::Scalar("string") { "bytes" } else { "string" });
                },
            );
        },
    },
    Edit {
        name: "a type of the schema instead",
        rules: &["FIELD_SAME_TYPE", "FIELD_WIRE_COMPATIBLE_TYPE", "FIELD_WIRE_JSON_COMPATIBLE_TYPE"],
        apply: |schema, dice| {
            let types: Vec<String> = schema.types().into_keys().collect();
            with_field(
                schema,
                dice,
                |_| true,
                |schema, at, dice| {
                    if let Some(name) = dice.pick(&types) {
                        schema.field(at).kind = Kind::Named(name.clone());
                    }
                },
            );
        },
    },
    Edit {
        name: "a scalar instead of a type of the schema",
        rules: &["FIELD_SAME_TYPE", "FIELD_SAME_CARDINALITY"],
        apply: |schema, dice| {
            let fits = |kind: &Kind| !matches!(kind, Kind::Scalar(_));
            with_field(
                schema,
                dice,
                |it| fits(&it.kind),
                |schema, at, dice| {
                    schema.field(at).kind = Kind::Scalar(dice.of(&["int32", "bytes", "string"]));
                },
            );
        },
    },
    Edit {
        name: "a message becomes a group, or a group a message",
        rules: &["FIELD_SAME_TYPE"],
        apply: |schema, dice| {
            let fits = |kind: &Kind| matches!(kind, Kind::Group(_));
            with_field(
                schema,
                dice,
                |it| fits(&it.kind),
                |schema, at, _| {
                    let outer = schema.name_of(&at.scope);
                    let field = schema.field(at);
                    if let Kind::Group(name) = &field.kind {
                        field.kind = Kind::Named(format!("{outer}.{name}"));
                    }
                },
            );
        },
    },
    Edit {
        name: "another label",
        rules: &[
            "FIELD_SAME_CARDINALITY",
            "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
            "MESSAGE_SAME_REQUIRED_FIELDS",
        ],
        apply: |schema, dice| {
            with_field(
                schema,
                dice,
                |_| true,
                |schema, at, dice| {
                    let labels = [Label::None, Label::Optional, Label::Required, Label::Repeated];
                    schema.field(at).label = dice.of(&labels);
                },
            );
        },
    },
    Edit {
        name: "required, or not any more",
        rules: &["MESSAGE_SAME_REQUIRED_FIELDS"],
        apply: |schema, dice| {
            with_field(
                schema,
                dice,
                |it| it.label != Label::None,
                |schema, at, _| {
                    let label = &mut schema.field(at).label;
                    *label = if *label == Label::Required { Label::Optional } else { Label::Required };
                },
            );
        },
    },
    Edit {
        name: "a map instead",
        rules: &["FIELD_SAME_CARDINALITY", "FIELD_WIRE_COMPATIBLE_CARDINALITY"],
        apply: |schema, dice| {
            with_field(
                schema,
                dice,
                |_| true,
                |schema, at, dice| {
                    let value = match &schema.field(at).kind {
                        Kind::Map(_, value) => (**value).clone(),
                        Kind::Group(_) => Kind::Scalar("bool"),
                        kind => kind.clone(),
                    };
                    schema.field(at).kind = Kind::Map(dice.of(MAP_KEYS), Box::new(value));
                },
            );
        },
    },
    Edit {
        name: "no map any more",
        rules: &["MESSAGE_NO_DELETE", "FIELD_WIRE_COMPATIBLE_CARDINALITY"],
        apply: |schema, dice| {
            let is_map = |kind: &Kind| matches!(kind, Kind::Map(..));
            with_field(
                schema,
                dice,
                |it| is_map(&it.kind),
                |schema, at, dice| {
                    let field = schema.field(at);
                    if let Kind::Map(_, value) = &field.kind {
                        field.kind = (**value).clone();
                        field.label = dice.of(&[Label::Repeated, Label::None]);
                    }
                },
            );
        },
    },
    Edit {
        name: "another map key or value",
        rules: &["FIELD_SAME_TYPE"],
        apply: |schema, dice| {
            let is_map = |kind: &Kind| matches!(kind, Kind::Map(..));
            with_field(
                schema,
                dice,
                |it| is_map(&it.kind),
                |schema, at, dice| {
                    if let Kind::Map(key, value) = &mut schema.field(at).kind {
                        if dice.percent(50) {
                            *key = dice.of(MAP_KEYS);
                        } else {
                            **value = Kind::Scalar(dice.of(SCALARS));
                        }
                    }
                },
            );
        },
    },
    Edit {
        name: "another default",
        rules: &["FIELD_SAME_DEFAULT"],
        apply: |schema, dice| {
            with_field(
                schema,
                dice,
                |it| it.label != Label::Repeated,
                |schema, at, dice| {
                    let default = u8::try_from(dice.below(12)).expect("a small number");
                    schema.field(at).default = dice.percent(80).then_some(default);
                },
            );
        },
    },
    Edit {
        name: "a default goes",
        rules: &["FIELD_SAME_DEFAULT"],
        apply: |schema, dice| {
            with_field(
                schema,
                dice,
                |it| it.default.is_some(),
                |schema, at, _| schema.field(at).default = None,
            );
        },
    },
    Edit {
        name: "another jstype",
        rules: &["FIELD_SAME_JSTYPE"],
        apply: |schema, dice| {
            let fits = |kind: &Kind| matches!(kind, Kind::Scalar(name) if name.ends_with("64"));
            with_field(
                schema,
                dice,
                |it| fits(&it.kind),
                |schema, at, dice| {
                    schema.field(at).jstype = dice.percent(70).then(|| dice.of(JSTYPES));
                },
            );
        },
    },
    Edit {
        name: "another ctype",
        rules: &["FIELD_SAME_CPP_STRING_TYPE"],
        apply: |schema, dice| {
            let fits = |kind: &Kind| matches!(kind, Kind::Scalar("string" | "bytes"));
            with_field(
                schema,
                dice,
                |it| fits(&it.kind),
                |schema, at, dice| {
                    schema.field(at).ctype = dice.percent(70).then(|| dice.of(CTYPES));
                },
            );
        },
    },
];
