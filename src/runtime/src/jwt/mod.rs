//! JSON Web Tokens (RFC 7519) signed with RS256, ES256 or EdDSA, against the public keys of a JWKS file.
//!
//! The algorithm is that of the key, never the token's own choice: `none` has no key, and there are no shared secrets
//! here that a public key could be taken for (RFC 8725, 3.1).

mod keys;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::identity::{Identity, Proof};
use keys::{Algorithm, Keys};

/// What a token must say to be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwtOptions {
    /// Its `iss`.
    pub issuer: String,
    /// One of its `aud`.
    pub audience: String,
    /// How far the clocks of the issuer and of this machine may differ.
    pub leeway: Duration,
    /// The claims that hold roles: words in a text, or a list of texts.
    pub roles: Vec<String>,
}

impl JwtOptions {
    /// A minute of leeway, and roles from `scope`, `scp` and `roles`.
    #[must_use]
    pub fn new(issuer: &str, audience: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            leeway: Duration::from_secs(60),
            roles: ["scope", "scp", "roles"].map(str::to_owned).into(),
        }
    }
}

/// Checks tokens against keys that may change meanwhile.
#[derive(Debug)]
pub struct Verifier {
    path: PathBuf,
    options: JwtOptions,
    keys: ArcSwap<Keys>,
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwtError {
    /// It is no signed token of three parts, or lacks `exp` or `sub`.
    Malformed,
    /// Its `alg` is none of the three, or it has a `crit` header.
    Unsupported,
    /// No key has its `kid` and algorithm.
    UnknownKey,
    /// The signature is not of that key.
    BadSignature,
    /// `exp` has passed.
    Expired,
    /// `nbf` is to come.
    NotYetValid,
    /// `iss` is another one.
    WrongIssuer,
    /// `aud` has not this service.
    WrongAudience,
}

impl JwtError {
    /// A sentence for the caller.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::Malformed => "the token is no JSON Web Token with `exp` and `sub`: send one",
            Self::Unsupported => "the token is not signed with RS256, ES256 or EdDSA: send one that is",
            Self::UnknownKey => "the token is signed with a key that this server does not know",
            Self::BadSignature => "the signature of the token is wrong",
            Self::Expired => "the token has expired: get a new one",
            Self::NotYetValid => "the token is not valid yet",
            Self::WrongIssuer => "the token is of an issuer that this server does not trust",
            Self::WrongAudience => "the token is for another audience",
        }
    }

    /// The reason in `google.rpc.ErrorInfo`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "TOKEN_MALFORMED",
            Self::Unsupported => "TOKEN_ALGORITHM",
            Self::UnknownKey => "TOKEN_KEY_UNKNOWN",
            Self::BadSignature => "TOKEN_SIGNATURE",
            Self::Expired => "TOKEN_EXPIRED",
            Self::NotYetValid => "TOKEN_NOT_YET_VALID",
            Self::WrongIssuer => "TOKEN_ISSUER",
            Self::WrongAudience => "TOKEN_AUDIENCE",
        }
    }
}

/// The header of a token, as far as it matters here (RFC 7515, 4.1).
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// What must be understood: of that, nothing is.
    crit: Option<Value>,
}

impl Verifier {
    /// Takes the keys of the JWKS file at `path` (RFC 7517, 5).
    ///
    /// # Errors
    /// A sentence, when the file cannot be read, is no JWKS, or has no key that can be used.
    pub fn open(path: &Path, options: JwtOptions) -> Result<Self, String> {
        let keys = ArcSwap::from_pointee(Keys::read(path)?);
        Ok(Self { path: path.to_owned(), options, keys })
    }

    /// Where the keys are.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file again. Calls that are under way are not disturbed.
    ///
    /// # Errors
    /// As [`Verifier::open`]; the keys stay as they were.
    pub fn reload(&self) -> Result<(), String> {
        self.keys.store(Keys::read(&self.path)?.into());
        Ok(())
    }

