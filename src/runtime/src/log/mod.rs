//! One line per call: who asked for what, how it ended, how long it took and how much it was. Never what was said.

mod fields;
mod sink;

use std::sync::Arc;

use http::{HeaderMap, HeaderName};

use crate::call::{Call, code_name};
use crate::observe::Observer;
use fields::Fields;
pub use sink::{Rotation, Sink};

/// How a line is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// `TIME call key=value …`: for people and grep.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// The metadata of a request that the log shows. The values of [`is_secret`] names are never among it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LogMetadata {
    /// None of it.
    #[default]
    None,
    /// These names.
    Only(Vec<HeaderName>),
    /// All of it.
    All,
}

/// Writes a line to a [`Sink`] when a call is over.
#[derive(Debug, Clone)]
pub struct CallLog {
    sink: Sink,
    format: LogFormat,
    metadata: LogMetadata,
}

impl CallLog {
    /// A log into `sink`.
    #[must_use]
    pub fn new(sink: Sink) -> Self {
        Self { sink, format: LogFormat::default(), metadata: LogMetadata::default() }
    }

    /// The same in another format.
    #[must_use]
    pub fn with_format(self, format: LogFormat) -> Self {
        Self { format, ..self }
    }

    /// The same with metadata.
    #[must_use]
    pub fn with_metadata(self, metadata: LogMetadata) -> Self {
        Self { metadata, ..self }
    }

    /// The line of a call that is over.
    fn line(&self, call: &Call) -> String {
        let mut fields = Fields::new(self.format);
        fields.text("method", call.path());
        match (call.code(), call.http()) {
            (Some(code), _) => fields.text("status", code_name(code)),
            (None, http) => fields.number("http", http.map_or(0, |http| u64::from(http.as_u16()))),
        }
        fields.number("elapsed_us", u64::try_from(call.elapsed().as_micros()).unwrap_or(u64::MAX));
        if let Some(peer) = call.peer {
            fields.plain("peer", peer);
        }
        if let Some(identity) = call.identity() {
            fields.text("caller", &identity.subject);
            fields.plain("proof", identity.proof);
        }
        fields.number("messages_in", call.received.messages());
        fields.number("bytes_in", call.received.bytes());
        fields.number("messages_out", call.sent.messages());
        fields.number("bytes_out", call.sent.bytes());
        fields.text("request_id", call.request_id.to_str().unwrap_or_default());
        fields.plain("trace_id", call.trace);
        if let Some(metadata) = &call.metadata {
            self.metadata_into(&mut fields, metadata);
        }
        fields.end()
    }

    fn metadata_into(&self, fields: &mut Fields, metadata: &HeaderMap) {
        let wanted = |name: &HeaderName| match &self.metadata {
            LogMetadata::None => false,
            LogMetadata::Only(names) => names.contains(name),
            LogMetadata::All => true,
        };
        for (name, value) in metadata.iter().filter(|(name, _)| wanted(name)) {
            let shown = if is_secret(name) || value.is_sensitive() { None } else { value.to_str().ok() };
            fields.text(&format!("metadata.{name}"), shown.unwrap_or("[redacted]"));
        }
    }
}

/// Whether metadata of this name is a secret or may hold one: `authorization`, cookies, and all that is binary.
#[must_use]
pub fn is_secret(name: &HeaderName) -> bool {
    const SECRET: [&str; 6] = [
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "x-api-key",
        "x-forwarded-client-cert",
    ];
    let name = name.as_str();
    SECRET.contains(&name) || name.ends_with("-bin")
}

impl Observer for CallLog {
    fn reads_metadata(&self) -> bool {
        self.metadata != LogMetadata::None
    }

    fn ended(&self, call: &Call) {
        self.sink.write(self.line(call));
    }
}

impl From<CallLog> for Arc<dyn Observer> {
    fn from(log: CallLog) -> Self {
        Arc::new(log)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::methods::Methods;
    use crate::observe::ObserveLayer;
    use crate::testing::{Script, call, request_of};

    /// The line of one call with this metadata.
    async fn line(format: LogFormat, metadata: LogMetadata, sent: &[(&'static str, &str)]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.log");
        let sink = Sink::file(&path, Rotation::default()).unwrap();
        let log = CallLog::new(sink).with_format(format).with_metadata(metadata);
        let layer = ObserveLayer::new(Arc::new(Methods::default()), vec![log.into()]);
        let mut request = request_of(&[&[0, 0, 0, 0, 6], b"secret"]);
        for (name, value) in sent {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        call(layer, Script::ReadThenOk, request).await;
        // The last handle of the sink is gone with the layer, so every line is in the file.
        fs::read_to_string(path).unwrap()
    }

    #[tokio::test]
    async fn a_line_says_what_a_call_was_and_nothing_of_its_content() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let sent = [("x-request-id", "r-1"), ("traceparent", &*format!("00-{trace}-00f067aa0ba902b7-01"))];
        let text = line(LogFormat::Text, LogMetadata::None, &sent).await;
        for part in [
            " call method=/a.B/C status=OK elapsed_us=",
            "messages_in=1 bytes_in=11 messages_out=1 bytes_out=5 request_id=r-1",
            &format!("trace_id={trace}\n"),
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("secret") && text.lines().count() == 1, "{text}");
        let json = line(LogFormat::Json, LogMetadata::None, &sent).await;
        for part in ["{\"time\":\"20", "\"method\":\"/a.B/C\",\"status\":\"OK\"", "\"bytes_in\":11", "}\n"] {
            assert!(json.contains(part), "{part}: {json}");
        }
    }

    #[tokio::test]
    async fn secrets_in_metadata_are_not_shown() {
        let sent = [
            ("authorization", "Bearer s3cret"),
            ("cookie", "id=s3cret"),
            ("key-bin", "czNjcmV0"),
            ("user-agent", "a \"b\""),
        ];
        let all = line(LogFormat::Text, LogMetadata::All, &sent).await;
        assert!(!all.contains("s3cret") && !all.contains("czNj"), "{all}");
        assert_eq!(all.matches("[redacted]").count(), 3, "{all}");
        assert!(all.contains(r#"metadata.user-agent="a \"b\"""#), "{all}");
        let one = LogMetadata::Only(vec![http::header::USER_AGENT, http::header::AUTHORIZATION]);
        let one = line(LogFormat::Json, one, &sent).await;
        assert!(one.contains(r#""metadata.user-agent":"a \"b\"""#) && !one.contains("cookie"), "{one}");
        assert!(one.contains(r#""metadata.authorization":"[redacted]""#), "{one}");
    }
}
