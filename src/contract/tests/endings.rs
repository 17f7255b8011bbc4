//! How a run ends before its time: the server dies, somebody stops it, the time is up.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use super::*;
use crate::client::H2Transport;

/// A server that dies: `dies` says of which call, and what that call still hears.
struct Mortal<F> {
    pool: DescriptorPool,
    dies: F,
    dead: AtomicBool,
    refused: CallError,
}

impl<F: Fn(&Call) -> Option<Exchange> + Sync> Mortal<F> {
    async fn new(dies: F) -> Self {
        let call = Call { path: "/a/b".into(), metadata: vec![], deadline: Duration::ZERO, script: vec![] };
        // Nothing listens on port 1.
        let refused = H2Transport::new("127.0.0.1:1".parse().unwrap()).call(&call).await.unwrap_err();
        assert!(refused.is_unreachable());
        Mortal { pool: users(), dies, dead: false.into(), refused }
    }
}

impl<F: Fn(&Call) -> Option<Exchange> + Sync> Transport for Mortal<F> {
    async fn call(&self, call: &Call) -> Result<Exchange, CallError> {
        if self.dead.load(SeqCst) {
            return Err(self.refused.clone());
        }
        let last_words = (self.dies)(call);
        self.dead.store(last_words.is_some(), SeqCst);
        Ok(last_words.unwrap_or_else(|| healthy(&self.pool, call)))
    }
}

/// One row for the one death, and its case as saved.
async fn death(dies: fn(&Call) -> Option<Exchange>, workers: usize) -> (crate::diag::CaseRow, Case) {
    let (outcome, run) = outcome(&Mortal::new(dies).await, config(workers)).await;
    assert_eq!(outcome.report.verdict(), Verdict::Findings, "{:?}", outcome.report.diagnostics());
    assert_eq!(run.failures.len(), 1, "{:?}", run.failures);
    let case = outcome.cases[0].clone();
    let again = replay(&case, &Mortal::new(dies).await, &users(), &[]).await;
    assert_eq!(again.verdict(), Verdict::Findings, "{again:?}");
    let pool = users();
    let mended = Mock(|call: &Call| healthy(&pool, call));
    assert_eq!(replay(&case, &mended, &pool, &[]).await.verdict(), Verdict::Clean);
    (run.failures[0].clone(), case)
}

