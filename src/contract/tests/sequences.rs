//! Sequences of calls against what a service promises: people who are kept in a list, behind one fault each.

use std::collections::BTreeMap;

use prost_reflect::Value;

use super::*;

const PEOPLE: &str = r#"
    syntax = "proto3"; package people;
    import "protogate/contract/v1/contract.proto";
    service People {
      option (protogate.contract.v1.service) = {
        state: { name: "users" map { key: "string" value: "people.User" } }
        state: { name: "order" list { value: "string" } }
      };
      rpc Create(CreateRequest) returns (User) {
        option (protogate.contract.v1.method) = {
          ensures: { id: "fresh_id" expr: "resp.id != '' && !(resp.id in old.users)" }
          ensures: { id: "echo" expr: "resp.name == req.name && resp.email == req.email" }
          effect: { put: { map: "users" key: "resp.id" value: "resp" } }
          effect: { append: { list: "order" value: "resp.id" } }
        };
      }
      rpc Get(GetRequest) returns (User) {
        option idempotency_level = NO_SIDE_EFFECTS;
        option (protogate.contract.v1.method) = {
          draw: { field: "id" from: "users" weight: 3 }
          errors: { id: "unknown_id" when: "!(req.id in old.users)" code: NOT_FOUND }
          ensures: { id: "exact" expr: "resp == old.users[req.id]" }
        };
      }
      rpc List(ListRequest) returns (stream User) {
        option idempotency_level = NO_SIDE_EFFECTS;
        option (protogate.contract.v1.method) = {
          errors: { id: "negative" when: "req.limit < 0 || req.offset < 0" code: INVALID_ARGUMENT }
          stream: {
            each: { id: "bound" expr: "req.limit == 0 || size(got) <= req.limit" }
            each: { id: "exact" expr: "got.all(m, !(m.id in old.users) || old.users[m.id] == m)" }
            final: { id: "slice" world: CLOSED expr: "got.map(m, m.id) == old.order.slice(math.least(req.offset, size(old.order)), req.limit == 0 ? size(old.order) : math.least(req.offset + req.limit, size(old.order)))" }
          }
        };
      }
    }
    message User { string id = 1; string name = 2; string email = 3; }
    message CreateRequest { string name = 1; string email = 2; }
    message GetRequest { string id = 1; }
    message ListRequest { int64 limit = 1; int64 offset = 2; }
"#;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Whoever was created last is found, but for the first one.
    Neighbour,
    /// The second of two of a name is not kept.
    Lost,
    /// Name and email change places when they are read.
    Swapped,
    /// Pages begin one too late, unless they begin at the beginning.
    OffByOne,
    /// An id that nobody has is answered with an empty user.
    UnknownIsOk,
    /// Blanks around a name are taken off.
    Trims,
    /// No fault: every third user is created, and nobody is told.
    Unanswered,
    /// The same, and the user is created twice.
    Twice,
}

type User = BTreeMap<&'static str, String>;

struct People {
    pool: DescriptorPool,
    fault: Fault,
    users: Mutex<Vec<User>>,
    /// No id is given twice.
    ids: std::sync::atomic::AtomicU32,
}

impl People {
    fn new(fault: Fault) -> People {
        let pool = load(&Source::Text(vec![("people.proto".into(), PEOPLE.into())])).schema.pool().clone();
        // Somebody is there before: nobody may take the world to be empty without a reset.
        People { pool, fault, users: Mutex::new(vec![user("old", "Old", "old@a.aa")]), ids: 0.into() }
    }

    fn reply(&self, users: &[User]) -> Exchange {
        let desc = self.pool.get_message_by_name("people.User").unwrap();
        let message = |user: &User| {
            let mut message = DynamicMessage::new(desc.clone());
            for (name, text) in user {
                message.set_field_by_name(name, Value::String(text.clone()));
            }
            (0, Bytes::from(crate::values::encode(&message)))
        };
        Exchange { messages: users.iter().map(message).collect(), ..answer(End::Trailers, "0", 0) }
    }