    /// Who the token is of.
    ///
    /// # Errors
    /// [`JwtError`].
    pub fn verify(&self, token: &str) -> Result<Identity, JwtError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.verify_at(token, now.as_secs_f64())
    }

    fn verify_at(&self, token: &str, now: f64) -> Result<Identity, JwtError> {
        let claims = self.claims(token)?;
        let leeway = self.options.leeway.as_secs_f64();
        let moment = |name: &str| match claims.get(name) {
            None => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or(JwtError::Malformed),
        };
        if now >= moment("exp")?.ok_or(JwtError::Malformed)? + leeway {
            return Err(JwtError::Expired);
        }
        if moment("nbf")?.is_some_and(|from| now < from - leeway) {
            return Err(JwtError::NotYetValid);
        }
        if claims.get("iss").and_then(Value::as_str) != Some(&self.options.issuer) {
            return Err(JwtError::WrongIssuer);
        }
        let audience = Some(self.options.audience.as_str());
        let meant = match claims.get("aud") {
            Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == audience),
            Some(one) => one.as_str() == audience,
            None => false,
        };
        if !meant {
            return Err(JwtError::WrongAudience);
        }
        let subject = claims.get("sub").and_then(Value::as_str).filter(|sub| !sub.is_empty());
        let subject = subject.ok_or(JwtError::Malformed)?.to_owned();
        let roles = self.options.roles.iter().filter_map(|name| claims.get(name)).flat_map(words).collect();
        Ok(Identity { subject, proof: Proof::Jwt, roles })
    }

    /// What a token says whose signature is right.
    fn claims(&self, token: &str) -> Result<Map<String, Value>, JwtError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(JwtError::Malformed)?;
        let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| JwtError::Malformed);
        let header: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| JwtError::Malformed)?;
        let algorithm = Algorithm::named(&header.alg).filter(|_| header.crit.is_none());
        let algorithm = algorithm.ok_or(JwtError::Unsupported)?;
        let keys = self.keys.load();
        let mut candidates = keys.candidates(algorithm, header.kid.as_deref()).peekable();
        candidates.peek().ok_or(JwtError::UnknownKey)?;
        let signature = decoded(signature)?;
        if !candidates.any(|key| key.signed(signed.as_bytes(), &signature)) {
            return Err(JwtError::BadSignature);
        }
        serde_json::from_slice(&decoded(claims)?).map_err(|_| JwtError::Malformed)
    }
}

