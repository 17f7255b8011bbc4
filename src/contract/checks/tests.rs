//! Every check over exchanges as data: what it says, and what it stays silent on.

use bytes::Bytes;

use super::*;
use crate::schema::{Source, load};

fn method(name: &str) -> Method {
    let schema = super::super::tests::unruled();
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

/// The names and causes of the checks that fail by default for this exchange.
fn failing(name: &str, class: Class, exchange: &Exchange) -> Vec<String> {
    let strict =
        |found: &String| CHECKS.iter().any(|it| it.level == Level::Strict && found.starts_with(it.info.name));
    all_failing(name, class, exchange).into_iter().filter(|found| !strict(found)).collect()
}

/// The same with the strict ones.
fn all_failing(name: &str, class: Class, exchange: &Exchange) -> Vec<String> {
    let base = [self::exchange(End::Trailers, "0", &[b""]), self::exchange(End::Trailers, "5", &[])];
    failing_beside(&method(name), class, exchange, &base)
}

/// All that fail for this exchange beside those.
fn failing_beside(method: &Method, class: Class, exchange: &Exchange, base: &[Exchange]) -> Vec<String> {
    let deadline = Duration::from_secs(1);
    let secrets = [("authorization".to_owned(), b"Bearer s3cret-token".to_vec())];
    let seen = Seen {
        method,
        exchange,
        base,
        alive: true,
        deadline,
        class,
        label: "",
        secrets: &secrets,
        sent: &[],
        max_latency: None,
    };
    let checks = CHECKS.iter().filter(|check| check.applies.contains(&class));
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
    let at_deadline = Exchange { elapsed: Duration::from_secs(1), ..exchange(End::TrailersOnly, "4", &[]) };
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
        ("GetUser", Malformed, at_deadline, &["survives_malformed_input/UNANSWERED"]),
    ] {
        assert_eq!(failing(name, class, &exchange), expected, "{name} {class:?} {exchange:?}");
    }
}

/// Each check of a class of its own: what it fails on, and what it leaves alone.
#[test]
fn what_each_class_must_and_may_be_answered_with() {
    let ok = || exchange(End::Trailers, "0", &[b""]);
    let refused = |code: &str| exchange(End::TrailersOnly, code, &[]);
    let hang = || exchange(End::Hang, "", &[]);
    let slow = Exchange { elapsed: Duration::from_secs(2), ..refused("4") };
    let http415 = Exchange { http_status: Some(415), trailers: vec![], ..refused("") };
    for (name, class, exchange, expected) in [
        ("GetUser", Class::Malformed, ok(), "malformed_request_rejected/OK"),
        ("GetUser", Class::BadUtf8, ok(), "invalid_utf8_rejected/OK"),
        ("GetUser", Class::BadUtf8, refused("13"), ""),
        ("GetUser", Class::Truncated, ok(), "truncated_stream_not_ok/OK"),
        ("GetUser", Class::Truncated, refused("13"), ""),
        ("GetUser", Class::Cardinality, ok(), "request_cardinality/OK"),
        ("GetUser", Class::Cardinality, refused("12"), ""),
        ("GetUser", Class::Nesting, hang(), "recursion_limit/HANG"),
        ("GetUser", Class::Nesting, refused("13"), ""),
        ("GetUser", Class::UnknownEnum, refused("2"), "unknown_enum_tolerated/UNKNOWN"),
        ("GetUser", Class::UnknownEnum, refused("3"), ""),
        ("ImportUsers", Class::EmptyStream, refused("13"), "empty_request_stream/INTERNAL"),
        ("ImportUsers", Class::EmptyStream, hang(), "empty_request_stream/HANG"),
        ("ImportUsers", Class::EmptyStream, refused("3"), ""),
        ("Chat", Class::Valid, hang(), "half_close_terminates/HANG"),
        ("Chat", Class::Valid, refused("1"), "half_close_terminates/CANCELLED"),
        ("GetUser", Class::Valid, refused("12"), "method_implemented/UNIMPLEMENTED"),
        ("Chat", Class::Deadline, hang(), "deadline_respected/OPEN"),
        ("Chat", Class::Deadline, slow, "deadline_respected/LATE"),
        ("Chat", Class::Deadline, refused("4"), ""),
        (
            "Chat",
            Class::Deadline,
            exchange(End::Reset(2), "", &[]),
            "early_end_clean/RST_STREAM(INTERNAL_ERROR)",
        ),
        ("GetUser", Class::ContentType, ok(), "content_type_enforced/TAKEN"),
        ("GetUser", Class::ContentType, http415, ""),
        ("GetUser", Class::Verb, ok(), "http_method_enforced/OK"),
        ("GetUser", Class::Verb, exchange(End::Reset(1), "", &[]), ""),
        ("GetUser", Class::Compression, refused("13"), "compression_negotiation/INTERNAL"),
        ("GetUser", Class::Compression, refused("12"), ""),
        ("GetUser", Class::CompressedFlag, ok(), "compressed_flag_without_encoding/OK"),
        ("GetUser", Class::CompressedFlag, refused("13"), ""),
        ("GetUser", Class::BadTimeout, ok(), "timeout_header_strict/OK"),
        ("GetUser", Class::BadTimeout, refused("3"), ""),
    ] {
        let found = all_failing(name, class, &exchange);
        let expected: Vec<&str> = Some(expected).filter(|it| !it.is_empty()).into_iter().collect();
        assert_eq!(found, expected, "{name} {class:?} {exchange:?}");
    }
}