#[tokio::test]
async fn the_calls_before_a_death_are_kept_for_replay() {
    let closed = |call: &Call| asks_for_minus_one(call).then(|| answer(End::Closed("eof".into()), "", 0));
    let (outcome, run) = outcome(&Mortal::new(closed).await, config(1)).await;
    let row = &run.failures[0];
    let ids: Vec<_> = row.before.iter().map(|call| &call.id).collect();
    assert_eq!(outcome.before.iter().map(|case| &case.id).collect::<Vec<_>>(), ids);
    assert_eq!((ids.len(), ids.contains(&&row.id)), (20, false));

    let dir = tempfile::tempdir().unwrap();
    outcome.cases.iter().chain(&outcome.before).for_each(|case| case.save(dir.path()).unwrap());
    let pool = users();
    for id in ids {
        let case = Case::load(dir.path(), id).unwrap();
        let well = Mortal::new(|_: &Call| None).await;
        assert_eq!(replay(&case, &well, &pool, &[]).await.verdict(), Verdict::Clean, "{case:?}");
        // Whatever its class: a server that any call kills dies of this one too.
        let asked = |call: &Call| call.path.starts_with("/user.");
        let frail =
            Mortal::new(|call: &Call| asked(call).then(|| answer(End::Closed("eof".into()), "", 0))).await;
        assert_eq!(replay(&case, &frail, &pool, &[]).await.verdict(), Verdict::Findings, "{case:?}");
    }
    // No later run sends them, and they go with the death that they led to.
    assert_eq!(Case::load_all(dir.path()), outcome.cases);
    outcome.cases[0].forget(dir.path()).unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

/// The limit of -1 is a varint of ten bytes.
fn asks_for_minus_one(call: &Call) -> bool {
    let limit = [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    call.path.ends_with("/ListUsers")
        && call.script.iter().any(|step| matches!(step, Step::Send(bytes) if bytes.starts_with(&limit)))
}

#[tokio::test]
async fn a_death_is_the_finding_of_the_call_that_caused_it() {
    let closed = |call: &Call| asks_for_minus_one(call).then(|| answer(End::Closed("eof".into()), "", 0));
    let (row, _) = death(closed, 1).await;
    assert_eq!((row.check.name, &*row.method), ("stays_alive", "user.UserService/ListUsers"));
    assert_eq!(row.request_json.unwrap()[0]["limit"], -1);
    assert_eq!(row.before.len(), 20, "{:?}", row.before);
    // With others under way it is one finding all the same.
    death(closed, 4).await;
}

#[tokio::test]
async fn a_death_after_the_answer_is_put_down_to_the_last_call() {
    let quiet = |call: &Call| asks_for_minus_one(call).then(|| answer(End::Trailers, "0", 1));
    let (row, _) = death(quiet, 1).await;
    assert_eq!((row.check.name, &*row.status), ("stays_alive", "OK"));
    assert_eq!(row.request_json.unwrap()[0]["limit"], -1);
}

#[tokio::test]
async fn a_death_of_malformed_bytes_is_no_death_of_a_valid_call() {
    let flag = |call: &Call| {
        let flagged = |step: &Step| matches!(step, Step::Raw(bytes) if bytes.first() == Some(&255));
        call.script.iter().any(flagged).then(|| answer(End::Closed("eof".into()), "", 0))
    };
    let (row, _) = death(flag, 1).await;
    assert_eq!((row.check.name, &*row.request_hex[0]), ("survives_malformed_input", "ff00000000"));
}

/// Calls under way were answered before it, and ask in vain whether the server is alive.
#[tokio::test]
async fn a_death_is_put_down_to_the_call_that_was_not_answered() {
    const GROUPS: usize = 1000;
    let deep = |call: &Call| {
        let groups = |step: &Step| matches!(step, Step::Send(bytes) if bytes.starts_with(&[0x0b; GROUPS]));
        call.script.iter().any(groups).then(|| answer(End::Closed("eof".into()), "", 0))
    };
    let (row, _) = death(deep, 4).await;
    assert_eq!((row.check.name, row.request_hex[0].len()), ("recursion_limit", 2 * 2 * GROUPS));
}

#[tokio::test]
async fn a_server_that_never_answered_is_no_finding() {
    let server = Mortal::new(|_: &Call| None).await;
    server.dead.store(true, SeqCst);
    let (outcome, _) = outcome(&server, config(2)).await;
    assert_eq!(outcome.report.verdict(), Verdict::Failed);
}

/// Fails on a four-byte name like `fragile`, and never answers again once shrinking has begun.
struct Stuck {
    pool: DescriptorPool,
    left: AtomicUsize,
    on_shrinking: Box<dyn Fn() + Send + Sync>,
}

impl Transport for Stuck {
    async fn call(&self, call: &Call) -> Result<Exchange, CallError> {
        let counted = self.left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        if counted.is_err() {
            (self.on_shrinking)();
            std::future::pending::<()>().await;
        }
        Ok(fragile(&self.pool, call))
    }
}

async fn stuck(max_time: Option<Duration>, told: bool) {
    let pool = users();
    let plan = Plan::new(pool.services(), &["*/CreateUser".into()]).unwrap();
    let config = Config { max_time, ..config(1) };
    let coverage = cover::coverage(config.seed, plan.called().next().unwrap());
    // Each input that is compared costs three calls.
    let calls: usize = coverage.iter().map(|input| if input.class.is_compared() { 3 } else { 1 }).sum();
    let (stop, stopped) = watch::channel(false);
    let stop = Arc::new(stop);
    let tell = stop.clone();
    let server = Stuck {
        pool: pool.clone(),
        left: calls.into(),
        on_shrinking: Box::new(move || {
            tell.send_replace(told);
        }),
    };
    let outcome = run(&plan, &server, &config, stopped, &mut |_| {}).await;
    let Some(Section::Run(run)) = outcome.report.sections().first() else { panic!("no run") };
    assert_eq!(run.failures.len(), 1, "{:?}", run.failures);
    assert!(run.failures[0].details.iter().any(|(name, _)| name == "shrunk"), "{:?}", run.failures);
    assert!(outcome.report.diagnostics().iter().any(|said| said.message.contains("Random")));
}

#[tokio::test]
async fn a_stop_ends_shrinking_too() {
    stuck(None, true).await;
}

#[tokio::test]
async fn the_time_ends_shrinking_too() {
    stuck(Some(Duration::from_secs(2)), false).await;
}
