//! Streaming calls that are given up half-way, a few at a time.

use std::time::Duration;

use futures_util::StreamExt as _;

use super::Probing;
use crate::{
    client::{Step, Transport},
    contract::Method,
};

/// Under way at once. Few, and each given time to be accepted: servers close connections over resets of calls
/// that they have not looked at yet.
const AT_ONCE: usize = 4;
/// Enough to be accepted, and for its first reply.
const BREATH: Duration = Duration::from_millis(20);

/// One method of each kind of stream; unary ones where there is no stream.
pub(super) fn kinds<'a, T>(probing: &Probing<'a, T>) -> Vec<&'a Method> {
    let kind = |method: &Method| (method.desc.is_client_streaming(), method.desc.is_server_streaming());
    let of = |wanted| probing.methods.iter().copied().find(|method| kind(method) == wanted);
    let streams: Vec<_> = [(false, true), (true, false), (true, true)].into_iter().filter_map(of).collect();
    if streams.is_empty() { of((false, false)).into_iter().collect() } else { streams }
}

/// Starts this many calls and cancels each while it is open.
pub(super) async fn cancel<T: Transport>(probing: &Probing<'_, T>, method: &Method, count: u64) {
    let path = method.path();
    let calls = (0..count).map(|index| {
        let send = Step::Send(probing.typical(method, index).into());
        // A request stream stays open; a single request is complete, so that the server begins to answer.
        let script = match method.desc.is_client_streaming() {
            true => vec![send, Step::Pause(BREATH), Step::Cancel],
            false => vec![send, Step::HalfClose, Step::Pause(BREATH), Step::Cancel],
        };
        probing.call(&path, script)
    });
    futures_util::stream::iter(calls).buffer_unordered(AT_ONCE).for_each(|_| async {}).await;
}
