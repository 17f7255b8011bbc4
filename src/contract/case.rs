//! A failing case as plain data: saved and loaded. It is sent again in `replay`.

use std::{collections::BTreeMap, fmt, fs, path::Path, time::Duration};

use bytes::Bytes;
use prost_reflect::DynamicMessage;
use serde::{Deserialize, Serialize};

use super::{
    Class, Method,
    answer::Answer,
    cover,
    input::{Body, Input},
    judge::{Failure, Judge, unknown_fields},
    sequences::SavedCall,
    variant,
};
use crate::{
    client::Step,
    diag::{CallRow, CaseRow},
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
    /// What the server had shown it takes: which plain values the other requests of the case are made of.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub manner: BTreeMap<String, usize>,
    /// Of a call shortly before the server died: the case of that death. It shows nothing by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub led_to: Option<String>,
    /// The calls of a sequence, of which `script` is the last one as it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<Vec<SavedCall>>,
    /// The side files whose promises were asked as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sides: Vec<String>,
    /// The run that found it had started the server itself: at the address above is nobody any more.
    #[serde(default)]
    pub started: bool,
}

/// What the report calls the method of a fault that belongs to none.
pub const THE_SERVER: &str = "the server";

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
        let sent: Vec<Bytes> = input.sent(method);
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
            script: input.script(method).iter().map(SavedStep::from_step).collect(),
            request_json: input.json(),
            manner: method.manner.get().map(|manner| manner.chosen().clone()).unwrap_or_default(),
            led_to: None,
            sequence: None,
            sides: of.sides.clone(),
            started: false,
        }
    }

    /// The same as one of the calls before the death that is `death`.
    pub(super) fn before(self, death: &Case) -> Case {
        let parts = [&death.id, &self.method, &self.class, &self.label, &self.id];
        let parts = parts.map(|part| part.as_bytes());
        // The same bytes may have been sent as another class, and be a case of their own.
        let id = format!("{:016x}", cover::hash(&parts))[..10].to_owned();
        Case { id, led_to: Some(death.id.clone()), ..self }
    }

    /// As a line of the death's row.
    pub(super) fn as_call(&self) -> CallRow {
        CallRow {
            id: self.id.clone(),
            method: self.method.clone(),
            input: self.label.clone(),
            status: self.status.clone(),
            replay: format!("protogate replay {}", self.id),
        }
    }

    /// The case of something that a probe found.
    pub(super) fn of_probe(of: &super::Config, deadline: Duration, found: &super::Found) -> Case {
        let check = found.probe.info.name;
        let seed = of.seed.to_le_bytes();
        let parts = [
            &seed[..],
            check.as_bytes(),
            found.method.as_bytes(),
            found.cause.as_bytes(),
            found.label.as_bytes(),
        ];
        Case {
            id: format!("{:016x}", cover::hash(&parts))[..10].to_owned(),
            seed: of.seed,
            target: of.target.clone(),
            method: found.method.clone(),
            check: check.to_owned(),
            cause: found.cause.clone(),
            message: found.message.clone(),
            status: found.status.clone(),
            // No class of input: the probe is asked as a whole.
            class: "probe".to_owned(),
            label: found.label.clone(),
            metadata: of.metadata.iter().map(|(name, _)| name.clone()).collect(),
            deadline_ms: u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX),
            script: found.script.iter().map(SavedStep::from_step).collect(),
            request_json: None,
            manner: BTreeMap::new(),
            led_to: None,
            sequence: None,
            sides: of.sides.clone(),
            started: false,
        }
    }

    /// As a row of a report; nothing of what these headers hold is in it.
    pub(super) fn probe_row(
        &self,
        found: &super::Found,
        method: Option<&Method>,
        secrets: &[(String, Vec<u8>)],
    ) -> CaseRow {
        let mut row = CaseRow {
            id: self.id.clone(),
            check: &found.probe.info,
            method: if found.method.is_empty() { THE_SERVER.to_owned() } else { found.method.clone() },
            cause: self.cause.clone(),
            message: found.message.clone(),
            client_streaming: method.is_some_and(|method| method.desc.is_client_streaming()),
            request_json: method.and_then(|method| json(&found.script, method)),
            request_hex: self.request_hex(),
            status: self.status.clone(),
            replay: format!("protogate replay {}", self.id),
            grpcurl: None,
            place: method.and_then(|method| method.place.clone()),
            details: found.details.clone(),
            response_json: Vec::new(),
            before: Vec::new(),
        };
        if let (Some(method), Some(seen)) = (method, &found.seen) {
            Answer::of(method, seen, secrets).tell(&mut row);
        }
        row
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

    /// Every case in the directory that can be read, by id, but for those that only led to another.
    pub fn load_all(dir: &Path) -> Vec<Case> {
        let mut cases = Case::read_all(dir);
        cases.retain(|case| case.led_to.is_none());
        cases
    }

    fn read_all(dir: &Path) -> Vec<Case> {
        let names = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.file_name());
        let ids = names.filter_map(|name| Some(name.to_str()?.strip_suffix(".json")?.to_owned()));
        let mut cases: Vec<Case> = ids.filter_map(|id| Case::load(dir, &id).ok()).collect();
        cases.sort_by(|one, other| one.id.cmp(&other.id));
        cases
    }

    /// Removes `<dir>/<id>.json`, and the cases that only led to it.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn forget(&self, dir: &Path) -> Result<(), CaseError> {
        let remove = |id: &str| {
            let path = dir.join(format!("{id}.json"));
            fs::remove_file(&path)
                .map_err(|error| CaseError(format!("cannot remove {}: {error}", path.display())))
        };
        let led = Case::read_all(dir).into_iter().filter(|case| case.led_to.as_ref() == Some(&self.id));
        led.map(|case| remove(&case.id)).collect::<Result<Vec<()>, _>>()?;
        remove(&self.id)
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
            cause: self.cause.clone(),
            message: self.message.clone(),
            client_streaming: method.desc.is_client_streaming(),
            request_json: self.request_json.clone(),
            request_hex: self.request_hex(),
            status: self.status.clone(),
            replay: format!("protogate replay {}", self.id),
            grpcurl: None,
            place: method.place.clone(),
            details: Vec::new(),
            response_json: Vec::new(),
            before: Vec::new(),
        }
    }
}