#[test]
fn what_an_error_says_is_read() {
    let with = |name: &str, value: &[u8]| {
        let mut refused = exchange(End::TrailersOnly, "3", &[]);
        refused.trailers.push((name.to_owned(), value.to_vec()));
        failing("GetUser", Class::Valid, &refused)
    };
    // google.rpc.Status { code: 3, details: [Any { type_url, value: BadRequest { field_violations: [{ field }] } }] }
    let details = |code: u8, field: &[u8]| {
        let part = |number: u8, bytes: &[u8]| [&[number << 3 | 2, bytes.len() as u8], bytes].concat();
        let violation = part(1, &part(1, field));
        let any = [part(1, b"x/google.rpc.BadRequest"), part(2, &violation)].concat();
        [vec![8, code], part(3, &any)].concat()
    };
    for (name, value, expected) in [
        ("grpc-message", b"not found: 100%25".to_vec(), ""),
        ("grpc-message", "n\u{e4}me".as_bytes().to_vec(), "error_message_wellformed/RAW"),
        ("grpc-message", b"%ff".to_vec(), "error_message_wellformed/NOT_UTF8"),
        ("grpc-message", b"thread 'main' panicked at a.rs".to_vec(), "error_message_leak/a panic"),
        ("grpc-message", b"SELECT * FROM users".to_vec(), "error_message_leak/SQL"),
        ("grpc-message", b"no Bearer s3cret-token here".to_vec(), "error_message_leak/a credential"),
        ("grpc-message", b"s3cret-token is not known".to_vec(), "error_message_leak/a credential"),
        ("grpc-message", b"a Bearer token is needed".to_vec(), ""),
        ("grpc-status-details-bin", details(3, b"id"), ""),
        ("grpc-status-details-bin", details(5, b"id"), "status_details_valid/CODE"),
        ("grpc-status-details-bin", details(3, b"ids"), "status_details_valid/FIELD"),
        ("grpc-status-details-bin", b"nonsense".to_vec(), "status_details_valid/UNDECODABLE"),
    ] {
        let expected: Vec<&str> = Some(expected).filter(|it| !it.is_empty()).into_iter().collect();
        assert_eq!(with(name, &value), expected, "{name} {}", value.escape_ascii());
    }
}

