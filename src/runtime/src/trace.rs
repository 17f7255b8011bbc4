//! W3C Trace Context: which trace a call belongs to (<https://www.w3.org/TR/trace-context/>).

use std::fmt;

use http::HeaderMap;

use crate::ids;

/// The place of a call in a trace: an extension of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// The whole trace. Not zero.
    pub trace_id: u128,
    /// The call that this one belongs to; zero in a trace that began here.
    pub span_id: u64,
    /// Whether the caller keeps its part of the trace.
    pub sampled: bool,
}

impl TraceContext {
    /// The context that `traceparent` says; `None` without the header, with two, or when it is malformed.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let mut all = headers.get_all("traceparent").iter();
        let (Some(value), None) = (all.next(), all.next()) else { return None };
        Self::parse(value.as_bytes())
    }

    /// Section 3.2 of the recommendation: `version-traceid-parentid-flags`, in lower-case digits. A later version may
    /// have more behind a fifth hyphen.
    fn parse(value: &[u8]) -> Option<Self> {
        let (known, more) = value.split_at_checked(55)?;
        let version = digits(&known[..2])?;
        let hyphens = [2, 35, 52].iter().all(|at| known[*at] == b'-');
        let length = if version == 0 { more.is_empty() } else { more.is_empty() || more[0] == b'-' };
        if !hyphens || !length || version == 0xff {
            return None;
        }
        let trace_id = digits(&known[3..35])?;
        let span_id = u64::try_from(digits(&known[36..52])?).ok()?;
        let flags = digits(&known[53..55])?;
        (trace_id != 0 && span_id != 0).then_some(Self { trace_id, span_id, sampled: flags & 1 == 1 })
    }

    /// The beginning of a trace.
    #[must_use]
    pub fn fresh() -> Self {
        let [high, low] = ids::fresh();
        // Zero means none, and comes once in 2^128.
        Self { trace_id: (u128::from(high) << 64 | u128::from(low)).max(1), span_id: 0, sampled: false }
    }
}

impl fmt::Display for TraceContext {
    /// The id of the trace, as logs have it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.trace_id)
    }
}

/// Lower-case hexadecimal digits as a number.
fn digits(text: &[u8]) -> Option<u128> {
    text.iter().try_fold(0, |sum, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(sum << 4 | u128::from(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_recommendation_allows() {
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        let (zeros, zero) = ("0".repeat(32), "0".repeat(16));
        for (text, sampled) in [
            (format!("00-{trace}-{span}-01"), Some(true)),
            (format!("00-{trace}-{span}-00"), Some(false)),
            (format!("00-{trace}-{span}-03"), Some(true)),
            (format!("cc-{trace}-{span}-01-more"), Some(true)),
            (format!("cc-{trace}-{span}-01.more"), None),
            (format!("00-{trace}-{span}-01-more"), None),
            (format!("ff-{trace}-{span}-01"), None),
            (format!("00-{zeros}-{span}-01"), None),
            (format!("00-{trace}-{zero}-01"), None),
            (format!("00-{}-{span}-01", trace.to_uppercase()), None),
            (format!("00_{trace}-{span}-01"), None),
            (format!("00-{trace}-{span}-0"), None),
            (String::new(), None),
        ] {
            let read = TraceContext::parse(text.as_bytes());
            assert_eq!(read.map(|context| context.sampled), sampled, "{text}");
            if let Some(context) = read {
                assert_eq!((context.to_string().as_str(), context.span_id), (trace, 0x00f0_67aa_0ba9_02b7));
            }
        }
    }

    #[test]
    fn two_headers_are_none() {
        let mut headers = HeaderMap::new();
        let value = || "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap();
        headers.append("traceparent", value());
        assert!(TraceContext::from_headers(&headers).is_some());
        headers.append("traceparent", value());
        assert!(TraceContext::from_headers(&headers).is_none());
    }
}
