//! Requests in gzip. Knows how to make one and whether the server takes any.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};

use super::Probing;
use crate::client::{Exchange, Step, Transport};

/// One message in gzip behind a prefix that says so, and the half-close.
fn script(message: &[u8]) -> Option<Vec<Step>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(message).ok()?;
    let body = encoder.finish().ok()?;
    let length = u32::try_from(body.len()).ok()?;
    let framed = [&[1][..], &length.to_be_bytes(), &body].concat();
    Some(vec![Step::Raw(framed.into()), Step::HalfClose])
}

pub(super) async fn call<T: Transport>(
    probing: &Probing<'_, T>,
    path: &str,
    message: &[u8],
) -> Option<Exchange> {
    let encoding = ("grpc-encoding".to_owned(), b"gzip".to_vec());
    let metadata = probing.metadata.iter().cloned().chain([encoding]).collect();
    probing.call_with(path, metadata, script(message)?, probing.deadline).await
}

/// Whether a message in gzip is answered as the same one in the open is.
pub(super) async fn is_taken<T: Transport>(
    probing: &Probing<'_, T>,
    path: &str,
    message: &[u8],
    base: &Exchange,
) -> bool {
    call(probing, path, message).await.is_some_and(|seen| seen.outcome() == base.outcome())
}
