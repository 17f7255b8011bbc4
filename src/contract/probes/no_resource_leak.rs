//! Whether the server's memory stays where it is while calls are cancelled, and while a client does not read.

use super::{Found, Level, Probe, Probing, Question, streams, unread};
use crate::{
    client::Transport,
    contract::Method,
    diag::{RuleInfo, Severity},
};

pub(super) static PROBE: Probe = Probe {
    info: RuleInfo {
        id: "PG154",
        name: "no_resource_leak",
        summary: "The server's memory does not grow with every cancelled call, nor with what a client leaves unread.",
        explain: "Rounds of 100 cancelled streams, and after each the resident memory of the process `--pid N` \
                  (or of the service that the gate started). The first rounds warm caches and allocators up; \
                  when each later one takes at least 256 KiB more, the calls leave something behind. It looks \
                  at `/proc`, so that it works on Linux only, and with the process on this machine. \
                  Leaks of less than 3 KiB for a call are below what resident memory shows. \
                  Then a chat is sent megabytes of which no reply is read: a server that answers as it reads \
                  is held up after a window's worth, and one that queues goes on until its memory ends.\n\n\
                  Rust: look for tasks that outlive their stream, `mem::forget`, unbounded channels (bound \
                  them, and wait in `send`) and maps that are only inserted into. Go: goroutines blocked on a channel after the context is done \
                  (pprof's goroutine profile). Python: references kept by callbacks and by threads of the \
                  pool. Java: listeners and thread locals that hold the observer.",
        url: Some("https://grpc.io/docs/guides/cancellation/"),
    },
    level: Level::Probe,
    question: Question::ResourceLeak,
};

const ROUNDS: usize = 6;
const WARM_UP: usize = 2;
const CANCELS: u64 = 100;
/// A step that counts, in KiB.
const STEP: u64 = 256;

pub(super) async fn ask<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    let cannot = |why: &str| vec![Found::new(&PROBE, "CANNOT_LOOK", why).light(Severity::Note)];
    let Some(pid) = probing.options.pid else {
        return cannot("memory was not watched: give the server's process with --pid N");
    };
    let mut found = Vec::new();
    for method in streams::kinds(probing) {
        let mut sizes = Vec::new();
        for _ in 0..ROUNDS {
            streams::cancel(probing, method, CANCELS).await;
            let Some(size) = resident(pid) else {
                return cannot(&format!("memory was not watched: /proc/{pid}/status cannot be read"));
            };
            sizes.push(size);
        }
        let settled = sizes.get(WARM_UP - 1..).unwrap_or_default();
        if grows(settled) {
            let list: Vec<String> = sizes.iter().map(ToString::to_string).collect();
            let text = format!(
                "resident memory grew in every round of {CANCELS} cancelled calls: {} KiB",
                list.join(", ")
            );
            found.push(Found::new(&PROBE, "GROWS", text).on(&method.name));
        }
    }
    let chats = |method: &&&Method| method.desc.is_client_streaming() && method.desc.is_server_streaming();
    if let Some(method) = probing.methods.iter().find(chats) {
        let sizes = unread::sizes(probing, method, || resident(pid)).await;
        if grows(sizes.get(WARM_UP - 1..).unwrap_or_default()) {
            let list: Vec<String> = sizes.iter().map(ToString::to_string).collect();
            let text = format!(
                "resident memory grew with all that was sent while no reply was read: {} KiB",
                list.join(", ")
            );
            found.push(Found::new(&PROBE, "UNREAD", text).on(&method.name));
        }
    }
    found
}

/// Every step up, and each by more than an allocator's mood.
fn grows(sizes: &[u64]) -> bool {
    sizes.len() > 1 && sizes.windows(2).all(|pair| pair[1] >= pair[0] + STEP)
}

/// `VmRSS` in KiB.
fn resident(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_steady_rise_is_a_leak() {
        for (sizes, expected) in [
            (&[9000, 9000, 9000, 9000][..], false),
            (&[9000, 20000, 20000, 20100], false),
            (&[9000, 9100, 9200, 9300], false),
            (&[9000, 12000, 11000, 14000], false),
            (&[9000, 9400, 9800, 10200], true),
        ] {
            assert_eq!(grows(sizes), expected, "{sizes:?}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn our_own_memory_can_be_read() {
        assert!(resident(std::process::id()).is_some_and(|size| size > 100));
    }
}
