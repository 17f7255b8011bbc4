//! A failing case as plain data: saved, loaded, sent again. The schema is needed to judge it, not to send it.

use std::{fmt, fs, path::Path, time::Duration};

use bytes::Bytes;
use prost_reflect::DescriptorPool;
use serde::{Deserialize, Serialize};

use super::{
    CHECKS, Class, Method,
    checks::{MISSING_HEADER, STAYS_ALIVE, UNKNOWN_CHECK, UNREACHABLE},
    cover,
    input::{Body, Input},
    judge::{Failure, Judge, unknown_fields},
};
use crate::{
    client::{Step, Transport},
    diag::{CaseRow, Diagnostic, Report, Run, Section, Severity},
};

/// One failing case, shrunk. Bytes are lowercase hex.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// What `replay` takes: a hash of seed, check, method and request.
    pub id: String,
    /// The run's seed.
    pub seed: u64,
    /// The address that was called.
    pub target: String,
    /// `package.Service/Method`.
    pub method: String,
    /// The check's name.
    pub check: String,
    /// The cause in the failure's key, such as a status name.
    pub cause: String,
    /// What went wrong.
    pub message: String,
    /// What came back.
    pub status: String,
    /// The kind of input.
    pub class: String,
    /// What is special about the input.
    pub label: String,
    /// The names of the request metadata. The values may be secrets, and are not kept.
    pub metadata: Vec<String>,
    /// In milliseconds.
    pub deadline_ms: u64,
    /// What the client does, unknown fields and all. `replay` takes those off to compare.
    pub script: Vec<SavedStep>,
    /// The messages as ProtoJSON, where they are messages.
    pub request_json: Option<Vec<serde_json::Value>>,
}

/// A step of the script.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SavedStep {
    /// One encoded message.
    Send(String),
    /// Bytes as they are.
    Raw(String),
    /// Milliseconds.
    Pause(u64),
    /// Until so many replies have come.
    Await(usize),
    /// Stop reading after so many more bytes.
    StopReading(usize),
    /// Read again.
    Resume,
    /// Half-close.
    HalfClose,
    /// Reset.
    Cancel,
}

/// A case could not be saved or loaded.
#[derive(Debug)]
pub struct CaseError(String);

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CaseError {}

impl Case {
    pub(super) fn new<T>(
        judge: &Judge<'_, T>,
        of: &super::Config,
        method: &Method,
        input: &Input,
        failure: &Failure,
    ) -> Case {
        let suffix = suffix(input.class, method);
        let sent: Vec<Bytes> = input.sent();
        let seed = of.seed.to_le_bytes();
        let mut parts: Vec<&[u8]> = vec![&seed, failure.key.check.as_bytes(), failure.key.method.as_bytes()];
        parts.extend(sent.iter().map(|bytes| bytes.as_ref()));
        Case {
            id: format!("{:016x}", cover::hash(&parts))[..10].to_owned(),
            seed: of.seed,
            target: of.target.clone(),
            method: failure.key.method.clone(),
            check: failure.key.check.to_owned(),
            cause: failure.key.cause.clone(),
            message: failure.message.clone(),
            status: failure.outcome.clone(),
            class: input.class.name().to_owned(),
            label: input.label.clone(),
            metadata: judge.metadata.iter().map(|(name, _)| name.clone()).collect(),
            deadline_ms: u64::try_from(judge.deadline.as_millis()).unwrap_or(u64::MAX),
            script: input.script(&suffix).iter().map(SavedStep::from_step).collect(),
            request_json: input.json(),
        }
    }

    /// Writes `<dir>/<id>.json`.
    ///
    /// # Errors
    /// When the directory or the file cannot be written.
    pub fn save(&self, dir: &Path) -> Result<(), CaseError> {
        let path = dir.join(format!("{}.json", self.id));
        let text = serde_json::to_string_pretty(self).map_err(|error| CaseError(error.to_string()))?;
        fs::create_dir_all(dir)
            .and_then(|()| fs::write(&path, text + "\n"))
            .map_err(|error| CaseError(format!("cannot write {}: {error}", path.display())))
    }

    /// Reads `<dir>/<id>.json`.
    ///
    /// # Errors
    /// When there is no such case, or the file is none.
    pub fn load(dir: &Path, id: &str) -> Result<Case, CaseError> {
        if !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(CaseError(format!("`{id}` is no id of a case")));
        }
        let path = dir.join(format!("{id}.json"));
        let text = fs::read_to_string(&path)
            .map_err(|error| CaseError(format!("cannot read {}: {error}", path.display())))?;
        serde_json::from_str(&text)
            .map_err(|error| CaseError(format!("{} is no case: {error}", path.display())))
    }

    /// The request messages as lowercase hex.
    pub fn request_hex(&self) -> Vec<String> {
        let sent = |step: &SavedStep| match step {
            SavedStep::Send(hex) | SavedStep::Raw(hex) => Some(hex.clone()),
            _ => None,
        };
        self.script.iter().filter_map(sent).collect()
    }

    /// As a row of a report.
    pub(super) fn row(&self, check: &'static super::Check, method: &Method) -> CaseRow {
        CaseRow {
            id: self.id.clone(),
            check: &check.info,
            method: self.method.clone(),
            message: self.message.clone(),
            client_streaming: method.desc.is_client_streaming(),
            request_json: self.request_json.clone(),
            request_hex: self.request_hex(),
            status: self.status.clone(),
            replay: format!("protogate replay {}", self.id),
            place: method.place.clone(),
            details: Vec::new(),
        }
    }
}