/// The words of a text, or the texts of a list.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => text.split_ascii_whitespace().map(str::to_owned).collect(),
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
    use serde_json::json;

    use super::*;

    const NOW: f64 = 1_800_000_000.0;

    fn encoded(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// An issuer with a key of each kind that can be made here.
    struct Issuer {
        ec: EcdsaKeyPair,
        ed: Ed25519KeyPair,
        random: SystemRandom,
    }

    impl Issuer {
        fn new() -> Self {
            let random = SystemRandom::new();
            let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
            let ec = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
            let ed = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
            Self {
                ec: EcdsaKeyPair::from_pkcs8(algorithm, ec.as_ref(), &random).unwrap(),
                ed: Ed25519KeyPair::from_pkcs8(ed.as_ref()).unwrap(),
                random,
            }
        }

        fn jwks(&self) -> Value {
            let point = self.ec.public_key().as_ref();
            json!({"keys": [
                {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
                {"kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig",
                 "x": encoded(&point[1..33]), "y": encoded(&point[33..])},
                {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "alg": "EdDSA", "x": encoded(self.ed.public_key())},
            ]})
        }

        /// A token with this header, signed by the key that its `kid` names.
        fn token(&self, header: &Value, claims: &Value) -> String {
            let signed = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
            let signature = if header["kid"] == "ed" {
                self.ed.sign(signed.as_bytes()).as_ref().to_vec()
            } else {
                self.ec.sign(&self.random, signed.as_bytes()).unwrap().as_ref().to_vec()
            };
            format!("{signed}.{}", encoded(signature))
        }
    }

    fn verifier(folder: &Path, jwks: &Value) -> Verifier {
        let path = folder.join("jwks.json");
        std::fs::write(&path, jwks.to_string()).unwrap();
        Verifier::open(&path, JwtOptions::new("https://issuer", "users")).unwrap()
    }

    fn claims() -> Value {
        json!({"iss": "https://issuer", "aud": "users", "sub": "ada", "exp": NOW + 100.0, "scope": "read write"})
    }

    /// The claims with another value, or without it.
    fn with(name: &str, value: Value) -> Value {
        let mut claims = claims();
        claims[name] = value;
        if claims[name].is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
        claims
    }

    #[test]
    fn the_claims_decide() {
        let (folder, issuer) = (tempfile::tempdir().unwrap(), Issuer::new());
        let verifier = verifier(folder.path(), &issuer.jwks());
        let es = json!({"alg": "ES256", "kid": "ec"});
        for (name, value, expected) in [
            ("other", json!(1), None),
            ("exp", json!(NOW - 59.0), None),
            ("exp", json!(NOW - 61.0), Some(JwtError::Expired)),
            ("exp", json!("soon"), Some(JwtError::Malformed)),
            ("exp", Value::Null, Some(JwtError::Malformed)),
            ("nbf", json!(NOW + 59.0), None),
            ("nbf", json!(NOW + 61.0), Some(JwtError::NotYetValid)),
            ("iss", json!("https://issuer/"), Some(JwtError::WrongIssuer)),
            ("iss", Value::Null, Some(JwtError::WrongIssuer)),
            ("aud", json!(["others", "users"]), None),
            ("aud", json!(["others"]), Some(JwtError::WrongAudience)),
            ("aud", Value::Null, Some(JwtError::WrongAudience)),
            ("sub", Value::Null, Some(JwtError::Malformed)),
            ("sub", json!(""), Some(JwtError::Malformed)),
        ] {
            let token = issuer.token(&es, &with(name, value.clone()));
            assert_eq!(verifier.verify_at(&token, NOW).err(), expected, "{name} {value}");
        }
        let more = with("roles", json!(["admin", 7]));
        let identity = verifier.verify_at(&issuer.token(&es, &more), NOW).unwrap();
        assert_eq!((identity.subject.as_str(), identity.proof), ("ada", Proof::Jwt));
        assert_eq!(identity.roles, ["read", "write", "admin"]);
    }

    #[test]
    fn the_key_chooses_the_algorithm() {
        let (folder, issuer, other) = (tempfile::tempdir().unwrap(), Issuer::new(), Issuer::new());
        let verifier = verifier(folder.path(), &issuer.jwks());
        for (header, expected) in [
            (json!({"alg": "ES256", "kid": "ec"}), None),
            (json!({"alg": "EdDSA", "kid": "ed"}), None),
            (json!({"alg": "ES256"}), None),
            (json!({"alg": "none"}), Some(JwtError::Unsupported)),
            (json!({"alg": "None", "kid": "ec"}), Some(JwtError::Unsupported)),
            (json!({"alg": "HS256", "kid": "ec"}), Some(JwtError::Unsupported)),
            (json!({"alg": "HS256", "kid": "shared"}), Some(JwtError::Unsupported)),
            (json!({"alg": "ES256", "kid": "ed"}), Some(JwtError::UnknownKey)),
            (json!({"alg": "RS256", "kid": "ec"}), Some(JwtError::UnknownKey)),
            (json!({"alg": "ES256", "kid": "new"}), Some(JwtError::UnknownKey)),
            (json!({"alg": "ES256", "kid": "ec", "crit": ["exp"]}), Some(JwtError::Unsupported)),
            (json!({"kid": "ec"}), Some(JwtError::Malformed)),
        ] {
            let token = issuer.token(&header, &claims());
            assert_eq!(verifier.verify_at(&token, NOW).err(), expected, "{header}");
        }
        let es = json!({"alg": "ES256", "kid": "ec"});
        let good = issuer.token(&es, &claims());
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let admin = encoded(with("scope", json!("admin")).to_string());
        let forged = format!("{}.{admin}.{signature}", signed.split('.').next().unwrap());
        for (token, expected) in [
            (other.token(&es, &claims()), JwtError::BadSignature),
            (forged, JwtError::BadSignature),
            (format!("{signed}."), JwtError::BadSignature),
            (signed.to_owned(), JwtError::Malformed),
            (format!("{good}.x"), JwtError::Malformed),
            (String::new(), JwtError::Malformed),
            ("..".to_owned(), JwtError::Malformed),
        ] {
            assert_eq!(verifier.verify_at(&token, NOW).err(), Some(expected), "{token}");
        }
    }

    #[test]
    fn new_keys_are_taken_and_broken_ones_are_not() {
        let (folder, old, new) = (tempfile::tempdir().unwrap(), Issuer::new(), Issuer::new());
        let verifier = verifier(folder.path(), &old.jwks());
        let es = json!({"alg": "ES256", "kid": "ec"});
        let taken = |issuer: &Issuer| verifier.verify_at(&issuer.token(&es, &claims()), NOW).is_ok();
        std::fs::write(verifier.path(), "{").unwrap();
        assert!(verifier.reload().unwrap_err().contains("jwks.json"));
        assert!(taken(&old) && !taken(&new));
        std::fs::write(verifier.path(), new.jwks().to_string()).unwrap();
        verifier.reload().unwrap();
        assert!(!taken(&old) && taken(&new));
    }
}
