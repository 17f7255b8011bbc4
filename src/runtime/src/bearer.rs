//! One token for the whole server. Who may do what is the handlers' business.

use std::fmt;
use std::future::ready;
use std::sync::Arc;

use http::{Request, Response, header};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::answer;
use crate::worn::{Answer, Around, wear};

/// Answers `UNAUTHENTICATED` to calls without `authorization: Bearer TOKEN`, before their body is read.
#[derive(Clone)]
pub struct BearerLayer {
    token: Arc<str>,
    exempt: Arc<[String]>,
}

impl BearerLayer {
    /// Asks for `token`, but not where the path begins with one of `exempt`, such as `/grpc.health.v1.Health/`.
    /// An empty token, as an unset variable gives one, lets nobody in.
    pub fn new(token: &str, exempt: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { token: token.into(), exempt: exempt.into_iter().map(Into::into).collect() }
    }

    fn passes(&self, request: &Request<Body>) -> bool {
        let path = request.uri().path();
        self.exempt.iter().any(|prefix| path.starts_with(prefix.as_str())) || self.holds(request)
    }

    /// Whether the request has the token: exactly one `authorization`, so that nobody else reads another.
    fn holds(&self, request: &Request<Body>) -> bool {
        let mut all = request.headers().get_all(header::AUTHORIZATION).iter();
        let (Some(value), None) = (all.next(), all.next()) else { return false };
        let Some((scheme, token)) = value.as_bytes().split_at_checked(SCHEME.len()) else { return false };
        !token.is_empty() && scheme.eq_ignore_ascii_case(SCHEME) && same(token, self.token.as_bytes())
    }
}

const SCHEME: &[u8] = b"Bearer ";

/// Compares in a time that depends on the lengths only, so that a token cannot be guessed byte by byte.
pub(crate) fn same(given: &[u8], wanted: &[u8]) -> bool {
    let differing = given.iter().zip(wanted).fold(0, |sum, (a, b)| std::hint::black_box(sum | (a ^ b)));
    given.len() == wanted.len() && differing == 0
}

impl fmt::Debug for BearerLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the token: what is debugged ends in logs.
        f.debug_struct("BearerLayer").field("exempt", &self.exempt).finish_non_exhaustive()
    }
}

wear!(BearerLayer);

impl<S> Around<S> for BearerLayer
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    fn call(&self, inner: &mut S, request: Request<Body>) -> Answer<S::Error> {
        if self.passes(&request) {
            return Box::pin(inner.call(request));
        }
        Box::pin(ready(Ok(answer::trailers_only(Status::unauthenticated(
            "the token is missing or wrong: send `authorization: Bearer TOKEN`",
        )))))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::testing::{Script, call, request};

    #[tokio::test]
    async fn the_token_decides() {
        for (values, exempt, code) in [
            (&["Bearer s3cret"][..], "/x/", "0"),
            (&["bearer s3cret"], "/x/", "0"),
            (&[], "/x/", "16"),
            (&["Bearer wrong!"], "/x/", "16"),
            (&["Bearer s3cre"], "/x/", "16"),
            (&["Bearer s3cret2"], "/x/", "16"),
            (&["Bearer "], "/x/", "16"),
            (&["Basic s3cret"], "/x/", "16"),
            (&["s3cret"], "/x/", "16"),
            (&["Bearer s3cret", "Bearer s3cret"], "/x/", "16"),
            (&[], "/a.B/", "0"),
        ] {
            let mut request = request();
            for value in values {
                request.headers_mut().append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            let answer = call(BearerLayer::new("s3cret", [exempt]), Script::Ok, request).await;
            assert_eq!(answer.status("grpc-status"), code, "{values:?} {exempt}");
        }
    }

    #[test]
    fn the_token_is_not_shown() {
        assert!(!format!("{:?}", BearerLayer::new("s3cret", ["/x/"])).contains("s3cret"));
    }
}