impl Case {
    /// What was sent, as the judge wants it; nothing for a case of another version.
    pub(super) fn input(&self, method: &Method) -> Option<Input> {
        let class = Class::from_name(&self.class)?;
        let script: Vec<Step> = self.script.iter().map(SavedStep::to_step).collect::<Option<_>>()?;
        let variant = class.is_compared() || variant::find(class, &self.label).is_some();
        let messages = variant.then(|| messages(class, &script, method)).flatten();
        Some(match messages {
            // A variant is made again of what it was made of.
            Some(messages) => Input::of(class, method, &*self.label, messages),
            None => Input::new(class, &*self.label, Body::Script(script)),
        })
    }
}

/// ProtoJSON of what a script sends; nothing where that says less than the bytes.
fn json(script: &[Step], method: &Method) -> Option<Vec<serde_json::Value>> {
    let (framed, rest) = crate::client::sent(script);
    let decode = |(flag, message): &(u8, Bytes)| {
        let decoded = DynamicMessage::decode(method.desc.input(), message.as_ref()).ok()?;
        let whole = *flag == 0 && crate::values::encode(&decoded) == message.as_ref();
        whole.then(|| serde_json::to_value(&decoded).ok()).flatten()
    };
    if rest.is_empty() && !framed.is_empty() { framed.iter().map(decode).collect() } else { None }
}

/// The messages that a script sends, without what the class puts behind each.
fn messages(class: Class, script: &[Step], method: &Method) -> Option<Vec<DynamicMessage>> {
    let suffix = if class == Class::UnknownFields { unknown_fields(method) } else { Vec::new() };
    let (framed, rest) = crate::client::sent(script);
    let decode = |(_, message): &(u8, Bytes)| {
        DynamicMessage::decode(method.desc.input(), message.strip_suffix(&*suffix)?).ok()
    };
    if rest.is_empty() { framed.iter().map(decode).collect() } else { None }
}

impl SavedStep {
    pub(super) fn from_step(step: &Step) -> SavedStep {
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

    pub(super) fn to_step(&self) -> Option<Step> {
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

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c.to_digit(16)?).ok()).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
