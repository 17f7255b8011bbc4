//! From a failing input to the least that fails in the same way. Knows no wire: it asks the judge.

use proptest::strategy::ValueTree as _;

use super::{
    Class, Level, Method,
    checks::{LATENCY_BOUND, UNANSWERED},
    input::{Input, simpler},
    judge::{Failure, Judge},
    malformed,
};
use crate::{
    client::{CallError, Transport},
    diag::Severity,
    values::Shrinking,
};

/// The most calls one failure may cost to shrink.
const BUDGET: usize = 600;
/// The same for a failure that takes a whole deadline each time.
const SLOW_BUDGET: usize = 12;
/// The cause of a failure that takes a whole deadline each time.
pub(super) const HANG: &str = "HANG";
/// The causes of such failures.
const SLOW: [&str; 2] = [HANG, "ENDLESS"];
/// How often the result is sent again.
pub(super) const CONFIRM: usize = 3;

/// A failure on its way down. Whoever stops the shrinking finds here how far it came.
pub(super) struct Shrunk {
    /// The least input so far.
    pub input: Input,
    /// The failure as it was seen there.
    pub failure: Failure,
    /// How many of [`CONFIRM`] repetitions showed it; nothing before they are done.
    pub confirmed: Option<usize>,
}

impl Shrunk {
    /// How sure a finding is, from how often it was seen again.
    pub fn severity(&self) -> Severity {
        // What depends on others that write at the same time, or on time itself, can err; what is not seen again each
        // time is no finding then.
        let doubtful = match (self.confirmed, self.input.class) {
            (Some(times), _) if self.failure.key.cause == UNANSWERED => times < CONFIRM,
            (Some(times), _) if self.failure.key.check == LATENCY_BOUND => times < CONFIRM,
            (Some(times), Class::Backpressure | Class::Deadline) => times < CONFIRM,
            (Some(0), class) => class.is_compared() || matches!(class, Class::Repeat | Class::Parallel),
            _ => false,
        };
        if doubtful || self.failure.doubtful || self.failure.check.level == Level::Warn {
            Severity::Warning
        } else {
            Severity::Error
        }
    }

    /// A busy server answers late once, and is no finding then.
    pub fn is_chance(&self) -> bool {
        self.failure.key.cause == UNANSWERED && self.confirmed == Some(0)
    }

    pub fn new(input: Input, failure: Failure) -> Shrunk {
        Shrunk { input, failure, confirmed: None }
    }
}

/// Walks down to the least input with the failure's key, and repeats it. Stops where the server is gone.
pub(super) async fn shrink<T: Transport>(judge: &Judge<'_, T>, method: &Method, shrunk: &mut Shrunk) {
    let impatient = judge.impatient();
    let waits = SLOW.contains(&&*shrunk.failure.key.cause);
    let judge = if waits { &impatient } else { judge };
    let mut tree = Shrinking::new(shrunk.input.clone(), simpler);
    let mut fails = true;
    let is_slow = waits || matches!(shrunk.input.class, Class::Backpressure | Class::Deadline);
    for _ in 0..if is_slow { SLOW_BUDGET } else { BUDGET } {
        if !(if fails { tree.simplify() } else { tree.complicate() }) {
            break;
        }
        let trial = tree.current();
        if !malformed::is_still(&trial, method) {
            fails = false;
            continue;
        }
        let Ok(seen) = again(judge, method, &trial, &shrunk.failure).await else { return };
        fails = seen.is_some();
        if let Some(failure) = seen {
            shrunk.input = trial;
            shrunk.failure = failure;
        }
    }
    let mut confirmed = 0;
    for _ in 0..CONFIRM {
        let Ok(seen) = again(judge, method, &shrunk.input, &shrunk.failure).await else { return };
        confirmed += usize::from(seen.is_some());
    }
    shrunk.confirmed = Some(confirmed);
}

/// # Errors
/// The server cannot be called any more.
async fn again<T: Transport>(
    judge: &Judge<'_, T>,
    method: &Method,
    input: &Input,
    failure: &Failure,
) -> Result<Option<Failure>, CallError> {
    judge.again.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let judged = judge.judge(method, input).await;
    match judged.unreachable {
        Some(error) => Err(error),
        None => Ok(judged.failures.into_iter().find(|seen| seen.key == failure.key)),
    }
}
