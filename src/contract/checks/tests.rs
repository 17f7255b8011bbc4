//! Every check over exchanges as data: what it says, and what it stays silent on.

use bytes::Bytes;

use super::*;
use crate::schema::{Source, load};

fn method(name: &str) -> Method {
    let schema = load(&Source::Directory("proto".into())).schema;
    let service = schema.pool().get_service_by_name("user.UserService").unwrap();
    Method::new(service.methods().find(|method| method.name() == name).unwrap())
}

/// `end status [messages…]` as an exchange.
fn exchange(end: End, status: &str, messages: &[&[u8]]) -> Exchange {
    let pair = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    Exchange {
        http_status: Some(200),
        headers: vec![pair("content-type", "application/grpc+proto")],
        messages: messages.iter().map(|bytes| (0, Bytes::copy_from_slice(bytes))).collect(),
        leftover: Bytes::new(),
        trailers: if status.is_empty() { vec![] } else { vec![pair("grpc-status", status)] },
        end,
        t_headers: None,
        arrivals: Vec::new(),
        unread: 0,
        elapsed: Duration::from_millis(1),
    }
}

/// The names and causes of all checks that fail for this exchange.
fn failing(name: &str, class: Class, exchange: &Exchange) -> Vec<String> {
    let method = method(name);
    let base = [self::exchange(End::Trailers, "0", &[b""]), self::exchange(End::Trailers, "5", &[])];
    let deadline = Duration::from_secs(1);
    let seen = Seen {
        method: &method,
        exchange,
        base: &base,
        alive: true,
        deadline,
        class,
        label: "",
        secrets: &[],
    };
    let checks = CHECKS.iter().filter(|check| check.applies.contains(&class) && check.level != Level::Strict);
    checks
        .filter_map(|check| match (check.check)(&seen) {
            Verdict::Fail { cause, .. } => Some(format!("{}/{cause}", check.info.name)),
            _ => None,
        })
        .collect()
}

#[test]
fn one_cause_gives_one_finding() {
    use Class::{Malformed, UnknownFields, UnknownMethod, Valid};
    let ok = || exchange(End::Trailers, "0", &[b""]);
    let html = Exchange { http_status: Some(502), headers: vec![], ..exchange(End::NoTrailers, "", &[]) };
    let cut = Exchange { leftover: Bytes::from_static(&[0, 0]), ..exchange(End::Trailers, "0", &[]) };
    let silent: &[&str] = &[];
    for (name, class, exchange, expected) in [
        ("GetUser", Valid, ok(), silent),
        ("GetUser", Valid, exchange(End::TrailersOnly, "5", &[]), silent),
        ("GetUser", Valid, exchange(End::TrailersOnly, "13", &[]), &["not_a_server_error/INTERNAL"]),
        ("GetUser", Valid, exchange(End::TrailersOnly, "42", &[]), &["grpc_envelope/BAD_STATUS"]),
        ("GetUser", Valid, exchange(End::NoTrailers, "", &[b""]), &["grpc_envelope/NO_TRAILERS"]),
        ("GetUser", Valid, html, &["grpc_envelope/HTTP_STATUS"]),
        ("GetUser", Valid, exchange(End::Reset(8), "", &[]), &["no_transport_abort/RST_STREAM(CANCEL)"]),
        ("GetUser", Valid, exchange(End::Closed("eof".into()), "", &[]), &["no_transport_abort/CLOSED"]),
        ("GetUser", Valid, exchange(End::Hang, "", &[]), &["always_terminates/HANG"]),
        ("GetUser", Valid, exchange(End::Trailers, "0", &[]), &["response_cardinality/NONE"]),
        ("GetUser", Valid, exchange(End::Trailers, "0", &[b"", b""]), &["response_cardinality/MANY"]),
        (
            "GetUser",
            Valid,
            exchange(End::Trailers, "5", &[b""]),
            &["error_without_message/MESSAGE_AND_ERROR"],
        ),
        (
            "GetUser",
            Valid,
            exchange(End::Trailers, "0", &[b"\x0a\x01\xff"]),
            &["response_decodes/UNDECODABLE"],
        ),
        ("GetUser", Valid, cut, &["response_decodes/TRUNCATED"]),
        ("ListUsers", Valid, exchange(End::Trailers, "0", &[b"", b""]), silent),
        ("ListUsers", Valid, exchange(End::Hang, "", &[b"", b""]), silent),
        ("ListUsers", Valid, exchange(End::Hang, "", &[b""]), &["always_terminates/HANG"]),
        ("GetUser", UnknownMethod, exchange(End::TrailersOnly, "12", &[]), silent),
        ("GetUser", UnknownMethod, ok(), &["unknown_method_unimplemented/OK"]),
        ("GetUser", UnknownFields, ok(), silent),
        (
            "GetUser",
            UnknownFields,
            exchange(End::Trailers, "3", &[]),
            &["unknown_fields_ignored/INVALID_ARGUMENT"],
        ),
        ("GetUser", Malformed, exchange(End::TrailersOnly, "13", &[]), silent),
        ("GetUser", Malformed, exchange(End::Reset(2), "", &[]), silent),
        ("GetUser", Malformed, exchange(End::Hang, "", &[]), &["survives_malformed_input/HANG"]),
    ] {
        assert_eq!(failing(name, class, &exchange), expected, "{name} {class:?} {exchange:?}");
    }
}

#[test]
fn names_and_codes_select() {
    let select = |only: &[&str], skip: &[&str]| {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        select(&words(only), &words(skip), false)
    };
    assert!(select(&[], &[]).unwrap().iter().all(|check| check.level != Level::Strict));
    assert_eq!(select(&["pg101", "grpc_envelope"], &["PG103"]).unwrap()[0].info.name, "not_a_server_error");
    let error = select(&["grpc_envelop"], &[]).unwrap_err();
    assert_eq!(error.help.as_deref(), Some("did you mean `grpc_envelope`?"));
}

#[test]
fn codes_are_sorted_and_unique() {
    let ids: Vec<_> =
        CHECKS.iter().map(|check| check.info.id).chain(NOTES.iter().map(|note| note.id)).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
}
