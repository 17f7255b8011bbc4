//! The well-known forms of strings and bytes.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::uri;

#[cfg(test)]
mod tests;

/// A form of text or bytes. The variants are named as the rules of `buf.validate`.
#[expect(missing_docs, reason = "named as the rules are")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Email,
    Hostname,
    Ip,
    Ipv4,
    Ipv6,
    Uri,
    UriRef,
    Address,
    Uuid,
    Tuuid,
    IpWithPrefix,
    Ipv4WithPrefix,
    Ipv6WithPrefix,
    IpPrefix,
    Ipv4Prefix,
    Ipv6Prefix,
    HostAndPort,
    Ulid,
    Fqn,
    DotFqn,
    HeaderName { strict: bool },
    HeaderValue { strict: bool },
    RawIp,
    RawIpv4,
    RawIpv6,
    RawUuid,
}

impl Form {
    /// The form that a rule of this family and name asks for.
    pub fn named(family: &str, name: &str) -> Option<Form> {
        Some(match (family, name) {
            ("string", "email") => Form::Email,
            ("string", "hostname") => Form::Hostname,
            ("string", "ip") => Form::Ip,
            ("string", "ipv4") => Form::Ipv4,
            ("string", "ipv6") => Form::Ipv6,
            ("string", "uri") => Form::Uri,
            ("string", "uri_ref") => Form::UriRef,
            ("string", "address") => Form::Address,
            ("string", "uuid") => Form::Uuid,
            ("string", "tuuid") => Form::Tuuid,
            ("string", "ip_with_prefixlen") => Form::IpWithPrefix,
            ("string", "ipv4_with_prefixlen") => Form::Ipv4WithPrefix,
            ("string", "ipv6_with_prefixlen") => Form::Ipv6WithPrefix,
            ("string", "ip_prefix") => Form::IpPrefix,
            ("string", "ipv4_prefix") => Form::Ipv4Prefix,
            ("string", "ipv6_prefix") => Form::Ipv6Prefix,
            ("string", "host_and_port") => Form::HostAndPort,
            ("string", "ulid") => Form::Ulid,
            ("string", "protobuf_fqn") => Form::Fqn,
            ("string", "protobuf_dot_fqn") => Form::DotFqn,
            ("bytes", "ip") => Form::RawIp,
            ("bytes", "ipv4") => Form::RawIpv4,
            ("bytes", "ipv6") => Form::RawIpv6,
            ("bytes", "uuid") => Form::RawUuid,
            _ => return None,
        })
    }

    /// Whether the value has it. An empty one breaks another rule, where it breaks one.
    pub fn fits(self, value: &[u8]) -> bool {
        if value.is_empty() {
            return true;
        }
        let raw = match self {
            Form::RawIp => [4, 16].contains(&value.len()),
            Form::RawIpv4 => value.len() == 4,
            Form::RawIpv6 | Form::RawUuid => value.len() == 16,
            _ => false,
        };
        raw || std::str::from_utf8(value).is_ok_and(|text| self.fits_text(text))
    }

