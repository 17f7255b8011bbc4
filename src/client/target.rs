//! Where the server is: text in, host, port and whether it is TLS out. Opens no socket and resolves no name.

use std::{fmt, str::FromStr};

use http::uri::Authority;

use super::CallError;

/// The address of a server, as given by the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    authority: Authority,
    port: u16,
    tls: bool,
}

impl Target {
    /// The host as a resolver wants it: an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        let host = self.authority.host();
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the server is called in TLS.
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// `host:port`, as sent in `:authority`.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }
}

impl FromStr for Target {
    type Err = CallError;

    /// Takes `http://HOST:PORT`, `grpc://HOST:PORT` and `HOST:PORT`, and for TLS `https://HOST:PORT` and
    /// `grpcs://HOST:PORT`. `http://` and `https://` have default ports, 80 and 443.
    fn from_str(text: &str) -> Result<Self, CallError> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let (tls, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (false, Some(80)),
            "grpc" | "" => (false, None),
            "https" => (true, Some(443)),
            "grpcs" => (true, None),
            _ => return Err(CallError::target(text, "its scheme is none of http, https, grpc and grpcs")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#']) {
            return Err(CallError::target(text, "it has a path; methods are named apart"));
        }
        if rest.contains('@') {
            return Err(CallError::target(text, "it has credentials; pass them as metadata"));
        }
        let authority: Authority =
            rest.parse().map_err(|_| CallError::target(text, "its host or port is not well formed"))?;
        if authority.host().is_empty() {
            return Err(CallError::target(text, "its host is missing"));
        }
        let port = match (authority.port(), default_port) {
            (Some(port), _) if port.as_u16() != 0 => port.as_u16(),
            (None, Some(port)) if !rest.ends_with(':') => port,
            _ => return Err(CallError::target(text, "its port is missing")),
        };
        Ok(Target { authority, port, tls })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.tls { "https" } else { "http" }, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_spelling() {
        for (text, host, port, authority) in [
            ("http://localhost:50051", "localhost", 50051, "localhost:50051"),
            ("grpc://example.com:1/", "example.com", 1, "example.com:1"),
            ("127.0.0.1:8080", "127.0.0.1", 8080, "127.0.0.1:8080"),
            ("[::1]:50051", "::1", 50051, "[::1]:50051"),
            ("HTTP://h", "h", 80, "h"),
            ("https://h", "h", 443, "h"),
            ("grpcs://[::1]:8443", "::1", 8443, "[::1]:8443"),
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!(target.is_tls(), text.contains("s:"), "{text}");
            assert_eq!(target.to_string().parse::<Target>().unwrap(), target);
            assert_eq!((target.host(), target.port(), target.authority().as_str()), (host, port, authority));
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, problem) in [
            ("grpcs://h", "port is missing"),
            ("ftp://h:1", "scheme"),
            ("h", "port is missing"),
            ("grpc://h", "port is missing"),
            ("h:", "port is missing"),
            ("http://h:0", "port is missing"),
            (":50051", "host"),
            ("h:99999", "port"),
            ("h:1/pkg.Service/Method", "path"),
            ("user@h:1", "credentials"),
            ("", "well formed"),
        ] {
            let error = text.parse::<Target>().unwrap_err();
            assert!(error.is_bad_target());
            assert!(error.to_string().contains(problem), "{text}: {error}");
        }
    }
}
