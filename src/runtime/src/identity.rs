//! Who calls, and how that is known.

use std::fmt;

/// The caller of a call that had to say who it is: an extension of the request, behind an `Arc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name: of a token in the configuration, the `sub` of a JWT, the name in a certificate.
    pub subject: String,
    /// How it was shown.
    pub proof: Proof,
    /// What it may do, as methods ask for it.
    pub roles: Vec<String>,
}

impl Identity {
    /// Whether it has one of `roles`.
    #[must_use]
    pub fn has_any(&self, roles: &[String]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }
}

/// How an [`Identity`] was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A bearer token of the configuration.
    Token,
    /// A signed JSON Web Token.
    Jwt,
    /// The certificate of the connection.
    Certificate,
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "token",
            Self::Jwt => "jwt",
            Self::Certificate => "certificate",
        })
    }
}
