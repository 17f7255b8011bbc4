//! Who may call what: every method of every kind, with every sort of credential.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use protogate_runtime::{AuthLayer, Credentials, JwtOptions, Need, Policy, Verifier};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_types::StatusExt;
use user_service::Options;
use user_service::pb::user::user_service_client::UserServiceClient;

use crate::auth::{Shows, TOKEN, code, codes, first};
use crate::binary;
use crate::server::{connect, id, start_with_options};

/// Who signs tokens.
pub struct Issuer {
    key: EcdsaKeyPair,
    random: SystemRandom,
}

impl Issuer {
    pub fn new() -> Self {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self { key: EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).unwrap(), random }
    }

    /// Its public key, as a JWKS file.
    pub fn jwks(&self) -> String {
        let point = self.key.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        json!({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "1", "x": x, "y": y}]})
            .to_string()
    }

    /// A token of Ada's with these claims besides, or instead.
    pub fn token(&self, header: &Value, more: &[(&str, Value)]) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut claims =
            json!({"iss": "https://issuer", "aud": "user.UserService", "sub": "ada", "exp": now + 3600});
        for (name, value) in more {
            claims[*name] = value.clone();
        }
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encoded(header), encoded(&claims));
        let signature = self.key.sign(&self.random, signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

pub fn es256() -> Value {
    json!({"alg": "ES256", "kid": "1"})
}

/// Readers may read, editors may do all, everybody who is known may chat.
fn policy() -> Policy {
    let roles = |names: &[&str]| Need::AnyOf(names.iter().map(|name| (*name).to_owned()).collect());
    let rules = [
        ("/user.UserService/Chat", Need::Authenticated),
        ("/user.UserService/Get*", roles(&["reader", "editor"])),
        ("/user.UserService/List*", roles(&["reader", "editor"])),
        ("/user.UserService/Stream*", roles(&["reader", "editor"])),
        ("/user.UserService/*", roles(&["editor"])),
        ("/grpc.health.v1.Health/*", Need::Public),
        ("/grpc.reflection.*", roles(&["editor"])),
    ];
    let rules = rules.map(|(glob, need)| (glob.parse().unwrap(), need)).into();
    Policy::new(rules, Need::Authenticated)
}

fn layer(folder: &Path, issuer: &Issuer) -> AuthLayer {
    let path = folder.join("jwks.json");
    std::fs::write(&path, issuer.jwks()).unwrap();
    let options = JwtOptions::new("https://issuer", "user.UserService");
    let credentials = Credentials::default()
        .with_token(TOKEN, "ci", vec!["editor".to_owned()])
        .with_jwt(Arc::new(Verifier::open(&path, options).unwrap()));
    AuthLayer::new(policy(), credentials, "user.UserService")
}

/// What every method says to somebody who shows this, by its name.
async fn answers(channel: &Channel, shows: Shows) -> BTreeMap<&'static str, Code> {
    let client = UserServiceClient::with_interceptor(channel.clone(), shows);
    let mut answers: BTreeMap<_, _> = codes(&client).await.into();
    let mut health = HealthClient::with_interceptor(channel.clone(), shows);
    answers.insert("Health", code(health.check(HealthCheckRequest::default()).await));
    let mut reflection = ServerReflectionClient::with_interceptor(channel.clone(), shows);
    let asked = tokio_stream::once(ServerReflectionRequest::default());
    answers.insert("Reflection", first(reflection.server_reflection_info(asked).await).await);
    answers
}

/// Who; what they show; the methods it opens; what the others say, and why.
type Row<'a> = (&'a str, Option<String>, &'a [&'a str], Code, &'a str);

