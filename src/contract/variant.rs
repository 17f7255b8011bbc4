//! The ways to send one request that are no case of their own: encodings and framings that mean the same,
//! metadata nobody asked for, and headers that break a rule of gRPC over HTTP/2.
//!
//! A variant is found by class and label, so that a saved case needs neither.

use std::time::Duration;

use bytes::Bytes;

use super::{class::Class, judge::unknown_fields, plan::Method, wire};
use crate::client::{Step, frame};

pub(super) struct Variant {
    pub class: Class,
    pub label: &'static str,
    /// From the encoded messages to what is sent.
    pub script: fn(&[Vec<u8>], &Method) -> Vec<Step>,
    pub headers: &'static [(&'static str, &'static [u8])],
}

pub(super) fn find(class: Class, label: &str) -> Option<&'static Variant> {
    VARIANTS.iter().find(|variant| variant.class == class && variant.label == label)
}

pub(super) fn of(class: Class) -> impl Iterator<Item = &'static Variant> {
    VARIANTS.iter().filter(move |variant| variant.class == class)
}

/// One message after the other, and half-close.
pub(super) fn plain(messages: &[Vec<u8>], _: &Method) -> Vec<Step> {
    let sends = messages.iter().map(|message| Step::Send(Bytes::copy_from_slice(message)));
    sends.chain([Step::HalfClose]).collect()
}

static VARIANTS: &[Variant] = &[
    body(Class::UnknownFields, "unknown fields", |messages, method| {
        let suffix = unknown_fields(method);
        plain(&messages.iter().map(|message| [&message[..], &suffix].concat()).collect::<Vec<_>>(), method)
    }),
    body(Class::Encoding, "fields in the opposite order", |m, method| rewritten(m, method, wire::reversed)),
    body(Class::Encoding, "each scalar twice, of which the last counts", |m, method| {
        rewritten(m, method, wire::twice)
    }),
    body(Class::Encoding, "varints longer than they need be", |m, method| {
        rewritten(m, method, wire::overlong)
    }),
    body(Class::Encoding, "packed lists unpacked and the others packed", |m, method| {
        rewritten(m, method, wire::repacked)
    }),
    body(Class::Encoding, "messages inside in two parts", |m, method| rewritten(m, method, wire::split)),
    body(Class::Encoding, "default values written out", |m, method| rewritten(m, method, wire::defaults)),
    body(Class::Framing, "one byte in each DATA frame", |messages, _| {
        let single = |byte: &u8| Step::Raw(Bytes::copy_from_slice(&[*byte]));
        framed(messages).iter().map(single).chain([Step::HalfClose]).collect()
    }),
    body(Class::Framing, "END_STREAM on a frame of its own", |messages, _| {
        let sends = messages.iter().map(|message| Step::Send(Bytes::copy_from_slice(message)));
        sends.chain([Step::Pause(Duration::ZERO), Step::HalfClose]).collect()
    }),
    body(Class::Framing, "all messages in one DATA frame", |messages, _| {
        vec![Step::Raw(framed(messages).into()), Step::HalfClose]
    }),
    body(Class::Framing, "the prefix in a DATA frame of its own", |messages, _| {
        let apart = |message: &Vec<u8>| {
            let framed = frame(message);
            [Step::Raw(framed.slice(..5)), Step::Raw(framed.slice(5..))]
        };
        messages.iter().flat_map(apart).chain([Step::HalfClose]).collect()
    }),
    head(
        Class::Metadata,
        "metadata in ASCII",
        &[("x-protogate", b"a b;c,d=\"e\"~"), ("x-protogate", b"again")],
    ),
    head(Class::Metadata, "binary metadata", &[("x-protogate-bin", &[0, 1, 0xfe, 0xff])]),
    head(
        Class::Metadata,
        "binary metadata that base64 pads",
        &[("x-protogate-bin", b"=a"), ("x-other-bin", b"")],
    ),
    // An empty value leaves the header out.
    head(Class::Metadata, "no deadline", &[("grpc-timeout", b"")]),
    head(Class::Metadata, "2 KiB of metadata", &[("x-protogate", &[b'x'; 2048])]),
    head(Class::ContentType, "content-type text/plain", &[("content-type", b"text/plain")]),
    head(Class::Verb, "GET", &[(":method", b"GET")]),
    head(Class::Compression, "an unknown grpc-encoding", &[("grpc-encoding", b"protogate")]),
    head(Class::BadTimeout, "grpc-timeout: abc", &[("grpc-timeout", b"abc")]),
];

const fn body(class: Class, label: &'static str, script: fn(&[Vec<u8>], &Method) -> Vec<Step>) -> Variant {
    Variant { class, label, script, headers: &[] }
}

const fn head(
    class: Class,
    label: &'static str,
    headers: &'static [(&'static str, &'static [u8])],
) -> Variant {
    Variant { class, label, script: plain, headers }
}

fn rewritten(
    messages: &[Vec<u8>],
    method: &Method,
    rewrite: fn(&[wire::Field], &prost_reflect::MessageDescriptor) -> Vec<wire::Field>,
) -> Vec<Step> {
    let rewrite = |message: &Vec<u8>| match wire::fields(message) {
        Some(fields) => wire::join(&rewrite(&fields, &method.desc.input())),
        None => message.clone(),
    };
    plain(&messages.iter().map(rewrite).collect::<Vec<_>>(), method)
}

fn framed(messages: &[Vec<u8>]) -> Vec<u8> {
    messages.iter().flat_map(|message| frame(message)).collect()
}