    fn answer(&self, call: &Call) -> Exchange {
        let name = call.path.rsplit('/').next().unwrap();
        let service = self.pool.get_service_by_name("people.People").unwrap();
        let Some(method) = service.methods().find(|it| it.name() == name) else {
            return answer(End::TrailersOnly, "12", 0);
        };
        let sent = sent_first(call).and_then(|bytes| DynamicMessage::decode(method.input(), bytes).ok());
        let Some(sent) = sent else { return answer(End::TrailersOnly, "13", 0) };
        let text =
            |field: &str| sent.get_field_by_name(field).unwrap().as_str().unwrap_or_default().to_owned();
        let number = |field: &str| sent.get_field_by_name(field).unwrap().as_i64().unwrap_or_default();
        let mut users = self.users.lock().unwrap();
        match name {
            "Create" => {
                let id = format!("u{}", self.ids.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
                let name = text("name");
                let name = if self.fault == Fault::Trims { name.trim().to_owned() } else { name };
                let one = user(&id, &name, &text("email"));
                let is_lost = self.fault == Fault::Lost && users.iter().any(|it| it["name"] == name);
                if !is_lost {
                    users.push(one.clone());
                }
                let is_third = users.len().is_multiple_of(3);
                match self.fault {
                    Fault::Twice if is_third => {
                        users.push(user(&format!("{id}-2"), &one["name"], &one["email"]));
                        answer(End::TrailersOnly, "4", 0)
                    }
                    Fault::Unanswered if is_third => answer(End::TrailersOnly, "4", 0),
                    _ => self.reply(&[one]),
                }
            }
            "Get" => {
                let found = users.iter().position(|it| it["id"] == text("id"));
                let found = match (found, self.fault) {
                    (Some(at), Fault::Neighbour) if at > 1 => Some(at - 1),
                    (found, _) => found,
                };
                match found.map(|at| users[at].clone()) {
                    Some(one) if self.fault == Fault::Swapped => {
                        self.reply(&[user(&one["id"], &one["email"], &one["name"])])
                    }
                    Some(one) => self.reply(&[one]),
                    None if self.fault == Fault::UnknownIsOk => self.reply(&[User::new()]),
                    None => answer(End::TrailersOnly, "5", 0),
                }
            }
            _ if number("limit") < 0 || number("offset") < 0 => answer(End::TrailersOnly, "3", 0),
            _ => {
                let offset = usize::try_from(number("offset")).unwrap_or(usize::MAX);
                let late = usize::from(self.fault == Fault::OffByOne && offset > 0);
                let limit = if number("limit") == 0 { usize::MAX } else { number("limit") as usize };
                let page: Vec<User> =
                    users.iter().skip(offset.saturating_add(late)).take(limit).cloned().collect();
                self.reply(&page)
            }
        }
    }
}

fn user(id: &str, name: &str, email: &str) -> User {
    [("id", id), ("name", name), ("email", email)].map(|(key, text)| (key, text.to_owned())).into()
}

async fn found(fault: Fault, closed: bool) -> (Outcome, Run, std::sync::Arc<People>) {
    let people = std::sync::Arc::new(People::new(fault));
    let checks: Vec<_> = CHECKS.iter().copied().filter(|it| it.info.name.starts_with("contract_")).collect();
    let emptied = people.clone();
    let reset = Reset::new(move || {
        emptied.users.lock().unwrap().clear();
        std::future::ready(Ok(()))
    });
    let config = Config { checks, cases: 80, reset: closed.then_some(reset), ..config(2) };
    let (_keep, stop) = watch::channel(false);
    let plan = Plan::new(people.pool.services().filter(|it| it.full_name() == "people.People"), &[]).unwrap();
    let transport = Mock(|call: &Call| people.answer(call));
    let outcome = run(&plan, &transport, &config, stop, &mut |_| {}).await;
    let Some(Section::Run(run)) = outcome.report.sections().first().cloned() else { panic!("no run") };
    (outcome, run, people)
}

#[tokio::test]
async fn what_is_promised_is_asked_in_sequences() {
    // Fault, in an empty server or in any, the rules that are broken, the most steps that show them.
    for (fault, closed, rules, steps) in [
        (Fault::None, false, &[][..], 0),
        (Fault::None, true, &[], 0),
        (Fault::Neighbour, false, &["ensures/exact"], 3),
        (Fault::Neighbour, true, &["ensures/exact"], 4),
        (Fault::Lost, true, &["errors/unknown_id", "final/slice"], 3),
        (Fault::Swapped, false, &["ensures/exact"], 2),
        (Fault::OffByOne, true, &["final/slice"], 3),
        (Fault::OffByOne, false, &[], 0),
        (Fault::UnknownIsOk, true, &["errors/unknown_id"], 1),
        (Fault::Trims, false, &["ensures/echo"], 1),
        (Fault::Unanswered, true, &[], 0),
        (Fault::Unanswered, false, &[], 0),
        (Fault::Twice, true, &["final/slice"], 4),
        (Fault::Twice, false, &[], 0),
    ] {
        let (outcome, run, people) = found(fault, closed).await;
        let mut broken: Vec<&str> = run.failures.iter().map(|row| &*row.cause).collect();
        broken.sort_unstable();
        assert_eq!(broken, rules, "{fault:?} {closed}: {:#?}", run.failures);
        let unclear: Vec<_> =
            outcome.report.diagnostics().iter().filter(|it| it.rule.id == "PG219").collect();
        assert!(unclear.is_empty(), "{fault:?}: {unclear:?}");
        // What only an empty server can be asked is said where none is.
        let vacuous = outcome.report.diagnostics().iter().filter(|it| it.rule.id == "PG216");
        let vacuous: Vec<&str> = vacuous.map(|it| &*it.message).collect();
        let expected = ["people.People/List: `final/slice` had nothing to say in any sequence"];
        let expected = if closed { &[][..] } else { &expected };
        assert_eq!(vacuous, expected, "{fault:?} {closed}");
        for row in &run.failures {
            let shown: Vec<_> = row.details.iter().filter(|(name, _)| name == "step").collect();
            assert!(shown.len() <= steps, "{fault:?} {closed}: {:#?}", row.details);
        }
        // Again from the saved case, and no more where it is mended.
        for case in &outcome.cases {
            let dir = tempfile::tempdir().unwrap();
            case.save(dir.path()).unwrap();
            let case = Case::load(dir.path(), &case.id).unwrap();
            let mended = std::sync::Arc::new(People::new(Fault::None));
            for (people, verdict) in [(people.clone(), Verdict::Findings), (mended, Verdict::Clean)] {
                let emptied = people.clone();
                let reset = Reset::new(move || {
                    emptied.users.lock().unwrap().clear();
                    std::future::ready(Ok(()))
                });
                let server = Mock(|call: &Call| people.answer(call));
                let promises = crate::promise::contract::Contract::of(people.pool.services());
                let reset = closed.then_some(&reset);
                let report = replay_with(&case, &server, (&people.pool, &promises), (&[], &[]), reset).await;
                assert_eq!(report.verdict(), verdict, "{fault:?}: {:#?}", report.diagnostics());
            }
        }
    }
}

#[tokio::test]
async fn a_sequence_is_told_as_calls_with_names() {
    let (_, run, _) = found(Fault::Neighbour, true).await;
    let row = &run.failures[0];
    let text: Vec<String> = row.details.iter().map(|(name, value)| format!("{name}  {value}")).collect();
    assert!(text.iter().any(|line| line.contains("Get{id: r")), "{text:#?}");
    assert!(text.iter().any(|line| line.contains("resp == old.users[req.id]")), "{text:#?}");
}

/// The same seed makes the same calls, whatever the number of workers, and no phase where nothing is promised.
#[tokio::test]
async fn nothing_is_asked_where_nothing_is_promised() {
    let pool = users();
    let mut phases = Vec::new();
    let (_keep, stop) = watch::channel(false);
    let plan = Plan::new(pool.services(), &[]).unwrap();
    let server = Mock(|call: &Call| healthy(&pool, call));
    let mut tell = |event: Event| {
        if let Event::PhaseStarted(phase) = event {
            phases.push(phase);
        }
    };
    run(&plan, &server, &Config { cases: 2, ..config(2) }, stop, &mut tell).await;
    assert!(phases.contains(&Phase::Acquaint) && !phases.contains(&Phase::Sequences), "{phases:?}");
}

/// A promise that cannot be read is no promise kept: the run could not do its job.
#[tokio::test]
async fn a_promise_that_is_no_cel_is_said() {
    let people = People::new(Fault::None);
    let mut plan =
        Plan::new(people.pool.services().filter(|it| it.full_name() == "people.People"), &[]).unwrap();
    plan.contract.unread.push(crate::promise::contract::Unread {
        of: "people.People/Get".to_owned(),
        text: "resp ==".to_owned(),
        why: "it ends".to_owned(),
    });
    let (_keep, stop) = watch::channel(false);
    let server = Mock(|call: &Call| people.answer(call));
    let outcome = run(&plan, &server, &Config { cases: 2, ..config(2) }, stop, &mut |_| {}).await;
    assert_eq!(outcome.report.verdict(), Verdict::Failed);
    let said: Vec<_> = outcome.report.diagnostics().iter().filter(|it| it.rule.id == "PG219").collect();
    assert!(said.len() == 1 && said[0].message.contains("`resp ==` is no CEL"), "{said:?}");
}
