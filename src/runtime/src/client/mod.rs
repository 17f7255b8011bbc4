//! A connection to a service of several instances, for generated clients to stand on: it spreads calls over the instances,
//! gives each call a deadline, and repeats what may be repeated.
//!
//! - **Balance**: of two instances drawn at random the one with fewer calls under way (the power of two choices). An
//!   instance that cannot be reached, or says `UNAVAILABLE`, is left out for a while that doubles each time.
//! - **Deadline**: `grpc-timeout` on every call, the caller's or that of [`Options`], over all attempts together.
//! - **Retries**: as gRFC A6 has it (<https://github.com/grpc/proposal/blob/master/A6-client-retries.md>). A call that has
//!   never left is repeated whatever it is; one that ended with `UNAVAILABLE` before its first answer only where the schema
//!   says that this does no harm (`idempotency_level`). The server's word on when (`grpc-retry-pushback-ms`,
//!   `google.rpc.RetryInfo`) counts. A [budget](Options::retry_tokens) ends it when most calls fail, so that a service that
//!   is down is not asked more often than one that is up.
//! - **Context**: each call has a `traceparent` and an `x-request-id`, the caller's or new ones, the same in all attempts.
//!
//! ```no_run
//! # async fn example(descriptors: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//! use protogate_runtime::client::{Balanced, Calls, Options};
//!
//! let instances = ["http://10.0.0.1:50051", "http://10.0.0.2:50051"];
//! let calls = Calls::from_descriptor_set(descriptors)?;
//! let channel = Balanced::new(instances.map(str::parse).into_iter().collect::<Result<Vec<_>, _>>()?, calls, Options::default());
//! // let users = UserServiceClient::new(channel);
//! # Ok(())
//! # }
//! ```

mod attempt;
mod balance;
mod budget;
mod calls;
mod flight;
mod outcome;

use std::sync::Arc;
use std::time::Duration;

use tonic::transport::{Channel, Endpoint};

pub use calls::Calls;

use balance::Instances;
use budget::Budget;

/// What a caller decides.
#[derive(Debug, Clone)]
pub struct Options {
    /// The deadline of a call whose caller gives none.
    pub deadline: Duration,
    /// How often a call is made at most, the first time included.
    pub attempts: u32,
    /// How long the first wait between two attempts may be; the next may be twice that. The wait itself is drawn between
    /// nothing and this.
    pub backoff: Duration,
    /// The longest wait.
    pub longest_backoff: Duration,
    /// The budget of retries: it begins with so many tokens, a failed attempt takes one, a call that succeeds gives a tenth
    /// of one back, and nothing is repeated while half of them or fewer are there.
    pub retry_tokens: u32,
    /// Requests above this, in bytes, are not kept for a second attempt.
    pub largest_request: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(10),
            attempts: 4,
            backoff: Duration::from_millis(50),
            longest_backoff: Duration::from_secs(1),
            retry_tokens: 100,
            largest_request: 1 << 20,
        }
    }
}

/// A channel to several instances of a service, for the clients that tonic generates. Cheap to clone; the clones share
/// connections, what is known of the instances, and the budget.
#[derive(Debug, Clone)]
pub struct Balanced(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    instances: Instances,
    calls: Calls,
    options: Options,
    budget: Budget,
}

impl Balanced {
    /// A channel to these instances, which are reached when they are first called. TLS, credentials of a connection and the
    /// time it may take to connect are those of each endpoint; what an endpoint leaves open is kept alive and given up soon.
    #[must_use]
    pub fn new(endpoints: Vec<Endpoint>, calls: Calls, options: Options) -> Self {
        let lazy = |endpoint: Endpoint| -> Channel {
            endpoint
                .connect_timeout(Duration::from_secs(2))
                .http2_keep_alive_interval(Duration::from_secs(20))
                .keep_alive_timeout(Duration::from_secs(5))
                .keep_alive_while_idle(true)
                .tcp_nodelay(true)
                .connect_lazy()
        };
        let instances = Instances::new(endpoints.into_iter().map(lazy).collect());
        let budget = Budget::new(options.retry_tokens);
        Self(Arc::new(Shared { instances, calls, options, budget }))
    }

    /// How many attempts beyond the first were made so far, and how many the budget refused.
    #[must_use]
    pub fn retries(&self) -> (u64, u64) {
        self.0.budget.counts()
    }
}
