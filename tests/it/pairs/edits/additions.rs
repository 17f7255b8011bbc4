//! Edits that only add, and so break nobody.

use super::super::schema::{Enum, Field, File, Kind, Label, Message, Method, Service};
use super::{Edit, fresh, with_enum, with_file, with_message};

pub const EDITS: &[Edit] = &[
    Edit {
        name: "add a file",
        rules: &[],
        apply: |schema, dice| {
            let path = format!("{}.proto", fresh("n", dice));
            let package = dice.of(&["p", "q", "new.v2"]).to_owned();
            schema.files.push(File { path, package, ..File::default() });
        },
    },
    Edit {
        name: "add a message",
        rules: &[],
        apply: |schema, dice| {
            let name = fresh("M", dice);
            let first = dice.percent(50);
            if let Some(path) = dice.pick(&schema.scopes()).cloned() {
                let messages = &mut schema.scope(&path).messages;
                let at = if first { 0 } else { messages.len() };
                messages.insert(at, Message { name, ..Message::default() });
            }
        },
    },
    Edit {
        name: "add an enum",
        rules: &[],
        apply: |schema, dice| {
            let (name, value) = (fresh("E", dice), fresh("V", dice));
            if let Some(path) = dice.pick(&schema.scopes()).cloned() {
                let it = Enum { name, values: vec![(value, 0)], ..Enum::default() };
                schema.scope(&path).enums.insert(0, it);
            }
        },
    },
    Edit {
        name: "add a field",
        rules: &[],
        apply: |schema, dice| {
            with_message(schema, dice, |schema, path, dice| {
                let message = schema.message(&path);
                let oneofs: Vec<String> = message.fields.iter().filter_map(|it| it.oneof.clone()).collect();
                let mut field = Field::new(fresh("f", dice), dice.number(200, 50), Kind::Scalar("int32"));
                field.label = dice.of(&[Label::None, Label::Optional, Label::Repeated]);
                field.oneof = dice.pick(&oneofs).filter(|_| field.number % 2 == 0).cloned();
                let at = dice.below(message.fields.len() + 1);
                message.fields.insert(at, field);
            });
        },
    },
    Edit {
        name: "add a oneof",
        rules: &[],
        apply: |schema, dice| {
            with_message(schema, dice, |schema, path, dice| {
                let mut field = Field::new(fresh("f", dice), dice.number(250, 50), Kind::Scalar("string"));
                field.oneof = Some(fresh("x", dice));
                schema.message(&path).fields.insert(0, field);
            });
        },
    },
    Edit {
        name: "add a map",
        rules: &[],
        apply: |schema, dice| {
            with_message(schema, dice, |schema, path, dice| {
                let kind = Kind::Map("string", Box::new(Kind::Scalar("bytes")));
                schema.message(&path).fields.push(Field::new(fresh("f", dice), dice.number(300, 50), kind));
            });
        },
    },
    Edit {
        name: "add an enum value",
        rules: &[],
        apply: |schema, dice| {
            with_enum(schema, dice, |schema, scope, index, dice| {
                let it = (fresh("V", dice), dice.number(100, 50));
                schema.scope(&scope).enums[index].values.push(it);
            });
        },
    },
    Edit {
        name: "reserve more",
        rules: &[],
        apply: |schema, dice| {
            with_message(schema, dice, |schema, path, dice| {
                let name = fresh("r", dice);
                let message = schema.message(&path);
                message.reserved.insert(0, (900, 536_870_911));
                message.reserved_names.insert(0, name);
            });
        },
    },
    Edit {
        name: "add an extension range",
        rules: &[],
        apply: |schema, dice| {
            with_message(schema, dice, |schema, path, _| {
                schema.message(&path).extensions.insert(0, (400, 499))
            });
        },
    },
    Edit {
        name: "add a service",
        rules: &[],
        apply: |schema, dice| {
            with_file(schema, dice, |schema, file, dice| {
                let name = fresh("S", dice);
                schema.files[file].services.insert(0, Service { name, methods: Vec::new() });
            });
        },
    },
    Edit {
        name: "add a method",
        rules: &[],
        apply: |schema, dice| {
            with_file(schema, dice, |schema, file, dice| {
                let empty = "google.protobuf.Empty".to_owned();
                let (name, output) = (fresh("R", dice), empty.clone());
                let method = Method { name, input: empty, output, ..Method::default() };
                schema.files[file].services.iter_mut().for_each(|it| it.methods.insert(0, method.clone()));
            });
        },
    },
];
