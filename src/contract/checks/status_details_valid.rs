//! Whether the details of an error can be used.

use super::{Check, Class, Level, Seen, Verdict, fail};
use prost_reflect::{Kind, MessageDescriptor};

use super::super::wire;
use crate::diag::RuleInfo;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG126",
        name: "status_details_valid",
        summary: "`grpc-status-details-bin` is a `google.rpc.Status` of the same code, and names fields that exist.",
        explain: "Clients read the violations of a `google.rpc.BadRequest` to mark the field in a form. \
                  Details that do not decode, contradict the status or name a field that is nowhere leave them \
                  without.\n\n\
                  Build details with the library of your language: `tonic-types` in Rust, `status.WithDetails` \
                  in Go, `grpcio-status` in Python, `StatusProto` in Java. Name fields by their path in the \
                  request, such as `address.zip` or `emails[0]`.",
        url: Some("https://google.aip.dev/193"),
    },
    applies: &[Class::Valid, Class::Invalid, Class::EmptyStream, Class::UnknownEnum],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let Some(raw) = seen.exchange.trailer("grpc-status-details-bin") else { return Verdict::Pass };
    let Some(fields) = wire::fields(raw) else {
        return fail("UNDECODABLE", "grpc-status-details-bin is no google.rpc.Status");
    };
    let status = seen.exchange.status();
    let code = fields.iter().rev().find(|field| field.number == CODE).map_or(Some(0), wire::Field::as_u64);
    if code != Some(u64::from(status.code.number())) {
        let message = format!("the details have another code than grpc-status, which is {}", status.code);
        return fail("CODE", message);
    }
    for any in fields.iter().filter(|field| field.number == DETAILS) {
        let Some(parts) = wire::fields(&any.payload) else {
            return fail("UNDECODABLE", "a detail of the status is no google.protobuf.Any");
        };
        let part = |number| parts.iter().rev().find(|field| field.number == number).map(|it| &it.payload[..]);
        if part(1).is_some_and(|url| url.ends_with(b"google.rpc.BadRequest")) {
            let Some(bad_request) = wire::fields(part(2).unwrap_or_default()) else {
                return fail("UNDECODABLE", "the google.rpc.BadRequest of the status does not decode");
            };
            for violation in &bad_request {
                let path = wire::fields(&violation.payload);
                let path = path.and_then(|it| it.into_iter().find(|field| field.number == 1));
                let path =
                    path.map(|it| String::from_utf8_lossy(&it.payload).into_owned()).unwrap_or_default();
                if !path.is_empty() && !resolves(&path, &seen.method.desc.input()) {
                    let input = seen.method.desc.input();
                    let message = format!(
                        "the status names the field `{path}`, which `{}` does not have",
                        input.full_name()
                    );
                    return fail("FIELD", message);
                }
            }
        }
    }
    Verdict::Pass
}

/// Field numbers of `google.rpc.Status`.
const CODE: u32 = 1;
const DETAILS: u32 = 3;

/// Whether a path such as `users[0].address.zip` leads somewhere, by names of the schema or of JSON.
fn resolves(path: &str, desc: &MessageDescriptor) -> bool {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let name = first.split('[').next().unwrap_or(first);
    let Some(field) = desc.get_field_by_name(name).or_else(|| desc.get_field_by_json_name(name)) else {
        return desc.oneofs().any(|oneof| oneof.name() == name);
    };
    match field.kind() {
        Kind::Message(inner) if !rest.is_empty() && !field.is_map() => resolves(rest, &inner),
        _ => true,
    }
}
