//! The probes: questions about the server as a whole, asked once per run, one question per file.
//!
//! A check judges one exchange it did not choose; a probe makes the calls it needs. What it finds is a [`Found`],
//! and the run turns that into a row like any other. A probe that cannot look (no health service, no limit, no
//! process id) says nothing, or leaves a note where somebody asked for it by name.

mod cancel_releases_streams;
mod compressed;
mod connection_hygiene;
mod decompression_bomb;
mod examples_kept;
mod health_consistent;
mod idempotency_key_kept;
mod ignored_auth;
mod length_prefix_bomb;
mod no_resource_leak;
mod object_level_authorization;
mod oversize_rejected;
mod padded;
mod pages_add_up;
mod pages_consistent;
mod promised;
mod reflection_complete;
pub(super) mod reflection_matches_schema;
mod request_limit_kept;
mod streams;
mod streams_isolated;
#[cfg(test)]
mod tests;
mod unread;

use std::{
    cell::RefCell,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use globset::GlobMatcher;

use super::{Level, Method, checks::has_name, patient::advice};
use crate::{
    client::{Call, End, Exchange, Step, Transport, frame},
    diag::{RuleInfo, RuleRow, Severity},
    promise::contract::Contract,
    values,
};

/// One probe.
#[derive(Debug)]
pub struct Probe {
    /// What `explain` prints.
    pub info: RuleInfo,
    /// When it runs: [`Level::Probe`] only when named.
    pub level: Level,
    question: Question,
}

impl Probe {
    /// Whether a handful of small calls answers it, so that it can come before everything else.
    pub(super) fn is_gentle(&self) -> bool {
        match self.question {
            Question::ReflectionMatches
            | Question::ReflectionComplete
            | Question::Health
            | Question::Hygiene
            | Question::Examples
            | Question::Auth => true,
            Question::Oversize
            | Question::PrefixBomb
            | Question::DecompressionBomb
            | Question::CancelReleases
            | Question::ResourceLeak
            | Question::Ownership
            | Question::PagesAddUp
            | Question::IdempotencyKey
            | Question::Isolation
            | Question::RequestLimit
            | Question::Pages => false,
        }
    }
}

/// Which of them: a transport is a type, so that a table of functions over it cannot be a static.
#[derive(Debug, Clone, Copy)]
enum Question {
    Oversize,
    PrefixBomb,
    DecompressionBomb,
    CancelReleases,
    ResourceLeak,
    ReflectionMatches,
    ReflectionComplete,
    Health,
    Hygiene,
    Auth,
    Pages,
    Ownership,
    PagesAddUp,
    IdempotencyKey,
    Examples,
    Isolation,
    RequestLimit,
}

/// Every probe, by code.
pub static PROBES: &[&Probe] = &[
    &oversize_rejected::PROBE,
    &length_prefix_bomb::PROBE,
    &decompression_bomb::PROBE,
    &cancel_releases_streams::PROBE,
    &no_resource_leak::PROBE,
    &reflection_matches_schema::PROBE,
    &reflection_complete::PROBE,
    &health_consistent::PROBE,
    &connection_hygiene::PROBE,
    &ignored_auth::PROBE,
    &pages_consistent::PROBE,
    &object_level_authorization::PROBE,
    &pages_add_up::PROBE,
    &idempotency_key_kept::PROBE,
    &examples_kept::PROBE,
    &streams_isolated::PROBE,
    &request_limit_kept::PROBE,
];

/// Which probes run, and what they cannot find out by themselves.
#[derive(Debug, Clone, Default)]
pub struct ProbeOptions {
    /// See [`select_probes`]; none by default.
    pub probes: Vec<&'static Probe>,
    /// The largest request message the server means to take.
    pub max_request_bytes: Option<u64>,
    /// The server's process on this machine, whose memory is watched.
    pub pid: Option<u32>,
    /// The schema came from files, so that comparing it with the server's reflection means something.
    pub schema_from_files: bool,
    /// Methods that may be called without credentials.
    pub public: Vec<GlobMatcher>,
    /// Callers that are known to the server, the first two of which are told apart.
    pub identities: Vec<Identity>,
}

/// A caller: what it sends besides, or in place of, the metadata of the run. The values may be secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// What reports call it.
    pub name: String,
    /// Its headers.
    pub metadata: Vec<(String, Vec<u8>)>,
}

/// The probes that run: all that are on, or those of `only`; never those of `skip`. Names and codes both do.
pub fn select_probes(only: &[String], skip: &[String]) -> Vec<&'static Probe> {
    let named = |words: &[String], probe: &Probe| words.iter().any(|word| has_name(&probe.info, word));
    let wanted = |probe: &Probe| match only {
        [] => probe.level == Level::On,
        only => named(only, probe),
    };
    PROBES.iter().copied().filter(|probe| wanted(probe) && !named(skip, probe)).collect()
}

/// What a probe works with.
#[derive(Debug)]
pub struct Probing<'a, T> {
    /// Makes the calls.
    pub transport: &'a T,
    /// The methods of the plan that are called.
    pub methods: &'a [&'a Method],
    /// Sent with every call, credentials among them.
    pub metadata: &'a [(String, Vec<u8>)],
    /// Of one call.
    pub deadline: Duration,
    /// What probes cannot find out by themselves.
    pub options: &'a ProbeOptions,
    /// Counts calls.
    pub calls: &'a AtomicU64,
    /// Makes the messages of this run differ from those of another.
    pub seed: u64,
    /// What the services of the methods promise.
    pub contract: &'a Contract,
    /// What became of the promises that were asked.
    pub rules: &'a RefCell<Vec<RuleRow>>,
}

