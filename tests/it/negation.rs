//! No promise of the reference's contract is decoration: each of them, turned into its opposite, is found to be broken
//! by a server that keeps the contract. The server is the mock, in this process; it is new before each sequence, so
//! that nothing is unknown.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use prost_reflect::{DynamicMessage, ServiceDescriptor};
use protogate::client::{self, CallError, End, Exchange, Transport};
use protogate::contract::{self, CHECKS, Config, Event, Outcome, Phase, Plan, Reset};
use protogate::diag::Section;
use protogate::mock::Mock;
use protogate::promise::contract::{Contract, Expr, Method, Service, SideFile, infer};
use protogate::schema::{self, Source};

const SERVICE: &str = "user.UserService";
const INVALID_ARGUMENT: i32 = 3;
/// An email that is taken already is seldom drawn for these: that their status comes is not seen in so few sequences,
/// but that it does not is.
const SELDOM: [&str; 2] = ["ImportUsers errors/taken", "UpdateUser errors/taken"];
/// No promise speaks of it.
const ABORTED: i32 = 10;

/// The mock as something that is called, without a socket.
struct InProcess {
    service: ServiceDescriptor,
    mock: Arc<Mock>,
}

impl InProcess {
    fn new(service: &ServiceDescriptor) -> InProcess {
        let mock = Mock::new([service.clone()], Contract::of([service.clone()]));
        InProcess { service: service.clone(), mock: Arc::new(mock) }
    }

    fn reset(&self) -> Reset {
        let mock = self.mock.clone();
        Reset::new(move || {
            mock.forget();
            std::future::ready(Ok(()))
        })
    }
}

impl Transport for InProcess {
    async fn call(&self, call: &client::Call) -> Result<Exchange, CallError> {
        let name = call.path.rsplit('/').next().unwrap();
        let method = self.service.methods().find(|it| it.name() == name).unwrap();
        let (messages, _) = client::sent(&call.script);
        let sent: Vec<DynamicMessage> = messages
            .iter()
            .map(|(_, bytes)| DynamicMessage::decode(method.input(), bytes.as_ref()).unwrap())
            .collect();
        let (status, replies) = match self.mock.answer(&call.path, &sent) {
            Ok(replies) => (0, replies),
            Err(refusal) => (refusal.code, Vec::new()),
        };
        let pair = |name: &str, value: String| (name.to_owned(), value.into_bytes());
        Ok(Exchange {
            http_status: Some(200),
            headers: vec![pair("content-type", "application/grpc".to_owned())],
            messages: replies.iter().map(|it| (0, protogate::values::encode(it).into())).collect(),
            leftover: bytes::Bytes::new(),
            trailers: vec![pair("grpc-status", status.to_string())],
            end: End::Trailers,
            t_headers: None,
            arrivals: vec![Duration::ZERO; replies.len()],
            unread: 0,
            elapsed: Duration::from_millis(1),
        })
    }
}

fn service() -> ServiceDescriptor {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
    let schema = schema::load(&Source::parse(folder).unwrap()).schema;
    schema.pool().get_service_by_name(SERVICE).unwrap()
}

