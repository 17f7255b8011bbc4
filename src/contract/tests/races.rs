//! Several clients at once against what a service promises: counters, behind one fault each.

use std::{collections::BTreeMap, sync::Arc};

use prost_reflect::Value;
use tokio::task::yield_now;

use super::*;

const COUNTERS: &str = r#"
    syntax = "proto3"; package counters;
    import "protogate/contract/v1/contract.proto";
    service Counters {
      option (protogate.contract.v1.service) = {
        state: { name: "counters" map { key: "string" value: "counters.Counter" } }
      };
      rpc Open(OpenRequest) returns (Counter) {
        option (protogate.contract.v1.method) = {
          ensures: { id: "fresh_id" expr: "resp.id != '' && !(resp.id in old.counters)" }
          effect: { put: { map: "counters" key: "resp.id" value: "resp" } }
        };
      }
      rpc Add(AddRequest) returns (Counter) {
        option (protogate.contract.v1.method) = {
          draw: { field: "id" from: "counters" weight: 4 }
          errors: { id: "unknown_id" when: "!(req.id in old.counters)" code: NOT_FOUND }
          ensures: { id: "sum" expr: "!(req.id in old.counters) || resp.value == old.counters[req.id].value + req.by" }
          effect: { put: { map: "counters" key: "req.id" value: "resp" } }
        };
      }
      rpc Read(ReadRequest) returns (Counter) {
        option idempotency_level = NO_SIDE_EFFECTS;
        option (protogate.contract.v1.method) = {
          draw: { field: "id" from: "counters" weight: 4 }
          errors: { id: "unknown_id" when: "!(req.id in old.counters)" code: NOT_FOUND }
          ensures: { id: "exact" expr: "!(req.id in old.counters) || resp == old.counters[req.id]" }
        };
      }
    }
    message Counter { string id = 1; int64 value = 2; }
    message OpenRequest { string name = 1; }
    message AddRequest { string id = 1; int64 by = 2; }
    message ReadRequest { string id = 1; }
"#;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Read, wait, write: what another adds meanwhile is lost.
    Lost,
    /// The number of counters is the next id, read before and written after a wait.
    SameId,
    /// One too much is added, also to those who come alone.
    Wrong,
    /// No fault: whoever meets another is told to try again.
    Aborts,
    /// No fault: every third call is made, and nobody is told.
    Unanswered,
}

struct Counters {
    pool: DescriptorPool,
    fault: Fault,
    values: Mutex<BTreeMap<String, i64>>,
    under_way: Mutex<usize>,
    calls: std::sync::atomic::AtomicUsize,
}

impl Counters {
    fn new(fault: Fault) -> Arc<Counters> {
        let text = vec![("counters.proto".into(), COUNTERS.into())];
        let pool = load(&Source::Text(text)).schema.pool().clone();
        let (values, under_way, calls) = (Mutex::default(), Mutex::default(), 0.into());
        Arc::new(Counters { pool, fault, values, under_way, calls })
    }

    fn reply(&self, id: &str, value: i64) -> Exchange {
        let mut message = DynamicMessage::new(self.pool.get_message_by_name("counters.Counter").unwrap());
        message.set_field_by_name("id", Value::String(id.to_owned()));
        message.set_field_by_name("value", Value::I64(value));
        let message = (0, Bytes::from(crate::values::encode(&message)));
        Exchange { messages: vec![message], ..answer(End::Trailers, "0", 0) }
    }

    async fn answer(&self, call: &Call) -> Exchange {
        let name = call.path.rsplit('/').next().unwrap();
        let service = self.pool.get_service_by_name("counters.Counters").unwrap();
        let Some(method) = service.methods().find(|it| it.name() == name) else {
            return answer(End::TrailersOnly, "12", 0);
        };
        let sent = sent_first(call).and_then(|bytes| DynamicMessage::decode(method.input(), bytes).ok());
        let Some(sent) = sent else { return answer(End::TrailersOnly, "13", 0) };
        let id = sent.get_field_by_name("id").map_or(String::new(), |it| it.as_str().unwrap().to_owned());
        if name == "Open" {
            let mut number = self.values.lock().unwrap().len();
            if self.fault == Fault::SameId {
                turns().await;
            } else {
                // Nothing is ever taken away.
                number = self.values.lock().unwrap().len();
            }
            self.values.lock().unwrap().insert(number.to_string(), 0);
            return self.reply(&number.to_string(), 0);
        }
        let known = self.values.lock().unwrap().get(&id).copied();
        let Some(mut value) = known else { return answer(End::TrailersOnly, "5", 0) };
        if name == "Add" {
            let by = sent.get_field_by_name("by").unwrap().as_i64().unwrap();
            let by = by.wrapping_add(i64::from(self.fault == Fault::Wrong));
            if self.fault == Fault::Lost {
                turns().await;
                value = value.wrapping_add(by);
            } else {
                value = self.values.lock().unwrap()[&id].wrapping_add(by);
            }
            self.values.lock().unwrap().insert(id.clone(), value);
        }
        self.reply(&id, value)
    }
}

