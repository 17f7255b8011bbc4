//! What a call is answered with.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use prost_reflect::{DynamicMessage, FieldDescriptor, MethodDescriptor, ServiceDescriptor};

use super::{pages, search::Search};
use crate::{
    promise::{
        self, Behavior, Rules, behavior,
        contract::{Call, Contract, Model, Service},
    },
    values::{self, Manner},
};

/// Methods that change a thing.
const CHANGES: [&str; 3] = ["Update", "Patch", "Modify"];
const OK: i32 = 0;
const INVALID_ARGUMENT: i32 = 3;
const UNIMPLEMENTED: i32 = 12;

/// Answers the calls of some services.
#[derive(Debug)]
pub struct Mock {
    methods: HashMap<String, Method>,
    contract: Contract,
    /// The same services without what holds after each call: a call that changes nothing cannot break it.
    readers: BTreeMap<String, Service>,
    kept: Mutex<Kept>,
    started: i64,
}

/// What it remembers.
#[derive(Debug, Default)]
struct Kept {
    /// By the full name of the service, once something happened to it.
    models: BTreeMap<String, Model>,
    /// Calls answered so far, so that two that create never get the same name.
    calls: u64,
}

/// One method and the rules of its messages.
#[derive(Debug)]
pub(super) struct Method {
    pub desc: MethodDescriptor,
    asks: Rules,
    pub gives: Rules,
}

/// A call that is answered with an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status code.
    pub code: i32,
    /// Why.
    pub message: String,
}

impl Mock {
    /// The mock of these services, with what they promise.
    pub fn new(services: impl IntoIterator<Item = ServiceDescriptor>, contract: Contract) -> Mock {
        let method = |desc: MethodDescriptor| {
            let path = format!("/{}/{}", desc.parent_service().full_name(), desc.name());
            (path, Method { asks: Rules::of(&desc.input()), gives: Rules::of(&desc.output()), desc })
        };
        let reader = |it: &Service| Service { invariants: Vec::new(), ..it.clone() };
        let readers = contract.services.iter().map(|(name, it)| (name.clone(), reader(it))).collect();
        Mock {
            methods: services
                .into_iter()
                .flat_map(|it| it.methods().map(method).collect::<Vec<_>>())
                .collect(),
            contract,
            readers,
            kept: Mutex::default(),
            started: now(),
        }
    }

    /// Empties it.
    pub fn forget(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }

    /// The method at this path, such as `/user.UserService/GetUser`.
    pub(super) fn method(&self, path: &str) -> Option<&Method> {
        self.methods.get(path)
    }

