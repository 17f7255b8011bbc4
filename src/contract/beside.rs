//! The calls that a case needs beside its own: what it is compared with, and what goes on meanwhile.

use std::{sync::atomic::Ordering, time::Duration};

use super::{
    Class, Method, compare, cover,
    input::Input,
    judge::{Judge, is_busy, lost},
    requests, streams,
};
use crate::client::{CallError, Code, Exchange, Step, Transport};

/// A limit of so many calls a second is a fresh one after this time.
const LETS_GO: Duration = Duration::from_millis(1100);

/// How often [`Class::Cancel`] cancels.
const CANCELS: usize = 8;

/// How many calls [`Class::Parallel`] makes at once.
pub(super) const AT_ONCE: usize = 4;

/// How many other requests are tried to see whether a method ends.
const OTHERS: u64 = 3;

impl<T: Transport> Judge<'_, T> {
    /// Plainly, in the variant, and plainly again. A method that writes gets other names each time, or the second
    /// call would meet what the first one made.
    pub(super) async fn compared(
        &self,
        method: &Method,
        input: &Input,
    ) -> Result<(Exchange, Vec<Exchange>), CallError> {
        let salted = |turn: u64| match method.reads {
            true => input.clone(),
            false => input.renewed(method, self.salt(method, input, turn)),
        };
        let plain = |turn| salted(turn).plain_call(method, self.metadata, self.deadline);
        let mut base = vec![self.patient(&plain(1)).await?];
        let with = self.patient(&self.call_of(method, &self.variant(method, input))).await?;
        // A server that died of it cannot be asked again.
        if !lost(&with) {
            base.push(self.patient(&plain(2)).await?);
        }
        Ok((with, base))
    }

    /// The first time as the case has it, so that what is shown is what was sent.
    pub(super) fn variant(&self, method: &Method, input: &Input) -> Input {
        let again = self.again.load(Ordering::Relaxed);
        if again == 0 || !input.class.is_compared() {
            return input.clone();
        }
        let renewed =
            if method.reads { input.clone() } else { input.renewed(method, self.salt(method, input, 3)) };
        // A value that was taken over once is no other value any more.
        if input.class == Class::Immutable { requests::moved_on(method, &renewed, again) } else { renewed }
    }

    /// For names that no other case has, the same for the same case. No clock and no count of calls has a part in
    /// it: the cases must not depend on the number of workers.
    pub(super) fn salt(&self, method: &Method, input: &Input, turn: u64) -> u64 {
        let again = self.again.load(Ordering::Relaxed);
        let sent = input.plain(method).iter().fold(0, |salt, step| match step {
            Step::Send(bytes) | Step::Raw(bytes) => cover::hash(&[&u64::to_le_bytes(salt), bytes]),
            _ => salt,
        });
        let words = [sent, turn, again].map(u64::to_le_bytes);
        cover::hash(&[method.name.as_bytes(), input.label.as_bytes(), &words.concat()]) >> 24
    }

    /// Other plain requests to the method, up to the first that is answered with OK.
    pub(super) async fn others(&self, method: &Method, input: &Input) -> Result<Vec<Exchange>, CallError> {
        let mut others = Vec::new();
        for turn in 0..OTHERS {
            let typical = method.typical(self.salt(method, input, turn));
            let call =
                Input::valid(method, "", vec![typical]).plain_call(method, self.metadata, self.deadline);
            others.push(self.patient(&call).await?);
            if others.last().is_some_and(|other| other.status().code == Code::Ok) {
                break;
            }
        }
        Ok(others)
    }

    /// Alone, and then several times at once: of those the first that differs, or else the last.
    pub(super) async fn parallel(
        &self,
        method: &Method,
        input: &Input,
    ) -> Result<(Exchange, Vec<Exchange>), CallError> {
        let call = self.call_of(method, input);
        let alone = self.patient(&call).await?;
        let together = futures_util::future::try_join_all((0..AT_ONCE).map(|_| self.patient(&call))).await?;
        let differs = |it: &Exchange| compare::difference(method, &alone, it).is_some();
        let at = together.iter().position(differs).unwrap_or(AT_ONCE - 1);
        let after = self.patient(&call).await?;
        Ok((together.into_iter().nth(at).unwrap_or_else(|| alone.clone()), vec![alone, after]))
    }

    /// A plain call, the cancelled one, and a plain call again, which is what is judged.
    pub(super) async fn cancelled(
        &self,
        method: &Method,
        input: &Input,
    ) -> Result<(Exchange, Vec<Exchange>), CallError> {
        let plain = |turn: u64| {
            let typical = method.typical(self.salt(method, input, turn));
            Input::valid(method, "", vec![typical]).plain_call(method, self.metadata, self.deadline)
        };
        let before = self.patient(&plain(1)).await?;
        let mut cancelled = self.call(&self.call_of(method, input)).await?;
        // What one of them leaves behind is often not missed before there are several.
        for _ in 1..CANCELS {
            cancelled = self.call(&self.call_of(method, input)).await?;
        }
        let mut after = self.patient(&plain(2)).await?;
        if is_busy(&after) && !is_busy(&before) {
            // A limit of calls lets go in time, and what cancelled calls still hold does not.
            tokio::time::sleep(LETS_GO).await;
            after = self.patient(&plain(3)).await?;
        }
        Ok((after, vec![before, cancelled]))
    }

    /// A call whose response is not read for a while, and another one alone and meanwhile.
    pub(super) async fn beside(
        &self,
        method: &Method,
        input: &Input,
    ) -> Result<(Exchange, Vec<Exchange>), CallError> {
        let Some(sibling) = self.sibling else {
            return Ok((self.call(&self.call_of(method, input)).await?, Vec::new()));
        };
        let typical = sibling.typical(0);
        let other =
            Input::valid(sibling, "", vec![typical]).plain_call(sibling, self.metadata, self.deadline);
        let alone = self.patient(&other).await?;
        let unread = self.call_of(method, input);
        self.calls.fetch_add(1, Ordering::Relaxed);
        let unread = self.transport.call_through_window(&unread, streams::WINDOW);
        let meanwhile = async {
            tokio::time::sleep(streams::HEAD_START).await;
            self.patient(&other).await
        };
        let (unread, meanwhile) = futures_util::future::try_join(unread, meanwhile).await?;
        Ok((unread, vec![alone, meanwhile]))
    }
}
