//! Whether every method asks for the credentials it is given.

use std::time::Duration;

use bytes::Bytes;

use super::{Found, Level, Probe, Probing, Question, has_status};
use crate::{
    client::{Code, Exchange, Step, Transport},
    contract::Method,
    diag::RuleInfo,
    promise::contract::Auth,
    values,
};

pub(super) static PROBE: Probe = Probe {
    info: RuleInfo {
        id: "PG159",
        name: "ignored_auth",
        summary: "Without credentials, and with wrong ones, every method is UNAUTHENTICATED or PERMISSION_DENIED.",
        explain: "When the run has credentials (`--header authorization:…`, an API key, a cookie), each method of \
                  each kind of stream is called without them and with garbage, with an ordinary message, an \
                  empty one, one that names what does not exist, and one that does not parse. Anything but \
                  UNAUTHENTICATED or PERMISSION_DENIED is a hole: OK is open access, and NOT_FOUND or \
                  INVALID_ARGUMENT tell a stranger what exists and what is checked (AIP-131: permission is \
                  checked before existence). Bytes that do not parse may be INTERNAL, because some frameworks \
                  parse first. Methods that are meant for everybody are named by `public` under `[contract]`; \
                  health and reflection are not judged.\n\n\
                  Rust (tonic): a tower layer around the whole server, `Server::layer`, sees every kind of \
                  stream; `with_interceptor` covers one service only. Go: `grpc.StreamInterceptor` beside \
                  `grpc.UnaryInterceptor`; the unary one never sees a stream. Python: a server interceptor that \
                  handles all four kinds of handlers. Java: `ServerInterceptors.intercept` on every service, \
                  and `call.close` before the listener is started.",
        url: Some("https://google.aip.dev/211"),
    },
    level: Level::On,
    question: Question::Auth,
};

/// A method that denies does so at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// The ways to fail, worst first: a method is listed under its worst one only.
const CAUSES: [(&str, &str); 3] = [
    ("NO_CREDENTIALS", "called without credentials and not denied"),
    ("GARBAGE_CREDENTIALS", "called with garbage for credentials and not denied"),
    ("BEFORE_AUTH", "called without credentials, looked at the request before denying it"),
];

struct Hole {
    method: String,
    cause: usize,
    what: &'static str,
    seen: Exchange,
    script: Vec<Step>,
}

pub(super) async fn ask<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    let mut promised = strangers(probing).await;
    if !probing.metadata.iter().any(|(name, _)| is_credential(name)) {
        return promised;
    }
    let judged = probing.methods.iter().filter(|method| {
        let public = probing.options.public.iter().any(|glob| glob.is_match(&method.name))
            || probing.promised(method).is_some_and(|(_, of)| of.auth == Auth::None);
        let infrastructure = method.name.starts_with("grpc.");
        !public && !infrastructure
    });
    let mut holes = Vec::new();
    let mut asked = 0;
    for method in judged {
        let before = asked;
        let hole = look(probing, method, &mut asked).await;
        let auth = probing.promised(method).map(|(_, of)| of.auth);
        if let Some(id) = auth.and_then(rule).filter(|_| asked > before) {
            probing.tell(method, id, "auth: REQUIRED".to_owned(), Ok(hole.is_none()));
        }
        holes.extend(hole);
    }
    let found =
        CAUSES.iter().enumerate().filter_map(|(at, (cause, text))| found(&holes, at, cause, text, asked));
    promised.extend(found);
    promised
}

/// What a contract says of callers without credentials: `auth: NONE` lets them in, and REQUIRED and OWNER do not. The
/// latter is asked here only where the run has no credentials; with them, every method is asked for more than that.
async fn strangers<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    let known = probing.metadata.iter().any(|(name, _)| is_credential(name));
    let nobody: Vec<(String, Vec<u8>)> =
        probing.metadata.iter().filter(|(name, _)| !is_credential(name)).cloned().collect();
    let mut out = Vec::new();
    for (method, _, of) in probing.with_promises() {
        let (text, is_let_in) = match of.auth {
            Auth::None => ("auth: NONE", true),
            Auth::Required | Auth::Owner if !known => ("auth: REQUIRED", false),
            _ => continue,
        };
        let script = unary(probing.typical(method, 13).into());
        let deadline = probing.deadline.min(PATIENCE);
        let seen = probing.call_with(&method.path(), nobody.clone(), script.clone(), deadline).await;
        let Some(seen) = seen.filter(|it| !busy(it)) else { continue };
        let held = denied(&seen) != is_let_in;
        probing.tell(method, rule(of.auth).unwrap_or("auth"), text.to_owned(), Ok(held));
        if !held {
            let (cause, text) = match is_let_in {
                true => ("PUBLIC_DENIED", "is to be called without credentials, and was denied"),
                false => ("NO_CREDENTIALS", "called without credentials and not denied"),
            };
            let found = Found::new(&PROBE, cause, format!("{text}: {}", seen.outcome()));
            out.push(found.on(&method.name).after(&seen).sent("an ordinary message", &script));
        }
    }
    out
}

/// What a stranger is told is a rule of its own where the option promises more: that another caller's things are out of
/// reach is asked apart, under the name of the option.
fn rule(auth: Auth) -> Option<&'static str> {
    match auth {
        Auth::Required => Some("auth"),
        Auth::Owner => Some("auth/stranger"),
        _ => None,
    }
}

