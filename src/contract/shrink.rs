//! From a failing input to the least that fails in the same way. Knows no wire: it asks the judge.

use proptest::strategy::ValueTree as _;

use super::{
    Method,
    input::{Input, simpler},
    judge::{Failure, Judge},
};
use crate::{client::Transport, values::Shrinking};

/// The most calls one failure may cost to shrink.
const BUDGET: usize = 600;
/// The same for a failure that takes a whole deadline each time.
const SLOW_BUDGET: usize = 12;
/// How often the result is sent again.
pub(super) const CONFIRM: usize = 3;

/// The least input with the failure's key, the failure as it was seen there, and how many of [`CONFIRM`]
/// repetitions showed it.
pub(super) async fn shrink<T: Transport>(
    judge: &Judge<'_, T>,
    method: &Method,
    input: Input,
    failure: Failure,
) -> (Input, Failure, usize) {
    let mut tree = Shrinking::new(input.clone(), simpler);
    let mut least = (input, failure);
    let mut fails = true;
    for _ in 0..if least.1.key.cause == "HANG" { SLOW_BUDGET } else { BUDGET } {
        if !(if fails { tree.simplify() } else { tree.complicate() }) {
            break;
        }
        let trial = tree.current();
        let seen = again(judge, method, &trial, &least.1).await;
        fails = seen.is_some();
        if let Some(failure) = seen {
            least = (trial, failure);
        }
    }
    let mut confirmed = 0;
    for _ in 0..CONFIRM {
        confirmed += usize::from(again(judge, method, &least.0, &least.1).await.is_some());
    }
    (least.0, least.1, confirmed)
}

pub(super) async fn again<T: Transport>(
    judge: &Judge<'_, T>,
    method: &Method,
    input: &Input,
    failure: &Failure,
) -> Option<Failure> {
    let judged = judge.judge(method, input).await;
    judged.failures.into_iter().find(|seen| seen.key == failure.key)
}
