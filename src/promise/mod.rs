//! What a message must satisfy beyond its type, read from the options of its descriptor: `buf.validate` and
//! `google.api.field_behavior`.
//!
//! [`Rules::of`] reads the options of a message and of everything inside it once; [`Rules::judge`] holds a message
//! against them. Verdicts and rule ids are those of protovalidate; `tests/it/protovalidate.rs` asks it.
//! [`Rules::mend`] makes a message keep the rules, [`Rules::edges`] and [`Rules::broken`] put it just inside and,
//! one rule at a time, just outside. [`compare`] finds the values that two versions of a message judge differently.
//!
//! What is not understood is never guessed: an expression (`cel`), a rule of somebody's own (`predefined`), an
//! option of a later version, a pattern that is none. The verdict on a message that meets one is
//! [`Verdict::Unknown`].
//!
//! Absent on purpose: no sockets, no clock but the one given, no random generator but a salt.

pub mod behavior;
mod broken;
mod candidates;
pub mod compare;
mod compose;
pub mod contract;
mod describe;
mod forms;
mod judge;
mod mend;
mod pattern;
mod plain;
mod read;
mod test;
#[cfg(test)]
mod tests;
mod uri;
pub mod words;

use std::{
    collections::HashMap,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, OneofDescriptor};

pub use behavior::Behavior;
pub use broken::Broken;

/// One rule that a message breaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The path of the field, such as `users[0].address.zip` or `labels["a"]`; empty for a rule of the message.
    pub path: String,
    /// The id of the rule, such as `string.min_len`.
    pub rule: String,
    /// What it asks, in one phrase.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{} ({})", self.message, self.rule)
    }
}

/// What is known about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It keeps every rule.
    Kept,
    /// It breaks these, and no others. In the order of their paths.
    Broken(Vec<Violation>),
    /// It meets a rule that is not understood, for this reason.
    Unknown(String),
}

/// The rules of one message type and of all the types inside it. Cheap to clone.
#[derive(Clone)]
pub struct Rules {
    root: MessageDescriptor,
    messages: Arc<HashMap<String, Message>>,
}

/// By its type: a descriptor written out whole never ends where types contain one another.
impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rules({})", self.root.full_name())
    }
}

/// The rules of one message type.
#[derive(Default)]
struct Message {
    /// Why its verdict cannot be known.
    unknown: Option<String>,
    /// Oneofs of which an arm must be set.
    oneofs: Vec<OneofDescriptor>,
    groups: Vec<Group>,
    fields: Vec<Field>,
}

/// `(buf.validate.message).oneof`: of these fields at most one is set, or exactly one.
struct Group {
    fields: Vec<FieldDescriptor>,
    required: bool,
}

struct Field {
    desc: FieldDescriptor,
    required: bool,
    /// Of the value as a whole: of a list its length, of a single value all.
    value: Promise,
    /// Of each element of a list, or of each value of a map.
    items: Promise,
    /// Of each key of a map.
    keys: Promise,
}

/// What one value must satisfy.
#[derive(Default)]
struct Promise {
    ignore: Ignore,
    unknown: Option<String>,
    tests: Vec<Rule>,
    /// The type of which it is a message.
    inner: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Ignore {
    #[default]
    Unspecified,
    IfZero,
    Always,
}

struct Rule {
    id: String,
    test: test::Test,
}

impl Rules {
    /// Reads the options of this type and of every type inside it.
    pub fn of(desc: &MessageDescriptor) -> Rules {
        Rules { root: desc.clone(), messages: Arc::new(read::closure(desc)) }
    }

    /// Whether a rule asks when it is: a message that keeps it today may break it tomorrow.
    pub fn ask_the_clock(&self) -> bool {
        let of_time =
            |it: &Rule| matches!(it.test, test::Test::Future | test::Test::Past | test::Test::Within(_));
        let asks = |it: &Promise| it.tests.iter().any(of_time);
        let mut fields = self.messages.values().flat_map(|it| &it.fields);
        fields.any(|it| [&it.value, &it.items, &it.keys].into_iter().any(asks))
    }

    /// Whether nothing is asked anywhere.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Everything that this message breaks, as far as its rules are understood; see [`Rules::judge`].
    pub fn violations(&self, message: &DynamicMessage) -> Vec<Violation> {
        self.told(message).violations
    }

    /// The verdict on a message of the type these rules are of.
    pub fn judge(&self, message: &DynamicMessage) -> Verdict {
        let told = self.told(message);
        match (told.unknown, told.violations) {
            (Some(why), _) => Verdict::Unknown(why),
            (None, violations) if violations.is_empty() => Verdict::Kept,
            (None, violations) => Verdict::Broken(violations),
        }
    }

    fn told(&self, message: &DynamicMessage) -> judge::Told {
        judge::told(self, message, now())
    }
}

/// Nanoseconds since the Unix epoch.
fn now() -> i128 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i128::try_from(since.as_nanos()).unwrap_or(i128::MAX)
}