/// Sends a saved case once more and lets its check judge it. The report holds the failure if it is still there.
///
/// `metadata` is sent with it; a name that the case had and this has not is worth a warning.
pub async fn replay<T: Transport>(
    case: &Case,
    transport: &T,
    pool: &DescriptorPool,
    metadata: &[(String, Vec<u8>)],
) -> Report {
    let check = CHECKS.iter().copied().find(|check| check.info.name == case.check);
    let (service, name) = case.method.rsplit_once('/').unwrap_or_default();
    let desc =
        pool.get_service_by_name(service).and_then(|s| s.methods().find(|method| method.name() == name));
    let script: Option<Vec<Step>> = case.script.iter().map(SavedStep::to_step).collect();
    let class = Class::from_name(&case.class);
    let method = desc.map(Method::new);
    // Without a class or a method there is nothing to take off; what is missing is said below.
    let script = match (class, &method) {
        (Some(class), Some(method)) => script.and_then(|script| bare(script, &suffix(class, method))),
        _ => script,
    };
    let parts = (check, method, script, class);
    let (Some(check), Some(method), Some(script), Some(class)) = parts else {
        let message =
            format!("case {} does not fit: check `{}`, method `{}`", case.id, case.check, case.method);
        let help = "run `protogate contract` again: the schema or protogate has changed since it was saved";
        return Report::new(vec![Diagnostic::failure(&UNKNOWN_CHECK, message).help(help)]);
    };
    let input = Input { class, label: case.label.clone(), body: Body::Script(script) };
    let deadline = Duration::from_millis(case.deadline_ms);
    let started = std::time::Instant::now();
    let doubts = check.info.name == STAYS_ALIVE.info.name;
    let judge = Judge { transport, checks: &[check], metadata, deadline, calls: 0.into(), doubts };
    let judged = judge.judge(&method, &input).await;
    if let Some(error) = judged.unreachable {
        return Report::new(vec![Diagnostic::failure(&UNREACHABLE, error.to_string())]);
    }
    let row = |failure: Failure| CaseRow {
        message: failure.message,
        status: failure.outcome,
        ..case.row(check, &method)
    };
    let failures: Vec<_> = judged.failures.into_iter().map(row).collect();
    let said = match failures.as_slice() {
        [] => format!("case {} no longer fails", case.id),
        _ => format!("case {} still fails", case.id),
    };
    let run = Run {
        seed: case.seed,
        target: case.target.clone(),
        cases: 1,
        calls: judge.calls.into_inner(),
        elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        methods: Vec::new(),
        failures,
    };
    let missing = case.metadata.iter().filter(|name| !metadata.iter().any(|(given, _)| given == *name));
    let warnings = missing.map(|name| {
        let message = format!("the case was found with the header `{name}`, and sent without it");
        Diagnostic::new(&MISSING_HEADER, Severity::Warning, message)
            .help(format!("give it: --header '{name}:…'"))
    });
    Report::new(warnings.collect()).with(Section::Line(said)).with(Section::Run(run))
}

/// What the judge puts behind each message of this class.
fn suffix(class: Class, method: &Method) -> Vec<u8> {
    match class {
        Class::UnknownFields => unknown_fields(method),
        Class::Valid | Class::Malformed | Class::UnknownMethod => Vec::new(),
    }
}

/// The script without the suffix; nothing when a message does not end with it.
fn bare(script: Vec<Step>, suffix: &[u8]) -> Option<Vec<Step>> {
    let bare = |step| match step {
        Step::Send(bytes) => Some(Step::Send(Bytes::copy_from_slice(bytes.strip_suffix(suffix)?))),
        step => Some(step),
    };
    script.into_iter().map(bare).collect()
}

impl SavedStep {
    fn from_step(step: &Step) -> SavedStep {
        match step {
            Step::Send(bytes) => SavedStep::Send(hex(bytes)),
            Step::Raw(bytes) => SavedStep::Raw(hex(bytes)),
            Step::Pause(time) => SavedStep::Pause(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
            Step::Await(count) => SavedStep::Await(*count),
            Step::StopReading(bytes) => SavedStep::StopReading(*bytes),
            Step::Resume => SavedStep::Resume,
            Step::HalfClose => SavedStep::HalfClose,
            Step::Cancel => SavedStep::Cancel,
        }
    }

    fn to_step(&self) -> Option<Step> {
        Some(match self {
            SavedStep::Send(text) => Step::Send(unhex(text)?.into()),
            SavedStep::Raw(text) => Step::Raw(unhex(text)?.into()),
            SavedStep::Pause(ms) => Step::Pause(Duration::from_millis(*ms)),
            SavedStep::Await(count) => Step::Await(*count),
            SavedStep::StopReading(bytes) => Step::StopReading(*bytes),
            SavedStep::Resume => Step::Resume,
            SavedStep::HalfClose => Step::HalfClose,
            SavedStep::Cancel => Step::Cancel,
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c.to_digit(16)?).ok()).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