#[tokio::test]
async fn every_method_and_every_credential() {
    let folder = tempfile::tempdir().unwrap();
    let (issuer, other) = (Issuer::new(), Issuer::new());
    let server = start_with_options(Options::default().with_auth(Some(layer(folder.path(), &issuer)))).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let scope = |scope: &str| ("scope", json!(scope));
    let es = es256();
    let (open, nobody) = (start_with_options(Options::default()).await, Shows(None));
    // What the methods say once they are reached.
    let reached = answers(&open.channel, nobody).await;
    let reads = ["GetUser", "ListUsers", "StreamUsers", "Chat", "Health"];
    let rows: [Row<'_>; 12] = [
        ("none", None, &["Health"], Code::Unauthenticated, "TOKEN_MISSING"),
        ("malformed", Some("a.b".into()), &["Health"], Code::Unauthenticated, "TOKEN_MALFORMED"),
        (
            "expired",
            Some(issuer.token(&es, &[scope("editor"), ("exp", json!(now - 3600))])),
            &["Health"],
            Code::Unauthenticated,
            "TOKEN_EXPIRED",
        ),
        (
            "of another day",
            Some(issuer.token(&es, &[scope("editor"), ("nbf", json!(now + 3600))])),
            &["Health"],
            Code::Unauthenticated,
            "TOKEN_NOT_YET_VALID",
        ),
        (
            "for others",
            Some(issuer.token(&es, &[scope("editor"), ("aud", json!("billing"))])),
            &["Health"],
            Code::Unauthenticated,
            "TOKEN_AUDIENCE",
        ),
        (
            "of another issuer",
            Some(issuer.token(&es, &[scope("editor"), ("iss", json!("https://evil"))])),
            &["Health"],
            Code::Unauthenticated,
            "TOKEN_ISSUER",
        ),
        (
            "with another key",
            Some(other.token(&es, &[scope("editor")])),
            &["Health"],
            Code::Unauthenticated,
            "TOKEN_SIGNATURE",
        ),
        (
            "unsigned",
            Some(issuer.token(&json!({"alg": "none"}), &[scope("editor")])),
            &["Health"],
            Code::Unauthenticated,
            "TOKEN_ALGORITHM",
        ),
        (
            "with a public key as a secret",
            Some(issuer.token(&json!({"alg": "HS256", "kid": "1"}), &[scope("editor")])),
            &["Health"],
            Code::Unauthenticated,
            "TOKEN_ALGORITHM",
        ),
        (
            "without a role",
            Some(issuer.token(&es, &[])),
            &["Chat", "Health"],
            Code::PermissionDenied,
            "ROLE_MISSING",
        ),
        (
            "a reader",
            Some(issuer.token(&es, &[scope("x reader")])),
            &reads,
            Code::PermissionDenied,
            "ROLE_MISSING",
        ),
        ("an editor", Some(issuer.token(&es, &[scope("editor")])), &[], Code::Ok, ""),
    ];
    for (who, token, opens, refused, reason) in rows {
        let bearer: Option<&'static str> = token.map(|token| &*format!("Bearer {token}").leak());
        for (method, said) in answers(&server.channel, Shows(bearer)).await {
            let expected =
                if opens.contains(&method) || refused == Code::Ok { reached[method] } else { refused };
            assert_eq!(said, expected, "{method}, {who}");
        }
        if !reason.is_empty() {
            let mut client = UserServiceClient::with_interceptor(server.channel.clone(), Shows(bearer));
            let status = client.delete_user(id("x")).await.unwrap_err();
            let info = status.get_details_error_info().unwrap();
            assert_eq!((&*info.reason, &*info.domain), (reason, "user.UserService"), "{who}");
        }
    }
    // The token of the configuration is as good as a signed one.
    assert_eq!(answers(&server.channel, Shows(Some("Bearer s3cret"))).await, reached);
}

#[tokio::test]
async fn the_binary_takes_tokens_and_new_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    let (old, new) = (Issuer::new(), Issuer::new());
    std::fs::write(&path, old.jwks()).unwrap();
    let args = ["--store", "memory", "--jwks", path.to_str().unwrap(), "--jwt-issuer", "https://issuer"];
    let (_child, uri) = binary::start(binary::command(&args)).await;
    let channel = connect(&uri).await;
    let asked = async |issuer: &Issuer| {
        let bearer: &'static str = format!("Bearer {}", issuer.token(&es256(), &[])).leak();
        let mut client = UserServiceClient::with_interceptor(channel.clone(), Shows(Some(bearer)));
        let refused: Status = client.get_user(id("nobody")).await.unwrap_err();
        refused.code()
    };
    assert_eq!((asked(&old).await, asked(&new).await), (Code::NotFound, Code::Unauthenticated));
    let next = folder.path().join("next");
    std::fs::write(&next, new.jwks()).unwrap();
    std::fs::rename(&next, &path).unwrap();
    while asked(&new).await != Code::NotFound {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(asked(&old).await, Code::Unauthenticated);
}
