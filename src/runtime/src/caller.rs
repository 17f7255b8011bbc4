//! Who calls, as far as a number tells.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Arc;

use http::Request;
use tonic::body::Body;

use crate::identity::Identity;
use crate::peer::Peer;

/// A caller is its identity, else its address (of IPv6, its network of 64 bits, which is what one customer is given). No
/// caller can choose its number, which is never 0.
pub(crate) fn caller(request: &Request<Body>, hasher: &RandomState) -> u64 {
    let hash = match (request.extensions().get::<Arc<Identity>>(), Peer::addr_of(request.extensions())) {
        (Some(identity), _) => hasher.hash_one(("identity", &*identity.subject)),
        (None, Some(addr)) => hasher.hash_one(match addr.ip().to_canonical() {
            IpAddr::V4(four) => u128::from(four.to_bits()),
            IpAddr::V6(six) => six.to_bits() >> 64 << 64,
        }),
        (None, None) => hasher.hash_one("nobody"),
    };
    hash.max(1)
}