    fn fits_text(self, text: &str) -> bool {
        match self {
            Form::Email => is_email(text),
            Form::Hostname => is_hostname(text),
            Form::Ip => is_ipv4(text) || is_ipv6(text),
            Form::Ipv4 => is_ipv4(text),
            Form::Ipv6 => is_ipv6(text),
            Form::Uri => uri::is_uri(text),
            Form::UriRef => uri::is_uri(text) || uri::is_relative(text),
            Form::Address => is_hostname(text) || is_ipv4(text) || is_ipv6(text),
            Form::Uuid => is_uuid(text),
            Form::Tuuid => text.len() == 32 && text.bytes().all(|it| it.is_ascii_hexdigit()),
            Form::IpWithPrefix => v4_prefix(text, false) || v6_prefix(text, false),
            Form::Ipv4WithPrefix => v4_prefix(text, false),
            Form::Ipv6WithPrefix => v6_prefix(text, false),
            Form::IpPrefix => v4_prefix(text, true) || v6_prefix(text, true),
            Form::Ipv4Prefix => v4_prefix(text, true),
            Form::Ipv6Prefix => v6_prefix(text, true),
            Form::HostAndPort => is_host_and_port(text, true),
            Form::Ulid => is_ulid(text),
            Form::Fqn => is_fqn(text),
            Form::DotFqn => text.strip_prefix('.').is_some_and(is_fqn),
            Form::HeaderName { strict: true } => {
                let name = text.strip_prefix(':').unwrap_or(text);
                !name.is_empty() && name.bytes().all(is_header_byte)
            }
            Form::HeaderValue { strict: true } => {
                !text.chars().any(|it| it != '\t' && (it < ' ' || it == '\u{7f}'))
            }
            Form::HeaderName { strict: false } | Form::HeaderValue { strict: false } => {
                !text.contains(['\0', '\n', '\r'])
            }
            Form::RawIp | Form::RawIpv4 | Form::RawIpv6 | Form::RawUuid => false,
        }
    }
}

fn is_header_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+,-.^_|~`".contains(&byte)
}

/// As a browser decides for `<input type="email">`.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let of_local = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    !local.is_empty() && local.bytes().all(of_local) && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let inside = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (1..=63).contains(&label.len()) && inside && !label.starts_with('-') && !label.ends_with('-')
}

pub(crate) fn is_hostname(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let all_digits = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    name.len() <= 253 && name.split('.').all(is_label) && !name.rsplit('.').next().is_some_and(all_digits)
}

pub(crate) fn is_ipv4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}

pub(crate) fn is_ipv6(text: &str) -> bool {
    match text.split_once('%') {
        Some((address, zone)) => {
            !zone.is_empty() && !zone.contains('\0') && address.parse::<Ipv6Addr>().is_ok()
        }
        None => text.parse::<Ipv6Addr>().is_ok(),
    }
}

fn v4_prefix(text: &str, network: bool) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let (Ok(address), Some(bits)) = (address.parse::<Ipv4Addr>(), number(bits, 32)) else { return false };
    let rest = u32::MAX.checked_shr(bits).unwrap_or(0);
    !network || address.to_bits() & rest == 0
}

fn v6_prefix(text: &str, network: bool) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let (Ok(address), Some(bits)) = (address.parse::<Ipv6Addr>(), number(bits, 128)) else { return false };
    let rest = u128::MAX.checked_shr(bits).unwrap_or(0);
    !network || address.to_bits() & rest == 0
}

/// A decimal number without a sign and without a zero before it.
fn number(text: &str, most: u32) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|number| plain && *number <= most)
}

/// `asks_port`: a host alone is none.
pub(crate) fn is_host_and_port(text: &str, asks_port: bool) -> bool {
    let is_port = |port: &str| number(port, 65_535).is_some();
    if let Some(rest) = text.strip_prefix('[') {
        let Some((address, port)) = rest.rsplit_once(']') else { return false };
        let fits = port.strip_prefix(':').map_or(port.is_empty() && !asks_port, is_port);
        return is_ipv6(address) && fits;
    }
    let is_host = |host: &str| is_hostname(host) || is_ipv4(host);
    match text.rsplit_once(':') {
        Some((host, port)) => is_host(host) && is_port(port),
        None => is_host(text) && !asks_port,
    }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.concat().bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Crockford's base 32 leaves four letters out; 26 of them hold 130 bits, and 128 are used.
fn is_ulid(text: &str) -> bool {
    let of_base = |byte: u8| byte.is_ascii_alphanumeric() && !b"ILOUilou".contains(&byte);
    text.len() == 26 && text.bytes().all(of_base) && text.starts_with(|first| ('0'..='7').contains(&first))
}

fn is_fqn(text: &str) -> bool {
    text.split('.').all(|part| {
        let inside = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        inside && part.starts_with(|first: char| !first.is_ascii_digit())
    })
}
