//! Edits of messages.

use super::super::schema::join;
use super::{Edit, fresh, less_range, with_message};

pub const EDITS: &[Edit] = &[
    Edit {
        name: "delete a message",
        rules: &["MESSAGE_NO_DELETE", "PACKAGE_MESSAGE_NO_DELETE"],
        apply: |schema, dice| {
            with_message(schema, dice, |schema, path, _| {
                let (last, outer) = path.split_last().expect("a message");
                schema.scope(outer).messages.remove(*last);
            });
        },
    },
    Edit {
        name: "rename a message",
        rules: &["MESSAGE_NO_DELETE", "PACKAGE_MESSAGE_NO_DELETE", "FIELD_SAME_TYPE"],
        apply: |schema, dice| {
            with_message(schema, dice, |schema, path, dice| {
                let old = schema.name_of(&path);
                schema.message(&path).name = fresh("M", dice);
                let new = schema.name_of(&path);
                schema.rename(&old, &new);
            });
        },
    },
    Edit {
        name: "move a message to another scope, also of another file",
        rules: &["MESSAGE_NO_DELETE", "PACKAGE_MESSAGE_NO_DELETE", "RPC_SAME_REQUEST_TYPE"],
        apply: |schema, dice| {
            with_message(schema, dice, |schema, path, dice| {
                let old = schema.name_of(&path);
                let (last, outer) = path.split_last().expect("a message");
                let it = schema.scope(outer).messages.remove(*last);
                // A file before its own can be used by all who used it.
                let mut scopes = schema.scopes();
                scopes.retain(|to| to.len() == 1 || dice.percent(40));
                let to = dice.pick(&scopes).cloned().unwrap_or_else(|| outer.to_vec());
                let new = join(&schema.name_of(&to), &it.name);
                schema.scope(&to).messages.push(it);
                schema.rename(&old, &new);
            });
        },
    },
    Edit {
        name: "put messages into another order",
        rules: &["MESSAGE_NO_DELETE"],
        apply: |schema, dice| {
            if let Some(path) = dice.pick(&schema.scopes()) {
                schema.scope(path).messages.reverse();
            }
        },
    },
    Edit {
        name: "no descriptor accessor any more",
        rules: &["MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR"],
        apply: |schema, dice| {
            with_message(schema, dice, |schema, path, dice| {
                schema.message(&path).no_accessor = dice.percent(80).then(|| dice.percent(75));
            });
        },
    },
    Edit {
        name: "reserve less in a message",
        rules: &["RESERVED_MESSAGE_NO_DELETE"],
        apply: |schema, dice| {
            let mut all = schema.messages();
            all.retain(|path| !schema.message(path).reserved.is_empty());
            if let Some(path) = dice.pick(&all) {
                let it = schema.message(path);
                less_range(&mut it.reserved, dice);
                if dice.percent(50) {
                    it.reserved_names.pop();
                }
            }
        },
    },
];