    /// The names of the services, without doubles.
    pub(super) fn services(&self) -> Vec<String> {
        let names = self.methods.values().map(|it| it.desc.parent_service().full_name().to_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names.dedup();
        names
    }

    /// The replies to a call that sent these messages.
    ///
    /// # Errors
    /// The status the call ends with instead: a request that breaks a rule, an error that the contract asks for, or
    /// no reply that keeps the contract. A method that is none is UNIMPLEMENTED.
    pub fn answer(&self, path: &str, sent: &[DynamicMessage]) -> Result<Vec<DynamicMessage>, Refusal> {
        let method = self.method(path).ok_or_else(|| Refusal {
            code: UNIMPLEMENTED,
            message: format!("the schema has no method {path}"),
        })?;
        self.reply(method, sent, &[], true)
    }

    /// The replies to the messages so far, which begin with those already `given`. What the call does is remembered
    /// when it is `over`.
    pub(super) fn reply(
        &self,
        method: &Method,
        sent: &[DynamicMessage],
        given: &[DynamicMessage],
        over: bool,
    ) -> Result<Vec<DynamicMessage>, Refusal> {
        // Once something was answered, what came before the last message was good.
        let judged = if given.is_empty() { 0 } else { sent.len().saturating_sub(1) };
        for message in sent.iter().skip(judged) {
            if let promise::Verdict::Broken(violations) = method.asks.judge(message) {
                let why: Vec<String> = violations.iter().take(3).map(ToString::to_string).collect();
                return Err(Refusal { code: INVALID_ARGUMENT, message: why.join("; ") });
            }
        }
        if let Some(path) = sent.first().and_then(|first| method.missing(first)) {
            return Err(Refusal { code: INVALID_ARGUMENT, message: format!("`{path}` is REQUIRED") });
        }
        let name = method.desc.parent_service().full_name().to_owned();
        let whole = self.contract.services.get(&name);
        let promises = whole.and_then(|it| it.methods.get(method.desc.name()));
        let changes = promises.is_some_and(|it| !it.effects.is_empty());
        let service = if changes { whole } else { self.readers.get(&name) };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = if changes { kept.calls } else { 0 };
        let Some(service) = service else {
            let drafts = method.drafts(sent, given, turn);
            return Ok(drafts.into_iter().find(|it| it.starts_with(given)).unwrap_or_default());
        };
        let old = kept.models.get(&service.name).cloned().unwrap_or_else(|| Model::new(service, true));
        let clock = (self.started, now());
        let call = Call { method: method.desc.name(), sent, got: &[], code: OK, clock };
        if let Some((rule, code)) = service.refusal(&old, &call) {
            return Err(Refusal { code, message: format!("{}: {}", rule.id, rule.expr.text()) });
        }
        let drafts = method.drafts(sent, given, turn);
        match (Search { service, method, old: &old, call, given }).reply(drafts) {
            Ok((got, new)) => {
                if over {
                    kept.calls += 1;
                    kept.models.insert(service.name.clone(), new);
                }
                Ok(got)
            }
            Err(rule) => {
                let message = format!("the mock found no reply that keeps {rule}");
                Err(Refusal { code: UNIMPLEMENTED, message })
            }
        }
    }
}

impl Method {
    /// A REQUIRED field that is not there. In an update the mask decides of those of the thing itself.
    fn missing(&self, sent: &DynamicMessage) -> Option<String> {
        let changes = CHANGES.iter().any(|verb| self.desc.name().starts_with(verb));
        behavior::missing(sent).into_iter().find(|path| !changes || !path.contains('.'))
    }

    /// Replies to begin with, the likeliest first.
    fn drafts(
        &self,
        sent: &[DynamicMessage],
        given: &[DynamicMessage],
        turn: u64,
    ) -> Vec<Vec<DynamicMessage>> {
        let output = self.desc.output();
        let salt = salt(self, sent, turn);
        let one = |salt: u64| {
            let draft = self.gives.mend(&values::typical(&output, salt, &Manner::default()), salt);
            let draft = behavior::without(&draft, &|field| behavior::is(field, Behavior::InputOnly));
            pages::only(draft, sent)
        };
        if !self.desc.is_server_streaming() {
            return vec![vec![one(salt)], vec![one(salt ^ 1)], vec![values::minimal(&output)]];
        }
        let mut drafts = Vec::new();
        if self.desc.is_client_streaming() {
            if self.desc.input() == output {
                drafts.push(sent.to_vec());
            }
            // What was answered before the next message came stays as it was.
            let next = given.len()..sent.len();
            let more = next.map(|at| one(self::salt(self, &sent[at..=at], turn ^ at as u64)));
            drafts.push(given.iter().cloned().chain(more).collect());
        } else {
            drafts.push(vec![one(salt), one(salt ^ 1)]);
        }
        drafts.push(Vec::new());
        drafts
    }
}

/// The same for the same request in the same turn: a read, which has none, reads the same when it is repeated.
fn salt(method: &Method, sent: &[DynamicMessage], turn: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    method.desc.full_name().hash(&mut hasher);
    // What only the server sets is no part of a request.
    let ours = |field: &FieldDescriptor| behavior::is(field, Behavior::OutputOnly);
    sent.iter().for_each(|it| values::encode(&behavior::without(it, &ours)).hash(&mut hasher));
    turn.hash(&mut hasher);
    hasher.finish()
}

/// Seconds since the Unix epoch.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
