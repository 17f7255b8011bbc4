//! The calls of a sequence as a saved case keeps them.

use prost_reflect::{DescriptorPool, DynamicMessage};
use serde::{Deserialize, Serialize};

use super::schedule::Turn;
use super::step::{Link, Step};
use crate::{
    contract::case::{hex, unhex},
    values,
};

/// One call. Bytes are lowercase hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedCall {
    /// `package.Service/Method`.
    pub method: String,
    /// The encoded messages, as far as they are known before the call is made.
    pub sent: Vec<String>,
    /// Where the other values come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// Whether each reply is waited for before the next message is sent.
    #[serde(default)]
    pub in_turn: bool,
    /// What else is done in the stream.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<Turn>,
    /// After so many milliseconds the client takes it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel: Option<u64>,
    /// Which of several clients makes it, beside the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<usize>,
}

impl SavedCall {
    pub(super) fn from_step(step: &Step) -> SavedCall {
        SavedCall {
            method: step.method.clone(),
            sent: step.sent.iter().map(|message| hex(&values::encode(message))).collect(),
            links: step.links.clone(),
            in_turn: step.in_turn,
            turns: step.turns.clone(),
            cancel: step.cancel,
            client: step.client,
        }
    }

    /// The step again; nothing for a method or a message that the schema does not have any more.
    pub(super) fn to_step(&self, pool: &DescriptorPool) -> Option<Step> {
        let (service, name) = self.method.rsplit_once('/')?;
        let method = pool.get_service_by_name(service)?.methods().find(|it| it.name() == name)?;
        let decode = |text: &String| DynamicMessage::decode(method.input(), &*unhex(text)?).ok();
        Some(Step {
            method: self.method.clone(),
            sent: self.sent.iter().map(decode).collect::<Option<_>>()?,
            links: self.links.clone(),
            in_turn: self.in_turn,
            turns: self.turns.clone(),
            cancel: self.cancel,
            client: self.client,
        })
    }
}
