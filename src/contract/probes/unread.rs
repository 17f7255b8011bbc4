//! A client that sends all the time and reads nothing, and what the server's memory does meanwhile.

use std::time::Duration;

use bytes::Bytes;

use super::Probing;
use crate::{
    client::{Step, Transport},
    contract::{Method, streams},
    values,
};

/// Long messages, of 8 KiB where the type has a text: 40 MiB of them, a pause after each 128 KiB.
const MESSAGES: usize = 5120;
const BETWEEN: usize = 16;
const BREATH: Duration = Duration::from_millis(10);
/// How often memory is looked at, and how long after the last time.
const LOOKS: usize = 6;
const APART: Duration = Duration::from_millis(400);

/// What `look` says while the call is open, time after time. Fewer, or nothing, where it ends early or cannot be made.
pub(super) async fn sizes<T: Transport>(
    probing: &Probing<'_, T>,
    method: &Method,
    look: impl Fn() -> Option<u64>,
) -> Vec<u64> {
    let message = Bytes::from(values::encode(&streams::large(method, probing.seed)));
    let mut script = vec![Step::StopReading(0)];
    for number in 0..MESSAGES {
        script.push(Step::Send(message.clone()));
        if number % BETWEEN == 0 {
            script.push(Step::Pause(BREATH));
        }
    }
    // It ends when we have seen enough, and not before.
    let deadline = APART.saturating_mul(u32::try_from(LOOKS * 4).unwrap_or(u32::MAX));
    let path = method.path();
    let call = probing.call_with(&path, probing.metadata.to_vec(), script, deadline);
    let mut sizes = Vec::new();
    let looking = async {
        for _ in 0..LOOKS {
            tokio::time::sleep(APART).await;
            sizes.extend(look());
        }
    };
    tokio::select! {
        _ = call => {}
        () = looking => {}
    }
    sizes
}
