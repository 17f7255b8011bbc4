//! No certificate to show, and a note of whether a server wanted one.
//!
//! A server that turns us away for it says so in an alert, which the end of the connection can overtake.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use tokio_rustls::rustls::{SignatureScheme, client::ResolvesClientCert, sign::CertifiedKey};

#[derive(Debug, Default)]
pub(super) struct Asked(AtomicBool);

impl Asked {
    pub fn by_somebody(&self) -> bool {
        self.0.load(Relaxed)
    }
}

impl ResolvesClientCert for Asked {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.store(true, Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}
