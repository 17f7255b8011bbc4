//! Healthy servers with a limit of calls: no finding, and an end.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use super::*;
use crate::diag::Severity;

/// RESOURCE_EXHAUSTED or UNAVAILABLE, and a time to wait.
fn asks_for(status: &str, millis: &str) -> Exchange {
    let mut exchange = answer(End::TrailersOnly, status, 0);
    exchange.trailers.push(("grpc-retry-pushback-ms".into(), millis.into()));
    exchange
}

/// Every second call is one too many, for a millisecond.
fn limited<'a>(
    server: impl Fn(&DescriptorPool, &Call) -> Exchange + Sync + 'a,
    pool: &'a DescriptorPool,
) -> Mock<impl Fn(&Call) -> Exchange + Sync + 'a> {
    let calls = AtomicU64::new(0);
    Mock(move |call: &Call| match calls.fetch_add(1, SeqCst) % 2 {
        0 => asks_for("8", "1"),
        _ => server(pool, call),
    })
}

fn about_waiting(outcome: &Outcome) -> (Severity, String) {
    let said = outcome.report.diagnostics().iter().find(|said| said.rule.name == "asked_to_wait").unwrap();
    (said.severity, said.message.clone())
}

#[tokio::test]
async fn a_limited_healthy_server_passes_and_every_call_is_made() {
    let pool = users();
    // One worker, so that it is the same call that comes again.
    let config = Config { cases: 5, max_time: Some(Duration::from_secs(600)), ..config(1) };
    let (outcome, run) = outcome(&limited(healthy, &pool), config).await;
    assert_eq!(run.failures, []);
    assert_eq!(outcome.report.verdict(), Verdict::Clean, "{:?}", outcome.report.diagnostics());
    for method in &run.methods {
        let busy = method
            .statuses
            .iter()
            .chain(&method.malformed)
            .find(|(status, _)| status == "RESOURCE_EXHAUSTED");
        assert_eq!(busy, None, "{method:?}");
    }
    let (severity, message) = about_waiting(&outcome);
    assert!(severity == Severity::Note && !message.contains("still"), "{message}");
}

#[tokio::test]
async fn a_fault_behind_a_limit_is_found_shrunk_and_replayed() {
    let pool = users();
    let server = limited(fragile, &pool);
    let config = Config { cases: 5, max_time: Some(Duration::from_secs(600)), ..config(1) };
    let (found, run) = outcome(&server, config).await;
    let [row] = &run.failures[..] else { panic!("{:?}", run.failures) };
    assert_eq!((row.check.name, &*row.request_hex[0]), ("no_transport_abort", "0a04f09fa680"));
    assert_eq!(replay(&found.cases[0], &server, &pool, &[]).await.verdict(), Verdict::Findings);
}

/// When the budget is spent, every answer is one too many: none of them is held against the server.
#[tokio::test]
async fn a_limit_that_outlasts_the_budget_is_no_finding_and_no_end_of_it() {
    let pool = users();
    for (status, allowed) in [("8", 200), ("14", 200), ("8", 7), ("14", 0)] {
        for workers in [1, 4] {
            let calls = AtomicU64::new(0);
            let server = Mock(|call: &Call| match calls.fetch_add(1, SeqCst) {
                count if count < allowed => healthy(&pool, call),
                _ => asks_for(status, "1000000"),
            });
            let started = std::time::Instant::now();
            let (outcome, run) = outcome(&server, Config { cases: 20, ..config(workers) }).await;
            assert_eq!(run.failures, []);
            assert_eq!(outcome.report.verdict(), Verdict::Clean, "{:?}", outcome.report.diagnostics());
            let others = outcome.report.diagnostics().iter().filter(|said| said.rule.name != "asked_to_wait");
            assert_eq!(others.count(), 0, "{:?}", outcome.report.diagnostics());
            assert_eq!(about_waiting(&outcome).0, Severity::Warning);
            assert!(started.elapsed() < Duration::from_secs(60));
        }
    }
}

/// One answer of a few is put off for good, whichever it is: a comparison that it has a part in says nothing.
#[tokio::test]
async fn answers_that_are_put_off_are_compared_with_nothing() {
    let pool = users();
    for every in [2, 3, 5, 7] {
        let calls = AtomicU64::new(0);
        let server = Mock(|call: &Call| match calls.fetch_add(1, SeqCst) % every {
            0 => asks_for("8", "-1"),
            _ => healthy(&pool, call),
        });
        let (outcome, run) = outcome(&server, Config { cases: 5, ..config(1) }).await;
        assert_eq!(run.failures, [], "{every}");
        let others = outcome.report.diagnostics().iter().filter(|said| said.rule.name != "asked_to_wait");
        assert_eq!(others.count(), 0, "{every}: {:?}", outcome.report.diagnostics());
    }
}
