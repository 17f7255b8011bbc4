//! What a test asks, in one phrase that begins with "must".

use super::{
    forms::Form,
    plain::Plain,
    test::{Bound, Test, Unit},
};

pub(super) fn describe(test: &Test) -> String {
    match test {
        Test::Const(it) => format!("must be {}", say(it)),
        Test::In(among) => format!("must be one of {}", all(among)),
        Test::NotIn(among) => format!("must be none of {}", all(among)),
        Test::Range { low, high } => range(low.as_ref(), high.as_ref()),
        Test::Finite => "must be finite".into(),
        Test::Length { unit, min, max } => length(*unit, *min, *max),
        Test::Pattern { declared, .. } => format!("must match `{}`", shown(declared)),
        Test::Prefix(it) => format!("must begin with {}", say(it)),
        Test::Suffix(it) => format!("must end with {}", say(it)),
        Test::Contains(it) => format!("must contain {}", say(it)),
        Test::NotContains(it) => format!("must not contain {}", say(it)),
        Test::Form(form) => format!("must be {}", name(*form)),
        Test::NotEmpty => "must not be empty".into(),
        Test::Defined(desc) => format!("must be a value that `{}` declares", desc.full_name()),
        Test::Past => "must be in the past".into(),
        Test::Future => "must be in the future".into(),
        Test::Within(nanos) => format!("must be within {} s of now", nanos / 1_000_000_000),
        Test::Unique => "must hold nothing twice".into(),
        Test::Covered(fields) => format!("must name fields within {}", all(fields)),
        Test::NotCovered(fields) => format!("must name no field within {}", all(fields)),
    }
}

fn range(low: Option<&Bound>, high: Option<&Bound>) -> String {
    let above =
        |it: &Bound| format!("{} {}", if it.inclusive { "at least" } else { "more than" }, say(&it.at));
    let below =
        |it: &Bound| format!("{} {}", if it.inclusive { "at most" } else { "less than" }, say(&it.at));
    match (low, high) {
        (Some(low), Some(high)) if high.at < low.at => format!("must be {} or {}", above(low), below(high)),
        (Some(low), Some(high)) => format!("must be {} and {}", above(low), below(high)),
        (Some(low), None) => format!("must be {}", above(low)),
        (None, Some(high)) => format!("must be {}", below(high)),
        (None, None) => "must be a number".into(),
    }
}

fn length(unit: Unit, min: Option<u64>, max: Option<u64>) -> String {
    let one = matches!((min, max), (Some(1), None | Some(1)) | (None, Some(1)));
    let unit = match unit {
        Unit::Characters if one => "character",
        Unit::Characters => "characters",
        Unit::Bytes if one => "byte",
        Unit::Bytes => "bytes",
        Unit::Elements if one => "element",
        Unit::Elements => "elements",
    };
    match (min, max) {
        (Some(min), Some(max)) if min == max => format!("must have exactly {min} {unit}"),
        (Some(min), Some(max)) => format!("must have {min} to {max} {unit}"),
        (Some(min), None) => format!("must have at least {min} {unit}"),
        (None, Some(max)) => format!("must have at most {max} {unit}"),
        (None, None) => format!("must have {unit}"),
    }
}

fn all(among: &[Plain]) -> String {
    const SHOWN: usize = 5;
    let mut shown: Vec<String> = among.iter().take(SHOWN).map(say).collect();
    if among.len() > SHOWN {
        shown.push(format!("{} more", among.len() - SHOWN));
    }
    shown.join(", ")
}

fn say(plain: &Plain) -> String {
    match plain {
        Plain::Int(it) => it.to_string(),
        Plain::Float(it) => it.to_string(),
        Plain::Bool(it) => it.to_string(),
        Plain::Text(it) => format!("{:?}", shown(it)),
        Plain::Bytes(it) => format!("b\"{}\"", shown(&it.escape_ascii().to_string())),
        Plain::Paths(paths) => shown(&paths.join(",")),
    }
}

/// Its beginning: a report is no place for a page of text.
fn shown(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn name(form: Form) -> &'static str {
    match form {
        Form::Email => "an email address",
        Form::Hostname => "a hostname",
        Form::Ip | Form::RawIp => "an IP address",
        Form::Ipv4 | Form::RawIpv4 => "an IPv4 address",
        Form::Ipv6 | Form::RawIpv6 => "an IPv6 address",
        Form::Uri => "a URI",
        Form::UriRef => "a URI reference",
        Form::Address => "a hostname or an IP address",
        Form::Uuid | Form::RawUuid => "a UUID",
        Form::Tuuid => "a UUID without dashes",
        Form::IpWithPrefix => "an IP address with a prefix length",
        Form::Ipv4WithPrefix => "an IPv4 address with a prefix length",
        Form::Ipv6WithPrefix => "an IPv6 address with a prefix length",
        Form::IpPrefix => "an IP network",
        Form::Ipv4Prefix => "an IPv4 network",
        Form::Ipv6Prefix => "an IPv6 network",
        Form::HostAndPort => "a host and a port",
        Form::Ulid => "a ULID",
        Form::Fqn => "a full name",
        Form::DotFqn => "a full name with a dot before it",
        Form::HeaderName { .. } => "the name of an HTTP header",
        Form::HeaderValue { .. } => "the value of an HTTP header",
    }
}