/// What a probe found.
#[derive(Debug, Clone)]
pub struct Found {
    /// Which one.
    pub probe: &'static Probe,
    /// An error is a failure with a case; the others are said and nothing more.
    pub severity: Severity,
    /// `package.Service/Method`, or nothing where it is about the server.
    pub method: String,
    /// Findings of one probe with one cause are one.
    pub cause: String,
    /// One sentence.
    pub message: String,
    /// What came back.
    pub status: String,
    /// All of what came back.
    pub seen: Option<Box<Exchange>>,
    /// What is special about the request.
    pub label: String,
    /// More lines.
    pub details: Vec<(String, String)>,
    /// What was sent, where it is short enough to be read.
    pub script: Vec<Step>,
}

impl Found {
    fn new(probe: &'static Probe, cause: &str, message: impl Into<String>) -> Found {
        Found {
            probe,
            severity: Severity::Error,
            method: String::new(),
            cause: cause.to_owned(),
            message: message.into(),
            status: String::new(),
            seen: None,
            label: String::new(),
            details: Vec::new(),
            script: Vec::new(),
        }
    }

    fn light(mut self, severity: Severity) -> Found {
        self.severity = severity;
        self
    }

    fn on(mut self, method: &str) -> Found {
        method.clone_into(&mut self.method);
        self
    }

    fn after(mut self, exchange: &Exchange) -> Found {
        self.status = exchange.outcome();
        self.seen = Some(Box::new(exchange.clone()));
        self
    }

    fn sent(mut self, label: &str, script: &[Step]) -> Found {
        label.clone_into(&mut self.label);
        self.script = script.to_vec();
        self
    }
}

/// Asks one probe.
pub async fn probe<T: Transport>(probe: &'static Probe, probing: &Probing<'_, T>) -> Vec<Found> {
    match probe.question {
        Question::Oversize => oversize_rejected::ask(probing).await,
        Question::PrefixBomb => length_prefix_bomb::ask(probing).await,
        Question::DecompressionBomb => decompression_bomb::ask(probing).await,
        Question::CancelReleases => cancel_releases_streams::ask(probing).await,
        Question::ResourceLeak => no_resource_leak::ask(probing).await,
        Question::ReflectionMatches => reflection_matches_schema::ask(probing).await,
        Question::ReflectionComplete => reflection_complete::ask(probing).await,
        Question::Health => health_consistent::ask(probing).await,
        Question::Hygiene => connection_hygiene::ask(probing).await,
        Question::Auth => ignored_auth::ask(probing).await,
        Question::Pages => pages_consistent::ask(probing).await,
        Question::Ownership => object_level_authorization::ask(probing).await,
        Question::PagesAddUp => pages_add_up::ask(probing).await,
        Question::IdempotencyKey => idempotency_key_kept::ask(probing).await,
        Question::Examples => examples_kept::ask(probing).await,
        Question::Isolation => streams_isolated::ask(probing).await,
        Question::RequestLimit => request_limit_kept::ask(probing).await,
    }
}

impl<T: Transport> Probing<'_, T> {
    /// Makes a call with the run's metadata. `None`: it could not be made, or the server has no time for it; neither is
    /// this probe's matter.
    async fn call(&self, path: &str, script: Vec<Step>) -> Option<Exchange> {
        self.call_with(path, self.metadata.to_vec(), script, self.deadline).await
    }

    /// The same as this caller.
    async fn call_as(&self, path: &str, who: &Identity, script: Vec<Step>) -> Option<Exchange> {
        let others =
            self.metadata.iter().filter(|(name, _)| !who.metadata.iter().any(|(own, _)| own == name));
        let metadata = others.chain(&who.metadata).cloned().collect();
        self.call_with(path, metadata, script, self.deadline).await
    }

    async fn call_with(
        &self,
        path: &str,
        metadata: Vec<(String, Vec<u8>)>,
        script: Vec<Step>,
        deadline: Duration,
    ) -> Option<Exchange> {
        let exchange = self.try_call(path, metadata, script, deadline).await?;
        advice(&exchange).is_none().then_some(exchange)
    }

    async fn try_call(
        &self,
        path: &str,
        metadata: Vec<(String, Vec<u8>)>,
        script: Vec<Step>,
        deadline: Duration,
    ) -> Option<Exchange> {
        self.calls.fetch_add(1, Relaxed);
        let call = Call { path: path.to_owned(), metadata, deadline, script };
        self.transport.call(&call).await.ok()
    }

    /// The method that is called when any would do: unary, and one that only reads where there is one.
    fn subject(&self) -> Option<&Method> {
        let unary =
            |method: &&&Method| !method.desc.is_client_streaming() && !method.desc.is_server_streaming();
        let reads = |method: &&&Method| {
            let name = method.desc.name();
            method.reads || ["Get", "List", "Check", "Read"].iter().any(|verb| name.starts_with(verb))
        };
        let mut unaries = self.methods.iter().filter(unary);
        unaries.clone().find(reads).or_else(|| unaries.next()).copied()
    }

    /// A message that a person could have sent.
    fn typical(&self, method: &Method, salt: u64) -> Vec<u8> {
        values::encode(&method.typical((self.seed << 8).wrapping_add(salt)))
    }

    /// Whether the server still answers anything at all.
    async fn is_alive(&self) -> bool {
        let script = vec![Step::Raw(frame(&[])), Step::HalfClose];
        let metadata = self.metadata.to_vec();
        let answer = self.try_call("/protogate.Liveness/Probe", metadata, script, self.deadline).await;
        answer.is_some_and(|exchange| !matches!(exchange.end, End::Hang | End::Closed(_)))
    }
}

fn has_status(exchange: &Exchange) -> bool {
    !exchange.status().synthetic
}
