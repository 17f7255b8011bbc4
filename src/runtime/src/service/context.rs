//! What a method knows of the call beside its message.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::Extensions;
use tonic::metadata::{AsciiMetadataValue, KeyAndValueRef, MetadataKey, MetadataMap};

use super::Error;
use crate::{EndsAt, Identity, Peer};

/// One call: its method, metadata, deadline, caller. Cheap to clone, for a stream that outlives the method.
#[derive(Debug, Clone)]
pub struct Context(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    method: &'static str,
    metadata: MetadataMap,
    extensions: Extensions,
    /// What the answer's metadata will hold; taken when the answer begins.
    reply: Mutex<MetadataMap>,
}

impl Context {
    pub(super) fn new(method: &'static str, metadata: MetadataMap, extensions: Extensions) -> Context {
        let reply = Mutex::new(MetadataMap::new());
        Context(Arc::new(Parts { method, metadata, extensions, reply }))
    }

    /// A call to a method (`/user.UserService/GetUser`) that came from nowhere, for tests of a service.
    #[must_use]
    pub fn test(method: &'static str) -> Context {
        Context::new(method, MetadataMap::new(), Extensions::new())
    }

    /// The path: `/user.UserService/GetUser`.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.0.method
    }

    /// The first text of metadata of this name.
    #[must_use]
    pub fn metadata(&self, name: &str) -> Option<&str> {
        self.0.metadata.get(name)?.to_str().ok()
    }

    /// All texts of metadata: a name may have several.
    pub fn all_metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.metadata.iter().filter_map(|entry| match entry {
            KeyAndValueRef::Ascii(name, value) => Some((name.as_str(), value.to_str().ok()?)),
            KeyAndValueRef::Binary(..) => None,
        })
    }

    /// The first bytes of metadata of this name, which ends in `-bin`.
    #[must_use]
    pub fn binary_metadata(&self, name: &str) -> Option<Vec<u8>> {
        let value = self.0.metadata.get_bin(name)?.to_bytes().ok()?;
        Some(value.to_vec())
    }

    /// When the call ends, whatever the method does. Known below a [`DeadlineLayer`](crate::DeadlineLayer) only.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.0.extensions.get::<EndsAt>().map(|ends| ends.0)
    }

    /// How long that is from now; zero when it has passed.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline().map(|ends| ends.saturating_duration_since(Instant::now()))
    }

    /// The address at the other end of the connection, which may be a proxy's.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        Peer::addr_of(&self.0.extensions)
    }

    /// Who calls, where an [`AuthLayer`](crate::AuthLayer) has found out.
    #[must_use]
    pub fn caller(&self) -> Option<&Identity> {
        self.0.extensions.get::<Arc<Identity>>().map(|caller| &**caller)
    }

    /// What a layer left for the methods below it.
    #[must_use]
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.extensions.get()
    }

    /// Adds a text to the metadata of the answer. Without effect once the answer has begun: for a stream, when the
    /// method has returned it.
    ///
    /// # Errors
    ///
    /// `INTERNAL` for a name or a text that metadata cannot hold: it goes to the caller, and tells whose fault it is.
    pub fn reply_metadata(&self, name: &str, text: &str) -> Result<(), Error> {
        let wrong = |what: &str| {
            Error::internal(format!("the service answered with {what} of metadata that is none"))
        };
        let name: MetadataKey<_> = name.parse().map_err(|_| wrong("a name"))?;
        let text: AsciiMetadataValue = text.parse().map_err(|_| wrong("a text"))?;
        self.0.reply.lock().unwrap_or_else(PoisonError::into_inner).append(name, text);
        Ok(())
    }

    pub(super) fn take_reply(&self) -> MetadataMap {
        std::mem::take(&mut *self.0.reply.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use tonic::metadata::MetadataValue;

    use super::*;

    #[test]
    fn a_context_tells_what_the_layers_and_the_caller_said() {
        let mut metadata = MetadataMap::new();
        metadata.insert("tenant", MetadataValue::from_static("one"));
        metadata.append("tenant", MetadataValue::from_static("two"));
        metadata.insert_bin("trace-bin", MetadataValue::from_bytes(b"\x00\x01"));
        let mut extensions = Extensions::new();
        let ends = Instant::now() + Duration::from_secs(60);
        extensions.insert(EndsAt(ends));
        extensions.insert(Peer { addr: "127.0.0.1:9".parse().ok(), ..Peer::default() });
        extensions.insert(7_u8);
        let context = Context::new("/a.B/C", metadata, extensions);
        assert_eq!(context.method(), "/a.B/C");
        assert_eq!((context.metadata("tenant"), context.metadata("none")), (Some("one"), None));
        assert_eq!(context.all_metadata().count(), 2);
        assert_eq!(context.binary_metadata("trace-bin"), Some(vec![0, 1]));
        assert_eq!(context.deadline(), Some(ends));
        assert!(context.time_left().is_some_and(|left| left > Duration::from_secs(50)));
        assert_eq!(context.peer().map(|peer| peer.port()), Some(9));
        assert_eq!((context.extension::<u8>(), context.caller()), (Some(&7), None));
    }

    #[test]
    fn metadata_of_the_answer_is_taken_once_and_must_be_metadata() {
        let context = Context::test("/a.B/C");
        context.reply_metadata("etag", "7").unwrap();
        for (name, text) in [("Etag\n", "7"), ("etag", "\u{7}")] {
            assert!(context.reply_metadata(name, text).is_err(), "{name:?} {text:?}");
        }
        assert_eq!(context.clone().take_reply().len(), 1);
        assert!(context.take_reply().is_empty());
    }
}
