//! Headers both ways: our call as an HTTP/2 request head, their header blocks as plain pairs.
//!
//! Follows "Requests" and "Custom-Metadata" of gRPC over HTTP/2. Judges nothing: a caller may break any header.

use std::time::Duration;

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version,
    header::{CONTENT_TYPE, TE, USER_AGENT},
    uri::{PathAndQuery, Scheme},
};

use super::{Call, CallError, Target};

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const OUR_USER_AGENT: &str = concat!("protogate/", env!("CARGO_PKG_VERSION"));

/// "Implementations MUST accept padded and un-padded values and should emit un-padded values."
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The head of the request.
///
/// # Errors
/// When the path or the metadata cannot be written as HTTP/2.
pub(super) fn request(target: &Target, call: &Call) -> Result<Request<()>, CallError> {
    let refuse = |problem: String| CallError::call(&call.path, problem);
    if !call.path.starts_with('/') {
        return Err(refuse("its path does not start with `/`".to_owned()));
    }
    let path: PathAndQuery = call.path.parse().map_err(|error| refuse(format!("its path: {error}")))?;
    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(if target.is_tls() { Scheme::HTTPS } else { Scheme::HTTP });
    uri.authority = Some(target.authority().clone());
    uri.path_and_query = Some(path);

    let mut request = Request::new(());
    *request.uri_mut() = Uri::from_parts(uri).map_err(|error| refuse(error.to_string()))?;
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;

    let ours = [
        (CONTENT_TYPE, HeaderValue::from_static("application/grpc")),
        (TE, HeaderValue::from_static("trailers")),
        (USER_AGENT, HeaderValue::from_static(OUR_USER_AGENT)),
        (GRPC_TIMEOUT, timeout(call.deadline)),
    ];
    let mut headers = HeaderMap::with_capacity(ours.len() + call.metadata.len());
    for (name, value) in ours {
        let replaced = call.metadata.iter().any(|(theirs, _)| theirs.eq_ignore_ascii_case(name.as_str()));
        if !replaced {
            headers.append(name, value);
        }
    }
    for (name, value) in &call.metadata {
        if name == ":method" {
            *request.method_mut() =
                Method::from_bytes(value).map_err(|error| refuse(format!("`:method`: {error}")))?;
            continue;
        }
        let name: HeaderName =
            name.parse().map_err(|error| refuse(format!("the metadata name `{name}`: {error}")))?;
        if value.is_empty() && [CONTENT_TYPE, TE, USER_AGENT, GRPC_TIMEOUT].contains(&name) {
            continue;
        }
        let value =
            encode(&name, value).map_err(|error| refuse(format!("the metadata `{name}`: {error}")))?;
        headers.append(name, value);
    }
    *request.headers_mut() = headers;
    Ok(request)
}

fn encode(name: &HeaderName, value: &[u8]) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
    if name.as_str().ends_with("-bin") {
        HeaderValue::from_str(&BASE64.encode(value))
    } else {
        HeaderValue::from_bytes(value)
    }
}

/// A header block as pairs. `-bin` values come out as raw bytes, split at commas; one that is not base64 stays as
/// it came.
pub(super) fn pairs(headers: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    let mut pairs = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        if name.as_str().ends_with("-bin") {
            for part in value.as_bytes().split(|&byte| byte == b',') {
                let part = part.trim_ascii();
                pairs.push((name.as_str().to_owned(), BASE64.decode(part).unwrap_or_else(|_| part.to_vec())));
            }
        } else {
            pairs.push((name.as_str().to_owned(), value.as_bytes().to_vec()));
        }
    }
    pairs
}

/// `TimeoutValue → positive integer as ASCII string of at most 8 digits`, then the unit: the finest that fits,
/// rounded up, so that the server never gives up before the time we meant.
fn timeout(deadline: Duration) -> HeaderValue {
    const MOST: u128 = 99_999_999;
    let nanos = deadline.as_nanos();
    let units = [(1, 'n'), (1_000, 'u'), (1_000_000, 'm'), (1_000_000_000, 'S'), (60_000_000_000, 'M')];
    let text = units
        .into_iter()
        .map(|(size, unit)| (nanos.div_ceil(size), unit))
        .find(|(value, _)| *value <= MOST)
        .map(|(value, unit)| format!("{value}{unit}"))
        .unwrap_or_else(|| format!("{}H", nanos.div_ceil(3_600_000_000_000).min(MOST)));
    HeaderValue::try_from(text).expect("digits and a letter are a header value")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(metadata: &[(&str, &[u8])]) -> Result<Vec<String>, CallError> {
        let call = Call {
            path: "/p.S/M".to_owned(),
            metadata: metadata.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect(),
            deadline: Duration::from_secs(10),
            script: Vec::new(),
        };
        let request = request(&"h:1".parse().unwrap(), &call)?;
        let mut lines = vec![format!("{} {}", request.method(), request.uri())];
        lines.extend(
            request.headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())),
        );
        Ok(lines)
    }

    #[test]
    fn a_request_head_as_the_specification_wants_it() {
        let expected = [
            "POST http://h:1/p.S/M",
            "content-type: application/grpc",
            "te: trailers",
            concat!("user-agent: protogate/", env!("CARGO_PKG_VERSION")),
            "grpc-timeout: 10000000u",
            "x-who: me",
            "x-trace-bin: AAH/",
            "x-trace-bin: AA",
        ];
        let metadata: &[(&str, &[u8])] =
            &[("x-who", b"me"), ("X-Trace-bin", &[0, 1, 255]), ("x-trace-bin", &[0])];
        assert_eq!(headers(metadata).unwrap(), expected);
    }

    #[test]
    fn every_header_of_ours_can_be_replaced_or_taken_away() {
        let metadata: &[(&str, &[u8])] = &[
            (":method", b"GET"),
            ("content-type", b"text/plain"),
            ("te", b""),
            ("user-agent", b""),
            ("grpc-timeout", b"abc"),
        ];
        let expected = ["GET http://h:1/p.S/M", "content-type: text/plain", "grpc-timeout: abc"];
        assert_eq!(headers(metadata).unwrap(), expected);
    }

    #[test]
    fn metadata_that_cannot_be_sent_is_refused_by_name() {
        for (name, value, problem) in
            [("a b", b"x".as_slice(), "`a b`"), ("x", b"a\nb", "`x`"), (":method", b"G T", ":method")]
        {
            let error = headers(&[(name, value)]).unwrap_err();
            assert!(error.is_bad_call() && error.to_string().contains(problem), "{error}");
        }
    }

    #[test]
    fn timeouts_fit_into_eight_digits() {
        for (deadline, text) in [
            (Duration::ZERO, "0n"),
            (Duration::from_millis(200), "200000u"),
            (Duration::from_nanos(99_999_999), "99999999n"),
            (Duration::from_nanos(100_000_001), "100001u"),
            (Duration::from_secs(3600), "3600000m"),
            (Duration::MAX, "99999999H"),
        ] {
            assert_eq!(timeout(deadline), text);
        }
    }

    #[test]
    fn binary_values_are_read_with_and_without_padding() {
        let mut block = HeaderMap::new();
        for value in ["AAH/AA==", "AAH/AA, AA", "not base64!"] {
            block.append("x-bin", value.parse().unwrap());
        }
        block.append("x", "AA".parse().unwrap());
        let values: Vec<_> = pairs(&block).into_iter().map(|(_, value)| value).collect();
        let expected: [&[u8]; 5] = [&[0, 1, 255, 0], &[0, 1, 255, 0], &[0], b"not base64!", b"AA"];
        assert_eq!(values, expected);
    }
}