/// Long enough for another call to come in between.
async fn turns() {
    for _ in 0..8 {
        yield_now().await;
    }
}

struct Server(Arc<Counters>);

impl Transport for Server {
    async fn call(&self, call: &Call) -> Result<Exchange, CallError> {
        let is_first = {
            let mut under_way = self.0.under_way.lock().unwrap();
            *under_way += 1;
            *under_way == 1
        };
        yield_now().await;
        let exchange = match self.0.fault {
            Fault::Aborts if !is_first => answer(End::TrailersOnly, "10", 0),
            _ => self.0.answer(call).await,
        };
        yield_now().await;
        *self.0.under_way.lock().unwrap() -= 1;
        let nth = self.0.calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let silent = self.0.fault == Fault::Unanswered && nth % 3 == 2;
        Ok(if silent { answer(End::TrailersOnly, "14", 0) } else { exchange })
    }
}

async fn found(fault: Fault, seed: u64, without: &[Phase]) -> (Outcome, Run, Arc<Counters>) {
    let counters = Counters::new(fault);
    let is_promise = |name: &str| name.starts_with("contract_") || name == "not_linearizable";
    let checks: Vec<_> = CHECKS.iter().copied().filter(|it| is_promise(it.info.name)).collect();
    let only = [Phase::Sequences, Phase::Races].into_iter().filter(|it| !without.contains(it));
    let only: Vec<Phase> = only.collect();
    let without = Phase::ALL.into_iter().filter(|it| !only.contains(it)).collect();
    let config = Config { checks, without, seed, cases: 20, ..config(2) };
    let (_keep, stop) = watch::channel(false);
    let services = counters.pool.services().filter(|it| it.full_name() == "counters.Counters");
    let plan = Plan::new(services, &[]).unwrap();
    let outcome = run(&plan, &Server(counters.clone()), &config, stop, &mut |_| {}).await;
    let Some(Section::Run(run)) = outcome.report.sections().first().cloned() else { panic!("no run") };
    (outcome, run, counters)
}

#[tokio::test]
async fn who_is_in_order_is_never_blamed() {
    for fault in [Fault::None, Fault::Aborts, Fault::Unanswered] {
        for seed in 0..20 {
            let (_, run, _) = found(fault, seed, &[]).await;
            assert_eq!(run.failures, [], "{fault:?}, seed {seed}");
        }
    }
}

#[tokio::test]
async fn a_race_that_no_order_explains_is_shown_as_small_as_it_is() {
    for (fault, steps) in [(Fault::Lost, 3), (Fault::SameId, 2)] {
        let (outcome, run, counters) = found(fault, 1, &[]).await;
        let [row] = run.failures.as_slice() else { panic!("{fault:?}: {:#?}", run.failures) };
        assert_eq!((row.check.name, &*row.cause), ("not_linearizable", "linearizability"));
        let said = |name: &str| -> Vec<&str> {
            row.details.iter().filter(|(it, _)| it == name).map(|(_, text)| &**text).collect()
        };
        let shown = said("step");
        assert_eq!(shown.len(), steps, "{fault:?}: {shown:#?}");
        let clients = |letter: &str| shown.iter().filter(|line| line.starts_with(letter)).count();
        assert_eq!((clients("A: "), clients("B: ") + clients("C: ") + clients("D: ")), (1, 1), "{shown:#?}");
        assert_eq!(said("beside").len(), 1, "{fault:?}: {:#?}", row.details);
        assert!(said("order").len() >= 2, "{fault:?}: {:#?}", row.details);
        assert!(said("flaky").is_empty(), "{fault:?}: {:#?}", row.details);
        // Again from the saved case, and no more where it is mended.
        let dir = tempfile::tempdir().unwrap();
        outcome.cases[0].save(dir.path()).unwrap();
        let case = Case::load(dir.path(), &outcome.cases[0].id).unwrap();
        for (server, verdict) in [(counters, Verdict::Findings), (Counters::new(Fault::None), Verdict::Clean)]
        {
            let pool = server.pool.clone();
            let promises = crate::promise::contract::Contract::of(pool.services());
            let report = replay_with(&case, &Server(server), (&pool, &promises), (&[], &[]), None).await;
            assert_eq!(report.verdict(), verdict, "{fault:?}: {:#?}", report.sections());
        }
    }
}

#[tokio::test]
async fn what_is_wrong_without_a_race_is_no_race() {
    let (_, run, _) = found(Fault::Wrong, 1, &[Phase::Sequences]).await;
    let causes: Vec<&str> = run.failures.iter().map(|row| &*row.cause).collect();
    assert_eq!(causes, ["ensures/sum"], "{:#?}", run.failures);
    // And it is said once, whichever phase sees it first.
    let (_, run, _) = found(Fault::Wrong, 1, &[]).await;
    assert_eq!(run.failures.len(), 1, "{:#?}", run.failures);
}

#[tokio::test]
async fn a_phase_that_is_left_out_finds_nothing() {
    let (_, run, _) = found(Fault::Lost, 1, &[Phase::Races]).await;
    assert_eq!(run.failures, []);
}