/// The sequences of this seed on the mock, held against this contract, until the first failure.
fn ran(server: &InProcess, contract: Contract, (seed, cases): (u64, u64)) -> Outcome {
    let plan = Plan::with([server.service.clone()], &[], contract).unwrap();
    let checks: Vec<_> = CHECKS.iter().copied().filter(|it| it.info.name.starts_with("contract_")).collect();
    let reset = Some(server.reset());
    let config = Config { seed, cases, checks, reset, fail_fast: true, ..Config::default() };
    let (end, stop) = tokio::sync::watch::channel(false);
    // The other phases ask other questions, and that there is a failure is all that anybody wants to know.
    let mut tell = |event: Event| {
        if matches!(event, Event::PhaseStarted(Phase::Acquaint) | Event::FailureFound(..)) {
            end.send_replace(true);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(contract::run(&plan, server, &config, stop, &mut tell))
}

/// What is broken, as method and rule.
fn broken(outcome: &Outcome) -> Vec<String> {
    outcome.cases.iter().map(|case| format!("{} {}", case.method, case.cause)).collect()
}

/// One promise turned into its opposite, by its name.
type Negation = (String, Box<dyn Fn(&mut Service)>);

fn not(expr: &Expr) -> Expr {
    Expr::parse(&format!("!({})", expr.text())).unwrap()
}

/// Every promise of the service in turn.
fn negations(service: &Service) -> Vec<Negation> {
    let mut all: Vec<Negation> = Vec::new();
    for (at, rule) in service.invariants.iter().enumerate() {
        let turn = move |it: &mut Service| it.invariants[at].expr = not(&it.invariants[at].expr);
        all.push((format!("any {}", rule.id), Box::new(turn)));
    }
    for (name, method) in &service.methods {
        let full = format!("{SERVICE}/{name}");
        let mut add = |rule: &str, turn: Box<dyn Fn(&mut Method)>| {
            let name = name.clone();
            let on = move |it: &mut Service| turn(it.methods.get_mut(&name).unwrap());
            all.push((format!("{full} {rule}"), Box::new(on)));
        };
        for (at, (rule, _)) in method.requires.iter().enumerate() {
            add(&rule.id, Box::new(move |it| it.requires[at].0.expr = not(&it.requires[at].0.expr)));
        }
        for (at, (rule, code)) in method.errors.iter().enumerate() {
            add(&rule.id, Box::new(move |it| it.errors[at].0.expr = not(&it.errors[at].0.expr)));
            // Whoever validates first answers INVALID_ARGUMENT, whatever else is promised: nobody is blamed for it.
            let is_seldom = SELDOM.contains(&&*format!("{name} {}", rule.id));
            if *code != INVALID_ARGUMENT && !is_seldom {
                add(&rule.id, Box::new(move |it| it.errors[at].1 = ABORTED));
            }
        }
        for (at, rule) in method.ensures.iter().enumerate() {
            add(&rule.id, Box::new(move |it| it.ensures[at].expr = not(&it.ensures[at].expr)));
        }
        for (at, rule) in method.each.iter().enumerate() {
            add(&rule.id, Box::new(move |it| it.each[at].expr = not(&it.each[at].expr)));
        }
        for (at, rule) in method.finals.iter().enumerate() {
            add(&rule.id, Box::new(move |it| it.finals[at].expr = not(&it.finals[at].expr)));
        }
        add("may_return", Box::new(|it| it.may_return = vec![ABORTED]));
    }
    all
}

#[test]
fn every_promise_turned_around_is_broken() {
    let server = InProcess::new(&service());
    let contract = Contract::of([server.service.clone()]);
    let started = Instant::now();
    let negations = negations(&contract.services[SERVICE]);
    let rules: BTreeSet<&str> =
        negations.iter().map(|(name, _)| &**name).filter(|it| !it.ends_with("may_return")).collect();
    // Those of the methods, and the invariant.
    assert_eq!(rules.len(), 47, "{rules:#?}");
    let mut decoration = Vec::new();
    for (name, turn) in &negations {
        let mut turned = contract.clone();
        turn(turned.services.get_mut(SERVICE).unwrap());
        let is_it =
            |it: &String| it == name || name.strip_prefix("any").is_some_and(|rule| it.ends_with(rule));
        // What is rarely asked is not in the sequences of each seed.
        if !(1..=3).any(|seed| broken(&ran(&server, turned.clone(), (seed, 60))).iter().any(is_it)) {
            decoration.push(name);
        }
    }
    assert!(decoration.is_empty(), "nothing is broken without these: {decoration:#?}");
    eprintln!("{} negations in {:.1} s", negations.len(), started.elapsed().as_secs_f64());
}

/// The silence: as it stands, nothing is broken, and every method is answered from what the mock keeps.
#[test]
fn the_promises_as_they_stand_are_kept() {
    let server = InProcess::new(&service());
    let contract = Contract::of([server.service.clone()]);
    for seed in 0..4 {
        let outcome = ran(&server, contract.clone(), (seed, 60));
        assert!(broken(&outcome).is_empty(), "seed {seed}: {:?}", broken(&outcome));
        let runs = outcome.report.sections().iter().filter_map(|it| match it {
            Section::Run(run) => Some(run),
            _ => None,
        });
        for method in runs.flat_map(|run| &run.methods) {
            let times =
                |code: &str| method.statuses.iter().find(|(it, _)| it == code).map_or(0, |(_, times)| *times);
            assert!(times("OK") > 0 && times("UNIMPLEMENTED") == 0, "seed {seed}: {method:?}");
        }
    }
}

/// What is proposed for the schema without its contract holds of a server that keeps the contract.
#[test]
fn what_is_proposed_with_high_confidence_is_true_of_a_healthy_server() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/proto/user.proto")).unwrap();
    let contract = regex::Regex::new(r"(?s)\n +option \(protogate[^\n]*\n.*?\n +\};").unwrap();
    let text = contract.replace_all(&text, "").into_owned();
    let schema = schema::load(&Source::Text(vec![("user.proto".into(), text)])).schema;
    let stripped = schema.pool().get_service_by_name(SERVICE).unwrap();
    let proposed = infer::write(&infer::infer(&stripped), "the schema");
    let side = SideFile::parse("a.contract.toml", &proposed).unwrap();
    let proposed = Contract::beside([stripped], &[side], None).unwrap();
    let server = InProcess::new(&service());
    for seed in 0..4 {
        let outcome = ran(&server, proposed.clone(), (seed, 60));
        assert!(broken(&outcome).is_empty(), "seed {seed}: {:?}", broken(&outcome));
    }
}
