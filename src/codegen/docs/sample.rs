//! One message of each type, in ProtoJSON: plausible values that keep the rules, the same at every run.

use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, ReflectMessage as _, SerializeOptions};
use serde_json::Value as Json;

use crate::promise::Rules;
use crate::values::{Manner, minimal, typical};

/// A longer sample is cut down to what is not a message inside a message: nobody reads more.
const MOST: usize = 4096;
/// The same for the request of a snippet.
const BRIEF: usize = 700;

/// Makes samples of the types of one schema.
pub(super) struct Samples {
    has_rules: bool,
}

/// One sample.
pub(super) struct Sample {
    pub message: DynamicMessage,
    pub json: Json,
}

impl Samples {
    /// `has_rules`: whether the schema knows `buf.validate`. Reading rules where there are none takes long.
    pub fn new(has_rules: bool) -> Samples {
        Samples { has_rules }
    }

    /// Nothing where no message of the type has a form in JSON.
    pub fn of(&self, desc: &MessageDescriptor) -> Option<Sample> {
        self.within(desc, MOST)
    }

    /// One that fits into a call on one screen.
    pub fn brief(&self, desc: &MessageDescriptor) -> Option<Sample> {
        self.within(desc, BRIEF)
    }

    fn within(&self, desc: &MessageDescriptor, most: usize) -> Option<Sample> {
        // What must be in the future today is in the past tomorrow: such samples are left as they are, so that the
        // same schema gives the same bytes at any time.
        let rules = self.has_rules.then(|| Rules::of(desc)).filter(|rules| !rules.ask_the_clock());
        let mend =
            |message: DynamicMessage| rules.as_ref().map_or(message.clone(), |it| it.mend(&message, 0));
        let full = mend(typical(desc, 0, &Manner::default()));
        [full.clone(), mend(flat(&full)), mend(minimal(desc))].into_iter().find_map(|message| {
            let json = json(&message)?;
            (json.to_string().len() <= most).then_some(Sample { message, json })
        })
    }
}

/// Without the messages inside, but for those that must be there.
fn flat(message: &DynamicMessage) -> DynamicMessage {
    let mut cut = minimal(&message.descriptor());
    for (field, value) in message.fields() {
        let is_message = match field.kind() {
            Kind::Message(_) => true,
            _ => field.is_map(),
        };
        if !is_message {
            cut.set_field(&field, value.clone());
        }
    }
    cut
}

fn json(message: &DynamicMessage) -> Option<Json> {
    message.serialize_with_options(serde_json::value::Serializer, &SerializeOptions::new()).ok()
}
