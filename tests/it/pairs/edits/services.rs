//! Edits of services and their methods.

use super::super::dice::Dice;
use super::super::draw::LEVELS;
use super::super::schema::{Method, Schema, Service};
use super::{Edit, fresh};

fn with_service(schema: &mut Schema, dice: &mut Dice, edit: impl FnOnce(&mut Service, &mut Dice)) {
    let mut all: Vec<&mut Service> = schema.files.iter_mut().flat_map(|it| &mut it.services).collect();
    if !all.is_empty() {
        let index = dice.below(all.len());
        edit(all[index], dice);
    }
}

fn with_method(schema: &mut Schema, dice: &mut Dice, edit: impl FnOnce(&mut Method, &mut Dice)) {
    let services = schema.files.iter_mut().flat_map(|it| &mut it.services);
    let mut all: Vec<&mut Method> = services.flat_map(|it| &mut it.methods).collect();
    if !all.is_empty() {
        let index = dice.below(all.len());
        edit(all[index], dice);
    }
}

/// A message that a method may take or return.
fn message(schema: &Schema, dice: &mut Dice) -> String {
    let all: Vec<String> = schema.types().into_iter().filter(|it| it.1.1.is_none()).map(|it| it.0).collect();
    dice.pick(&all).cloned().unwrap_or_else(|| "google.protobuf.Empty".to_owned())
}

pub const EDITS: &[Edit] = &[
    Edit {
        name: "delete a service",
        rules: &["SERVICE_NO_DELETE", "PACKAGE_SERVICE_NO_DELETE"],
        apply: |schema, dice| {
            let all: Vec<String> =
                schema.files.iter().flat_map(|it| &it.services).map(|it| it.name.clone()).collect();
            if let Some(gone) = dice.pick(&all) {
                schema.files.iter_mut().for_each(|it| it.services.retain(|it| it.name != *gone));
            }
        },
    },
    Edit {
        name: "rename a service",
        rules: &["SERVICE_NO_DELETE", "PACKAGE_SERVICE_NO_DELETE"],
        apply: |schema, dice| with_service(schema, dice, |it, dice| it.name = fresh("S", dice)),
    },
    Edit {
        name: "move a service to another file",
        rules: &["SERVICE_NO_DELETE", "PACKAGE_SERVICE_NO_DELETE"],
        apply: |schema, dice| {
            if let Some(it) = schema.files.iter_mut().find_map(|it| it.services.pop()) {
                let to = dice.below(schema.files.len());
                schema.files[to].services.push(it);
            }
        },
    },
    Edit {
        name: "delete a method",
        rules: &["RPC_NO_DELETE"],
        apply: |schema, dice| {
            with_service(schema, dice, |it, dice| {
                if !it.methods.is_empty() {
                    it.methods.remove(dice.below(it.methods.len()));
                }
            });
        },
    },
    Edit {
        name: "rename a method",
        rules: &["RPC_NO_DELETE"],
        apply: |schema, dice| with_method(schema, dice, |it, dice| it.name = fresh("R", dice)),
    },
    Edit {
        name: "put methods into another order",
        rules: &["RPC_NO_DELETE"],
        apply: |schema, dice| with_service(schema, dice, |it, _| it.methods.reverse()),
    },
    Edit {
        name: "another request type",
        rules: &["RPC_SAME_REQUEST_TYPE"],
        apply: |schema, dice| {
            let name = message(schema, dice);
            with_method(schema, dice, |it, _| it.input = name);
        },
    },
    Edit {
        name: "another response type",
        rules: &["RPC_SAME_RESPONSE_TYPE"],
        apply: |schema, dice| {
            let name = message(schema, dice);
            with_method(schema, dice, |it, _| it.output = name);
        },
    },
    Edit {
        name: "the client streams, or not any more",
        rules: &["RPC_SAME_CLIENT_STREAMING"],
        apply: |schema, dice| with_method(schema, dice, |it, _| it.client_streaming = !it.client_streaming),
    },
    Edit {
        name: "the server streams, or not any more",
        rules: &["RPC_SAME_SERVER_STREAMING"],
        apply: |schema, dice| with_method(schema, dice, |it, _| it.server_streaming = !it.server_streaming),
    },
    Edit {
        name: "another idempotency level",
        rules: &["RPC_SAME_IDEMPOTENCY_LEVEL"],
        apply: |schema, dice| {
            with_method(schema, dice, |it, dice| it.idempotency = dice.percent(70).then(|| dice.of(LEVELS)));
        },
    },
];
