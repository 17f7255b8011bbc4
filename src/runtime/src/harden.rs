//! The layers in their order, as one.

use std::time::Duration;

use tower::Layer;

use crate::deadline::MethodCaps;
use crate::{Budget, DeadlineLayer, PanicLayer, ProtocolLayer, SizeLayer, Worn};

/// What can be chosen about [`harden`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Harden {
    /// The longest that any call may take; none unless set.
    pub cap: Option<Duration>,
    /// The longest that the calls to some methods may take.
    pub methods: MethodCaps,
    /// The largest message of a request, in bytes: 4 MiB unless set, as tonic has it.
    pub limit: usize,
    /// The bytes that large messages of all calls may have together: 256 MiB unless set.
    pub budget: Budget,
}

impl Default for Harden {
    fn default() -> Self {
        Self {
            cap: None,
            methods: MethodCaps::default(),
            limit: 4 * 1024 * 1024,
            budget: Budget::new(256 * 1024 * 1024),
        }
    }
}

impl Harden {
    /// The same with another longest call.
    #[must_use]
    pub fn with_cap(self, cap: Duration) -> Self {
        Self { cap: Some(cap), ..self }
    }

    /// The same with longest calls for some methods: the first pattern that matches counts.
    #[must_use]
    pub fn with_method_caps(self, methods: MethodCaps) -> Self {
        Self { methods, ..self }
    }

    /// The same with another largest message. Keep it at or below the limit of the service itself.
    #[must_use]
    pub fn with_limit(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// The same with another budget for large messages: not below the largest message that passes.
    #[must_use]
    pub fn with_budget(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }
}

/// Every layer that needs no choice. The panic layer is outermost, and catches those of the others too.
#[must_use]
pub fn harden(options: Harden) -> HardenLayer {
    HardenLayer(options)
}

/// What [`harden`] returns.
#[derive(Debug, Clone)]
pub struct HardenLayer(Harden);

/// A service under a [`HardenLayer`].
pub type Hardened<S> = Worn<PanicLayer, Worn<ProtocolLayer, Worn<DeadlineLayer, Worn<SizeLayer, S>>>>;

impl<S> Layer<S> for HardenLayer {
    type Service = Hardened<S>;

    fn layer(&self, inner: S) -> Hardened<S> {
        let Harden { cap, methods, limit, budget } = self.0.clone();
        let inner = DeadlineLayer { cap, methods }.layer(SizeLayer { limit, budget }.layer(inner));
        PanicLayer.layer(ProtocolLayer.layer(inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Script, call, request, request_of};

    #[tokio::test]
    async fn every_layer_is_worn() {
        let layer = harden(Harden::default().with_cap(Duration::from_millis(50)).with_limit(2));
        let large = request_of(&[&[0, 0, 0, 0, 3]]);
        for (script, request, code) in [
            (Script::PanicInBody, request(), "13"),
            (Script::Endless, request(), "4"),
            (Script::ReadThenOk, large, "8"),
            (Script::Ok, request(), "0"),
        ] {
            assert_eq!(call(layer.clone(), script, request).await.status("grpc-status"), code, "{script:?}");
        }
        let page = http::Request::get("/").body(tonic::body::Body::empty()).unwrap();
        assert_eq!(call(layer, Script::Ok, page).await.http, 405);
    }
}