/// One cause is one finding, however many methods have it.
fn found(holes: &[Hole], at: usize, cause: &str, text: &str, asked: usize) -> Option<Found> {
    let these: Vec<&Hole> = holes.iter().filter(|hole| hole.cause == at).collect();
    let first = these.first()?;
    let message = match these.len() {
        1 => format!("{text}: {} ({})", first.seen.outcome(), first.what),
        count => {
            format!("{count} of {asked} methods, {text}, such as {} ({})", first.seen.outcome(), first.what)
        }
    };
    let mut found = Found::new(&PROBE, cause, message);
    found = found.on(&first.method).after(&first.seen).sent(first.what, &first.script);
    found.details = these
        .iter()
        .skip(1)
        .map(|hole| ("also".into(), format!("{}: {} ({})", hole.method, hole.seen.outcome(), hole.what)))
        .collect();
    Some(found)
}

async fn look<T: Transport>(probing: &Probing<'_, T>, method: &Method, asked: &mut usize) -> Option<Hole> {
    let deadline = probing.deadline.min(PATIENCE);
    let path = method.path();
    let plain = unary(probing.typical(method, 11).into());
    let with = probing.call_with(&path, probing.metadata.to_vec(), plain.clone(), deadline).await?;
    // Whom the credentials do not let in, nobody can tell from a stranger.
    if denied(&with) || busy(&with) {
        return None;
    }
    *asked += 1;
    let none: Vec<(String, Vec<u8>)> =
        probing.metadata.iter().filter(|(name, _)| !is_credential(name)).cloned().collect();
    let spoil = |how: fn(&[u8]) -> Vec<u8>| -> Vec<(String, Vec<u8>)> {
        let spoiled = probing.metadata.iter().map(|(name, value)| match is_credential(name) {
            true => (name.clone(), how(value)),
            false => (name.clone(), value.clone()),
        });
        spoiled.collect()
    };
    let (garbage, cut) = (spoil(spoiled), spoil(cut));
    let empty = unary(values::encode(&values::minimal(&method.desc.input())).into());
    let absent = unary(probing.typical(method, 12).into());
    let malformed = unary(Bytes::from_static(&[0xff]));
    for (cause, what, metadata, script) in [
        (0, "an ordinary message", &none, plain.clone()),
        (1, "an ordinary message", &garbage, plain.clone()),
        (1, "an ordinary message, and a credential without its last character", &cut, plain),
        (2, "the empty message", &none, empty),
        (2, "an id that does not exist", &none, absent),
        (2, "bytes that do not parse", &none, malformed),
    ] {
        let seen = probing.call_with(&path, metadata.clone(), script.clone(), deadline).await?;
        // Frameworks may parse before an interceptor is asked: that tells a stranger nothing.
        let parsed_first = what == "bytes that do not parse"
            && matches!(seen.status().code, Code::Internal | Code::Unknown | Code::InvalidArgument);
        if !denied(&seen) && !busy(&seen) && !parsed_first {
            // An answer about the request is a lesser hole than the thing itself.
            let told = has_status(&seen) && seen.status().code != Code::Ok && seen.messages.is_empty();
            let cause =
                if told && cause == 0 && refuses_elsewhere(probing, &path, &none, &empty_of(method)).await {
                    2
                } else {
                    cause
                };
            return Some(Hole { method: method.name.clone(), cause, what, seen, script });
        }
    }
    None
}

/// Whether the method denies at least some request: then it looks at credentials, only too late.
async fn refuses_elsewhere<T: Transport>(
    probing: &Probing<'_, T>,
    path: &str,
    metadata: &[(String, Vec<u8>)],
    script: &[Step],
) -> bool {
    let deadline = probing.deadline.min(PATIENCE);
    let seen = probing.call_with(path, metadata.to_vec(), script.to_vec(), deadline).await;
    seen.is_some_and(|seen| denied(&seen))
}

fn empty_of(method: &Method) -> Vec<Step> {
    unary(values::encode(&values::minimal(&method.desc.input())).into())
}

fn unary(message: Bytes) -> Vec<Step> {
    vec![Step::Send(message), Step::HalfClose]
}

/// Denied, and nothing shown before.
fn denied(exchange: &Exchange) -> bool {
    matches!(exchange.status().code, Code::Unauthenticated | Code::PermissionDenied)
        && exchange.messages.is_empty()
}

fn busy(exchange: &Exchange) -> bool {
    matches!(exchange.status().code, Code::Unavailable | Code::ResourceExhausted)
}

fn is_credential(name: &str) -> bool {
    ["authorization", "cookie", "token", "api-key", "apikey", "auth", "secret", "session"]
        .iter()
        .any(|part| name.to_ascii_lowercase().contains(part))
}

/// The same scheme and length, other letters: what a server that only looks for the header lets through.
/// A comparison of beginnings takes it for the whole.
fn cut(value: &[u8]) -> Vec<u8> {
    value[..value.len().saturating_sub(1)].to_vec()
}

fn spoiled(value: &[u8]) -> Vec<u8> {
    let start = value.iter().position(|byte| *byte == b' ').map_or(0, |at| at + 1);
    let turned = |byte: &u8| if *byte == b'x' { b'y' } else { b'x' };
    value.iter().take(start).copied().chain(value.iter().skip(start).map(turned)).collect()
}