#[test]
fn replies_are_read_against_the_schema() {
    // Field 9 is nobody's.
    let unknown = exchange(End::Trailers, "0", &[b"\x4a\x01a"]);
    let found = failing("GetUser", Class::Valid, &unknown);
    assert_eq!(found, ["response_no_unknown_fields/user.UserResponse 9"]);
}

/// A stream that sends until the deadline is a watch, but for one that floods its client with the same although the
/// method ends elsewhere.
#[test]
fn only_a_flood_of_the_same_is_endless() {
    let stream = |count: u64, apart: Duration, texts: &[&[u8]]| {
        let replies: Vec<&[u8]> = texts.iter().copied().cycle().take(count as usize).collect();
        let arrivals: Vec<_> = (1..=count).map(|at| apart * at as u32).collect();
        let elapsed = Duration::from_secs(2);
        Exchange { arrivals, elapsed, ..exchange(End::Hang, "", &replies) }
    };
    let (quick, slow) = (Duration::from_micros(500), Duration::from_millis(20));
    let same: &[&[u8]] = &[b"\x0a\x01a", b"\x0a\x01b"];
    let others: Vec<Vec<u8>> =
        (0..4000u32).map(|n| [&[0x0a, 4][..], format!("{n:04}").as_bytes()].concat()).collect();
    let others: Vec<&[u8]> = others.iter().map(Vec::as_slice).collect();
    let ends = || vec![exchange(End::Trailers, "0", &[b""])];
    let refused = || vec![exchange(End::TrailersOnly, "5", &[])];
    for (flood, base, expected) in [
        (stream(4000, quick, same), ends(), "always_terminates/ENDLESS"),
        (Exchange { end: End::OverCap, ..stream(4000, quick, same) }, ends(), "always_terminates/ENDLESS"),
        // It may have no end at all.
        (stream(4000, quick, same), refused(), ""),
        (stream(4000, quick, same), vec![], ""),
        (stream(4000, quick, same), vec![stream(4000, quick, same)], ""),
        // A heartbeat, and a log that is written to.
        (stream(100, slow, same), ends(), ""),
        (stream(4000, quick, &others), ends(), ""),
        // It sent what there was, and is quiet.
        (stream(1000, quick, same), ends(), ""),
    ] {
        let found = failing_beside(&method("ListUsers"), Class::Valid, &flood, &base);
        assert_eq!(found.join(" "), expected, "{} messages", flood.messages.len());
    }
}

