//! The grammar of RFC 3986, with the zones of RFC 6874.

use percent_encoding::percent_decode_str;

use super::forms::{is_ipv4, is_ipv6};

/// A scheme and what follows it.
pub(super) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let starts = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
    starts && scheme.bytes().all(of_scheme) && rest_of(rest, is_path)
}

/// A reference without a scheme.
pub(super) fn is_relative(text: &str) -> bool {
    let no_scheme = |path: &str| is_path(path) && !path.split('/').next().is_some_and(|it| it.contains(':'));
    rest_of(text, no_scheme)
}

fn rest_of(text: &str, path_without_authority: impl Fn(&str) -> bool) -> bool {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (text, query) = text.split_once('?').unwrap_or((text, ""));
    let of_query = |text: &str| is_made_of(text, b"!$&'()*+,;=:@/?");
    let hier = match text.strip_prefix("//") {
        Some(rest) => {
            let at = rest.find('/').unwrap_or(rest.len());
            is_authority(&rest[..at]) && is_path_text(&rest[at..])
        }
        None => path_without_authority(text),
    };
    hier && of_query(query) && of_query(fragment)
}

fn is_path(text: &str) -> bool {
    is_path_text(text) && !text.starts_with("//")
}

fn is_path_text(text: &str) -> bool {
    is_made_of(text, b"!$&'()*+,;=:@/")
}

/// Unreserved characters, escapes, and these.
fn is_made_of(text: &str, others: &[u8]) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fine = match byte {
            b'%' => {
                [bytes.next(), bytes.next()].into_iter().all(|it| it.is_some_and(|it| it.is_ascii_hexdigit()))
            }
            byte => byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || others.contains(&byte),
        };
        if !fine {
            return false;
        }
    }
    true
}

fn is_authority(text: &str) -> bool {
    let (user, host_and_port) = text.rsplit_once('@').unwrap_or(("", text));
    let (host, port) = match host_and_port.rfind(']') {
        Some(at) => match host_and_port[at + 1..].strip_prefix(':') {
            Some(port) => (&host_and_port[..=at], port),
            None => (host_and_port, ""),
        },
        None => host_and_port.rsplit_once(':').unwrap_or((host_and_port, "")),
    };
    is_made_of(user, b"!$&'()*+,;=:") && port.bytes().all(|byte| byte.is_ascii_digit()) && is_host(host)
}

fn is_host(host: &str) -> bool {
    let is_text = |text: &str| percent_decode_str(text).decode_utf8().is_ok();
    let Some(literal) = host.strip_prefix('[') else {
        return is_ipv4(host) || (is_made_of(host, b"!$&'()*+,;=") && is_text(host));
    };
    let Some(literal) = literal.strip_suffix(']') else { return false };
    if let Some(future) = literal.strip_prefix(['v', 'V']) {
        let Some((version, address)) = future.split_once('.') else { return false };
        let hex = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_hexdigit());
        return hex && !address.is_empty() && !address.contains('%') && is_made_of(address, b"!$&'()*+,;=:");
    }
    match literal.split_once('%') {
        Some((address, zone)) => {
            let zone = zone.strip_prefix("25").unwrap_or_default();
            !zone.is_empty() && is_made_of(zone, b"") && is_text(zone) && is_ipv6(address)
        }
        None => is_ipv6(literal),
    }
}
