//! Who calls, and whether they may: `UNAUTHENTICATED` to those who do not show who they are, `PERMISSION_DENIED` to
//! those who do and may not. Both before the body of the call is read.

use std::fmt;
use std::future::ready;
use std::sync::Arc;

use http::{HeaderMap, Request, Response, header};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::Service;

use crate::bearer::same;
use crate::call::Call;
use crate::identity::{Identity, Proof};
#[cfg(feature = "jwt")]
use crate::jwt::Verifier;
use crate::peer::Peer;
use crate::policy::{Need, Policy};
use crate::worn::{Answer, Around, wear};
use crate::{answer, refusal};

/// Whom a server knows.
#[derive(Clone, Default)]
pub struct Credentials {
    tokens: Vec<(String, Arc<Identity>)>,
    certificates: Option<Vec<(String, Vec<String>)>>,
    #[cfg(feature = "jwt")]
    jwt: Option<Arc<Verifier>>,
}

impl Credentials {
    /// The same, and whoever shows `token` is `name` and has `roles`. An empty token, as an unset variable gives
    /// one, lets nobody in.
    #[must_use]
    pub fn with_token(mut self, token: &str, name: &str, roles: Vec<String>) -> Self {
        let identity = Identity { subject: name.to_owned(), proof: Proof::Token, roles };
        self.tokens.push((token.to_owned(), Arc::new(identity)));
        self
    }

    /// The same, and whoever shows a certificate that the server trusts is whom it names, with the roles that `roles`
    /// has for a name in it.
    #[must_use]
    pub fn with_certificates(self, roles: Vec<(String, Vec<String>)>) -> Self {
        Self { certificates: Some(roles), ..self }
    }

    /// The same, and JSON Web Tokens are taken.
    #[cfg(feature = "jwt")]
    #[must_use]
    pub fn with_jwt(self, jwt: Arc<Verifier>) -> Self {
        Self { jwt: Some(jwt), ..self }
    }

    /// Whose call it is.
    fn identify(&self, request: &Request<Body>) -> Result<Arc<Identity>, Refused> {
        match shown(request.headers()) {
            Shown::Token(token) => self.of_token(token),
            Shown::Else => Err(MALFORMED),
            Shown::Nothing => self.of_certificate(request.extensions().get()).ok_or(MISSING),
        }
    }

    fn of_token(&self, token: &str) -> Result<Arc<Identity>, Refused> {
        // All of them, so that the time does not say which came close.
        let mut found = None;
        for (known, identity) in &self.tokens {
            if same(token.as_bytes(), known.as_bytes()) && !known.is_empty() {
                found = Some(identity);
            }
        }
        if let Some(identity) = found {
            return Ok(Arc::clone(identity));
        }
        #[cfg(feature = "jwt")]
        if let Some(jwt) = &self.jwt {
            return jwt.verify(token).map(Arc::new).map_err(|why| Refused(why.message(), why.reason()));
        }
        Err(WRONG)
    }

    fn of_certificate(&self, peer: Option<&Peer>) -> Option<Arc<Identity>> {
        let (known, names) = (self.certificates.as_ref()?, peer?.certificate.as_ref()?);
        let subject = names.subject()?.to_owned();
        let holds =
            |name: &String| names.common_name.as_ref() == Some(name) || names.alternative.contains(name);
        let roles =
            known.iter().filter(|(name, _)| holds(name)).flat_map(|(_, roles)| roles.clone()).collect();
        Some(Arc::new(Identity { subject, proof: Proof::Certificate, roles }))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the tokens: what is debugged ends in logs.
        f.debug_struct("Credentials").field("tokens", &self.tokens.len()).finish_non_exhaustive()
    }
}

/// Why somebody is not known: a sentence and a reason of `google.rpc.ErrorInfo`.
#[derive(Debug, Clone, Copy)]
struct Refused(&'static str, &'static str);

const MISSING: Refused = Refused("the token is missing: send `authorization: Bearer TOKEN`", "TOKEN_MISSING");
const MALFORMED: Refused =
    Refused("`authorization` is malformed: send it once, as `Bearer TOKEN`", "TOKEN_MALFORMED");
const WRONG: Refused = Refused("the token is wrong: send one that this server knows", "TOKEN_UNKNOWN");

/// What `authorization` shows.
enum Shown<'a> {
    Token(&'a str),
    Nothing,
    Else,
}

/// Exactly one `authorization`, so that nobody else reads another.
fn shown(headers: &HeaderMap) -> Shown<'_> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (all.next(), all.next()) {
        (None, _) => return Shown::Nothing,
        (Some(value), None) => value,
        (Some(_), Some(_)) => return Shown::Else,
    };
    match value.to_str().ok().and_then(|text| text.split_once(' ')) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() => {
            Shown::Token(token)
        }
        _ => Shown::Else,
    }
}

/// Lets calls pass as a [`Policy`] says. The handler finds the caller in the request's extensions, as
/// `Arc<Identity>`.
#[derive(Debug, Clone)]
pub struct AuthLayer {
    policy: Arc<Policy>,
    credentials: Arc<Credentials>,
    domain: Arc<str>,
}

impl AuthLayer {
    /// Asks as `policy` says for one of `credentials`; `domain` is that of the `google.rpc.ErrorInfo` of refusals,
    /// such as the name of the service.
    #[must_use]
    pub fn new(policy: Policy, credentials: Credentials, domain: &str) -> Self {
        Self { policy: Arc::new(policy), credentials: Arc::new(credentials), domain: domain.into() }
    }

