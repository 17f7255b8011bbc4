//! Waiting for a server that is still starting: until it takes connections, and until its health service, where it
//! has one, does not say otherwise. What else the server does wrong is not looked at.

use std::time::Duration;

use tokio::time::Instant;

use super::{Call, CallError, Code, H2Transport, Step, Transport as _};

const CHECK: &str = "/grpc.health.v1.Health/Check";
/// `HealthCheckResponse { status: NOT_SERVING }`.
const NOT_SERVING: &[u8] = &[8, 2];
/// How long one answer may take. A server that is slower than that is not starting, it is slow.
const DEADLINE: Duration = Duration::from_secs(1);
/// Between two questions: the first time, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

impl H2Transport {
    /// Waits until the server takes connections ([`ready`](H2Transport::ready)) and neither its health service says
    /// NOT_SERVING nor anything in its place UNAVAILABLE, as gateways do whose upstream is starting. `metadata` goes
    /// with the question. Any other answer is one of a server that runs.
    ///
    /// Without time to wait the server is taken as it is, once it has taken a connection.
    ///
    /// # Errors
    /// The last reason, when `within` has passed; at once, where time mends nothing.
    pub async fn serving(&self, within: Duration, metadata: &[(String, Vec<u8>)]) -> Result<(), CallError> {
        let started = Instant::now();
        self.ready(within).await?;
        if within.is_zero() {
            return Ok(());
        }
        let mut pause = PAUSES.0;
        loop {
            let reason = match self.unready(metadata).await {
                Ok(None) => return Ok(()),
                Ok(Some(said)) => CallError::not_ready(self.target().authority().as_str(), said, within),
                // It took a connection and does not now.
                Err(error) if error.is_unreachable() => error,
                Err(error) => return Err(error),
            };
            if started.elapsed() + pause >= within {
                return Err(reason);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Why the server is not ready, in its own words.
    async fn unready(&self, metadata: &[(String, Vec<u8>)]) -> Result<Option<String>, CallError> {
        let script = vec![Step::Send(Vec::new().into()), Step::HalfClose];
        let call = Call { path: CHECK.to_owned(), metadata: metadata.to_vec(), deadline: DEADLINE, script };
        let exchange = self.call(&call).await?;
        let status = exchange.status();
        Ok(match status.code {
            Code::Unavailable => Some(format!("it answers UNAVAILABLE ({})", status.message)),
            Code::Ok if exchange.messages.iter().any(|(_, message)| message.as_ref() == NOT_SERVING) => {
                Some("its health service says NOT_SERVING".to_owned())
            }
            _ => None,
        })
    }
}