/// The checks that compare: the exchange, and what it is compared with.
#[test]
fn what_is_compared_must_be_alike() {
    let reply = |id: &str| {
        let bytes = [&[0x0a, id.len() as u8], id.as_bytes()].concat();
        exchange(End::Trailers, "0", &[&bytes])
    };
    let refused = |code: &str| exchange(End::TrailersOnly, code, &[]);
    let after = |ms: u64| Exchange { elapsed: Duration::from_millis(ms), ..reply("a") };
    let cancelled = || exchange(End::Cancelled, "", &[]);
    let calm = exchange(End::GoAway(11), "", &[]);
    let violation = exchange(End::Violation(3), "", &[]);
    let hang = || exchange(End::Hang, "", &[]);
    let pairs = |a: Exchange, b: Exchange| vec![a, b];
    use Class::{Backpressure, Cancel, Encoding, Framing, Metadata, Parallel, Repeat};
    for (name, class, base, exchange, expected) in [
        ("GetUser", Repeat, vec![reply("a")], reply("b"), "deterministic_read/CHANGED"),
        ("GetUser", Repeat, vec![reply("a")], refused("5"), "deterministic_read/CHANGED"),
        ("GetUser", Repeat, vec![reply("a")], reply("a"), ""),
        // It is not declared to read.
        ("CreateUser", Repeat, vec![reply("a")], reply("b"), ""),
        (
            "GetUser",
            Parallel,
            pairs(reply("a"), reply("a")),
            reply("b"),
            "concurrent_equals_sequential/CHANGED",
        ),
        // Others write meanwhile.
        ("GetUser", Parallel, pairs(reply("a"), reply("c")), reply("b"), ""),
        (
            "GetUser",
            Encoding,
            pairs(reply("a"), reply("a")),
            refused("3"),
            "encoding_invariance/INVALID_ARGUMENT",
        ),
        ("GetUser", Framing, pairs(reply("a"), reply("a")), reply("b"), "framing_invariance/RESPONSE"),
        ("GetUser", Metadata, pairs(reply("a"), reply("a")), refused("13"), "metadata_tolerant/INTERNAL"),
        ("GetUser", Metadata, pairs(reply("a"), reply("a")), reply("a"), ""),
        // What a server names anew each time is nothing to compare.
        ("CreateUser", Framing, pairs(reply("a"), reply("b")), reply("c"), ""),
        ("CreateUser", Framing, pairs(reply("a"), reply("a")), reply("c"), "framing_invariance/RESPONSE"),
        ("GetUser", Cancel, pairs(reply("a"), cancelled()), refused("13"), "cancel_survives/INTERNAL"),
        ("GetUser", Cancel, pairs(reply("a"), cancelled()), refused("5"), ""),
        ("GetUser", Cancel, pairs(reply("a"), cancelled()), calm, ""),
        ("Chat", Backpressure, pairs(after(1), after(590)), reply("a"), "sibling_isolation/BLOCKED"),
        ("Chat", Backpressure, pairs(after(1), after(5)), reply("a"), ""),
        ("Chat", Backpressure, pairs(after(590), after(590)), reply("a"), ""),
        (
            "Chat",
            Backpressure,
            pairs(after(1), after(1)),
            violation,
            "backpressure/VIOLATION(FLOW_CONTROL_ERROR)",
        ),
        ("Chat", Backpressure, pairs(after(1), after(1)), hang(), "backpressure/HANG"),
    ] {
        let found = failing_beside(&method(name), class, &exchange, &base);
        let expected: Vec<&str> = Some(expected).filter(|it| !it.is_empty()).into_iter().collect();
        assert_eq!(found, expected, "{name} {class:?} {exchange:?}");
    }
    let mut idempotent = method("UpdateUser");
    (idempotent.reads, idempotent.idempotent) = (false, true);
    let replayed =
        |third: &str| failing_beside(&idempotent, Repeat, &refused(third), &[reply("a"), reply("a")]);
    assert_eq!(replayed("9"), ["idempotent_replay/FAILED_PRECONDITION"]);
    assert!(replayed("5").is_empty(), "a second deletion finds nothing");
}

#[test]
fn replies_keep_to_their_type() {
    let failing = |syntax: &str, body: &str, reply: &[u8]| {
        let text = format!("syntax = \"{syntax}\"; service S {{ rpc Get(R) returns (R); }} {body}");
        let schema = load(&Source::Text(vec![("s.proto".into(), text)])).schema;
        let service = schema.pool().get_service_by_name("S").unwrap();
        let method = Method::new(service.methods().next().unwrap());
        failing_beside(&method, Class::Valid, &exchange(End::Trailers, "0", &[reply]), &[])
    };
    let open = "message R { E e = 1; repeated R more = 2; } enum E { Z = 0; }";
    assert!(failing("proto3", open, &[8, 0]).is_empty());
    assert_eq!(failing("proto3", open, &[8, 7]), ["response_enum_known/R.e"]);
    assert_eq!(failing("proto3", open, &[0x12, 2, 8, 7]), ["response_enum_known/R.e"], "also further in");
    let required = "message R { required int32 n = 1; }";
    assert!(failing("proto2", required, &[8, 1]).is_empty());
    assert_eq!(failing("proto2", required, &[]), ["response_required_present/R.n"]);
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
    let checks: Vec<_> = CHECKS.iter().map(|check| check.info.id).collect();
    let notes: Vec<_> = NOTES.iter().map(|note| note.id).collect();
    for ids in [&checks, &notes] {
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    }
    assert!(!notes.iter().any(|id| checks.contains(id)), "{notes:?}");
}