    /// Who calls, if they may; nobody where nobody is asked for.
    fn judge(&self, request: &Request<Body>) -> Result<Option<Arc<Identity>>, Status> {
        let need = self.policy.need(request.uri().path());
        if *need == Need::Public {
            return Ok(None);
        }
        let identity = self.credentials.identify(request).map_err(|Refused(message, reason)| {
            refusal::because(Code::Unauthenticated, message, reason, &self.domain)
        })?;
        if let Some(call) = request.extensions().get::<Arc<Call>>() {
            // Before the role is looked at: the log says who was refused. A second layer of this kind finds the same.
            let _ = call.identity.set(Arc::clone(&identity));
        }
        match need {
            Need::AnyOf(roles) if !identity.has_any(roles) => {
                let message =
                    format!("the caller lacks the role for this method: it needs {}", roles.join(" or "));
                Err(refusal::because(Code::PermissionDenied, &message, "ROLE_MISSING", &self.domain))
            }
            _ => Ok(Some(identity)),
        }
    }
}

wear!(AuthLayer);

impl<S> Around<S> for AuthLayer
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    fn call(&self, inner: &mut S, mut request: Request<Body>) -> Answer<S::Error> {
        match self.judge(&request) {
            Ok(None) => {}
            Ok(Some(identity)) => {
                request.extensions_mut().insert(identity);
            }
            Err(status) => return Box::pin(ready(Ok(answer::trailers_only(status)))),
        }
        Box::pin(inner.call(request))
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt as _;

    use super::*;
    use crate::peer::CertificateNames;
    use crate::testing::{Script, call, request};

    fn layer() -> AuthLayer {
        let roles = |role: &str| vec![role.to_owned()];
        let rule = |glob: &str, need| (glob.parse().unwrap(), need);
        let policy = Policy::new(
            vec![
                rule("/open/*", Need::Public),
                rule("/admin/*", Need::AnyOf(vec!["root".to_owned(), "admin".to_owned()])),
            ],
            Need::Authenticated,
        );
        let credentials = Credentials::default()
            .with_token("s3cret", "ci", Vec::new())
            .with_token("l3tmein", "ops", roles("admin"))
            .with_token("", "nobody", roles("admin"))
            .with_certificates(vec![("billing.example".to_owned(), roles("root"))]);
        AuthLayer::new(policy, credentials, "a.B")
    }

    /// The names in a certificate: the first is the common name.
    fn peer(names: &[&str]) -> Peer {
        let names = CertificateNames {
            common_name: names.first().map(|name| (*name).to_owned()),
            alternative: names[1..].iter().map(|name| (*name).to_owned()).collect(),
        };
        Peer { certificate: Some(Arc::new(names)), ..Peer::default() }
    }

    #[tokio::test]
    async fn the_policy_and_the_credential_decide() {
        let (ci, ops, bad) = (&["Bearer s3cret"][..], &["bearer l3tmein"][..], &["Bearer no"][..]);
        let billing = peer(&["x", "billing.example"]);
        for (path, values, certificate, code, reason) in [
            ("/open/X", &[][..], None, "0", ""),
            ("/open/X", bad, None, "0", ""),
            ("/a.B/C", &[], None, "16", "TOKEN_MISSING"),
            ("/a.B/C", bad, None, "16", "TOKEN_UNKNOWN"),
            ("/a.B/C", &["Bearer "], None, "16", "TOKEN_MALFORMED"),
            ("/a.B/C", &["Basic s3cret"], None, "16", "TOKEN_MALFORMED"),
            ("/a.B/C", &["Bearer s3cret", "Bearer s3cret"], None, "16", "TOKEN_MALFORMED"),
            ("/a.B/C", ci, None, "0", ""),
            ("/admin/X", &[], None, "16", "TOKEN_MISSING"),
            ("/admin/X", ci, None, "7", "ROLE_MISSING"),
            ("/admin/X", ops, None, "0", ""),
            ("/a.B/C", &[], Some(peer(&["someone"])), "0", ""),
            ("/admin/X", &[], Some(peer(&["someone"])), "7", "ROLE_MISSING"),
            ("/admin/X", &[], Some(billing.clone()), "0", ""),
            // What is shown counts, not what else there would be.
            ("/a.B/C", bad, Some(billing), "16", "TOKEN_UNKNOWN"),
            ("/a.B/C", &[], Some(Peer::default()), "16", "TOKEN_MISSING"),
        ] {
            let mut request = request();
            *request.uri_mut() = path.parse().unwrap();
            for value in values {
                request.headers_mut().append(header::AUTHORIZATION, value.parse().unwrap());
            }
            request.extensions_mut().extend(
                certificate
                    .map(|peer| {
                        let mut extensions = http::Extensions::new();
                        extensions.insert(peer);
                        extensions
                    })
                    .unwrap_or_default(),
            );
            let answer = call(layer(), Script::Ok, request).await;
            assert_eq!(answer.status("grpc-status"), code, "{path} {values:?}");
            let info =
                Status::from_header_map(&answer.headers).and_then(|status| status.get_details_error_info());
            let (given, domain) = info.map(|info| (info.reason, info.domain)).unwrap_or_default();
            assert_eq!(given, reason, "{path} {values:?}");
            assert_eq!(domain, if reason.is_empty() { "" } else { "a.B" });
        }
    }

    #[test]
    fn tokens_are_not_shown() {
        assert!(!format!("{:?}", layer()).contains("s3cret"));
    }
}
