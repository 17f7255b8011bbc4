//! The service of `[gate]` once more, on a store of its own: for sequences that ask what is promised of a server in which
//! nothing is yet. Each of them gets one that was just started; the service under test goes on beside it, untouched.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::interrupt::Stop;
use super::service::{self, Service};
use super::{Context, config};
use crate::client::{Call, CallError, Exchange, Greeting, H2Transport, Target, Transport};
use crate::contract::Reset;

/// How long a service that says it is ready may take until it answers.
const READY: Duration = Duration::from_secs(5);

/// Calls the service under test, or for a time another one in its place.
#[derive(Debug, Clone)]
pub struct Following {
    main: H2Transport,
    other: Arc<Mutex<Option<H2Transport>>>,
}

impl Following {
    /// Calls this one, until it is led elsewhere.
    pub fn new(main: H2Transport) -> Following {
        Following { main, other: Arc::default() }
    }

    fn now(&self) -> H2Transport {
        let other = self.other.lock().unwrap_or_else(PoisonError::into_inner);
        other.as_ref().unwrap_or(&self.main).clone()
    }

    fn lead(&self, to: Option<H2Transport>) {
        *self.other.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }
}

impl Transport for Following {
    async fn call(&self, call: &Call) -> Result<Exchange, CallError> {
        self.now().call(call).await
    }

    async fn call_through_window(&self, call: &Call, window: u32) -> Result<Exchange, CallError> {
        self.now().call_through_window(call, window).await
    }

    async fn greet(&self, within: Duration) -> Option<Result<Greeting, CallError>> {
        self.now().greet(within).await
    }
}

/// Starts the service again and leads the calls to it. Nothing where a second one would want the port of the first.
pub fn reset(following: &Following, context: &Context, stop: &Stop) -> Option<Reset> {
    let gate = context.config.gate.clone();
    gate.target.as_ref().is_none_or(|target| target.contains("{port}")).then_some(())?;
    let (folder, stop) = (context.config.folder.clone(), stop.clone());
    let twin: Twin = Arc::default();
    let (to, of_twin) = (following.clone(), twin.clone());
    let does = move || {
        let start = start(gate.clone(), folder.clone(), stop.clone());
        let (to, twin) = (to.clone(), of_twin.clone());
        async move {
            let service = start.await?;
            let target: Target = service.target.parse().map_err(|error: CallError| error.to_string())?;
            let transport = to.main.elsewhere(target);
            transport.ready(READY).await.map_err(|error| error.to_string())?;
            to.lead(Some(transport));
            end(twin.lock().unwrap_or_else(PoisonError::into_inner).replace(service));
            Ok(())
        }
    };
    let back = following.clone();
    let leaves = move || {
        back.lead(None);
        end(twin.lock().unwrap_or_else(PoisonError::into_inner).take());
    };
    Some(Reset::new(does).to_another(leaves))
}

/// The service that is called now in the place of the one under test.
type Twin = Arc<Mutex<Option<Service>>>;

/// Starting a process and waiting for its first words would keep the calls waiting.
async fn start(gate: config::Gate, folder: std::path::PathBuf, stop: Stop) -> Result<Service, String> {
    let started = tokio::task::spawn_blocking(move || service::start(&gate, &folder, &stop)).await;
    started.map_err(|error| error.to_string())?.map_err(|diagnostic| diagnostic.message)
}

/// A service takes its time to stop, and nobody waits for it.
fn end(service: Option<Service>) {
    if let Some(service) = service {
        tokio::task::spawn_blocking(move || drop(service));
    }
}
