//! The public keys of a JWKS file (RFC 7517), and their signatures.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

/// The ways of signing that are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Es256,
    EdDsa,
}

impl Algorithm {
    /// By its name in RFC 7518 and RFC 8037.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" => Some(Self::EdDsa),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// A public key and the one algorithm it is used with.
#[derive(Debug)]
pub(super) struct Key {
    kid: Option<String>,
    public: Public,
}

#[derive(Debug)]
enum Public {
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
    /// An uncompressed point.
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// A key as the file has it.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

impl Key {
    /// `None` for a key of another kind or use: a file may have those for others (RFC 7517, 5).
    fn new(jwk: &Jwk) -> Option<Self> {
        let bytes = |field: &Option<String>| URL_SAFE_NO_PAD.decode(field.as_ref()?).ok();
        let public = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => Public::Rsa(RsaPublicKeyComponents { n: bytes(&jwk.n)?, e: bytes(&jwk.e)? }),
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes(&jwk.x)?, bytes(&jwk.y)?);
                // SEC 1, 2.3.3: 4 says that both coordinates follow.
                Public::P256([&[4][..], &x, &y].concat()).filter_length(65)?
            }
            ("OKP", Some("Ed25519")) => Public::Ed25519(bytes(&jwk.x)?).filter_length(32)?,
            _ => return None,
        };
        let key = Self { kid: jwk.kid.clone(), public };
        let ours = |alg: &String| alg == key.algorithm().name();
        let signs = jwk.usage.as_ref().is_none_or(|usage| usage == "sig");
        (signs && jwk.alg.as_ref().is_none_or(ours)).then_some(key)
    }

    fn algorithm(&self) -> Algorithm {
        match self.public {
            Public::Rsa(_) => Algorithm::Rs256,
            Public::P256(_) => Algorithm::Es256,
            Public::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    /// Whether `signature` is this key's, under `message`.
    pub(super) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.public {
            Public::Rsa(key) => key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
            Public::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Public::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
        }
        .is_ok()
    }
}

impl Public {
    fn filter_length(self, length: usize) -> Option<Self> {
        match &self {
            Self::P256(bytes) | Self::Ed25519(bytes) if bytes.len() != length => None,
            _ => Some(self),
        }
    }
}

/// The keys of a file.
#[derive(Debug)]
pub(super) struct Keys(Vec<Key>);

impl Keys {
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let name = path.display();
        let text = std::fs::read(path).map_err(|error| format!("cannot read {name} ({error})"))?;
        let file: Jwks = serde_json::from_slice(&text)
            .map_err(|error| format!("{name} is no JWKS ({error}): it has {{\"keys\": [...]}}"))?;
        let keys: Vec<Key> = file.keys.iter().filter_map(Key::new).collect();
        if keys.is_empty() {
            return Err(format!("{name} has no public key for RS256, ES256 or EdDSA: add one"));
        }
        Ok(Self(keys))
    }

    /// The keys that may have signed a token with this header. Without a `kid`, any of the algorithm.
    pub(super) fn candidates(&self, algorithm: Algorithm, kid: Option<&str>) -> impl Iterator<Item = &Key> {
        let named = move |key: &&Key| kid.is_none_or(|kid| key.kid.as_deref() == Some(kid));
        self.0.iter().filter(move |key| key.algorithm() == algorithm).filter(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7515, A.2: a key and what it signed.
    const N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    const SIGNED: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    fn read(jwks: &str) -> Result<Keys, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("jwks"), jwks).unwrap();
        Keys::read(&folder.path().join("jwks"))
    }

    #[test]
    fn the_signature_of_the_rfc_is_right() {
        let keys = read(&format!(r#"{{"keys": [{{"kty": "RSA", "n": "{N}", "e": "AQAB"}}]}}"#)).unwrap();
        let key = keys.candidates(Algorithm::Rs256, None).next().unwrap();
        let mut signature = URL_SAFE_NO_PAD.decode(SIGNATURE).unwrap();
        assert!(key.signed(SIGNED.as_bytes(), &signature));
        signature[7] ^= 1;
        assert!(!key.signed(SIGNED.as_bytes(), &signature));
    }

    #[test]
    fn keys_for_something_else_are_left_out() {
        for key in [
            format!(r#"{{"kty": "RSA", "n": "{N}", "e": "AQAB", "use": "enc"}}"#),
            format!(r#"{{"kty": "RSA", "n": "{N}", "e": "AQAB", "alg": "PS256"}}"#),
            r#"{"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}"#.to_owned(),
            r#"{"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"}"#.to_owned(),
            r#"{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}"#.to_owned(),
            r#"{"kty": "OKP", "crv": "Ed25519", "x": "AA"}"#.to_owned(),
            r#"{"kty": "RSA", "n": "!", "e": "AQAB"}"#.to_owned(),
        ] {
            let refused = read(&format!(r#"{{"keys": [{key}]}}"#)).unwrap_err();
            assert!(refused.contains("no public key"), "{key}: {refused}");
        }
        assert!(read("[]").unwrap_err().contains("no JWKS"));
    }
}
