//! What a message must satisfy beyond its type, read from the options of its descriptor: `buf.validate` and
//! `google.api.field_behavior`.
//!
//! [`Rules::of`] reads the options of a message and of everything inside it once; [`Rules::judge`] holds a message
//! against them. Verdicts and rule ids are those of protovalidate; `tests/it/protovalidate.rs` asks it.
//! [`Rules::mend`] makes a message keep the rules, [`Rules::edges`] and [`Rules::broken`] put it just inside and,
//! one rule at a time, just outside. [`compare`] finds the values that two versions of a message judge differently.
//!
//! What is not understood is never guessed: an expression (`cel`) that is none or cannot be evaluated, a rule of
//! somebody's own (`predefined`), an option of a later version, a pattern that is none. The verdict on a message that meets
//! one is [`Verdict::Unknown`].
//!
//! Absent on purpose: no sockets, no clock but the one given, no random generator but a salt.

#![cfg_attr(not(feature = "draw"), allow(dead_code, reason = "what making values needs"))]

pub mod behavior;
#[cfg(feature = "draw")]
mod broken;
#[cfg(feature = "draw")]
mod candidates;
pub mod cel;
#[cfg(feature = "draw")]
pub mod compare;
#[cfg(feature = "draw")]
mod compose;
mod describe;
pub mod forms;
mod judge;
#[cfg(feature = "draw")]
mod mend;
mod pattern;
pub mod plain;
mod read;
#[cfg(feature = "draw")]
mod settle;
pub mod test;
#[cfg(test)]
mod testing;
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
#[cfg(feature = "draw")]
pub use broken::Broken;
pub use read::option;

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
    /// Whether expressions are evaluated.
    evaluates: bool,
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
    /// Why its verdict cannot be known by the tests alone.
    unknown: Option<String>,
    expressions: Expressions,
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
    /// Why it cannot be known by the tests alone.
    unknown: Option<String>,
    expressions: Expressions,
    tests: Vec<Rule>,
    /// The type of which it is a message.
    inner: Option<String>,
}

/// The rules that are expressions.
#[derive(Default)]
struct Expressions {
    all: Vec<cel::Expression>,
    /// With them, nothing is unknown any more.
    suffice: bool,
}

impl Expressions {
    /// Those of a field or of a message that are known to have some, where `unknown` is what else is not understood.
    fn of(rules: &DynamicMessage, unknown: Option<&String>) -> Expressions {
        let all = cel::Expression::all(rules);
        Expressions { suffice: unknown.is_none() && all.is_some(), all: all.unwrap_or_default() }
    }
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
        Rules { root: desc.clone(), messages: Arc::new(read::closure(desc)), evaluates: true }
    }

    /// The same, where what expressions say is unknown: to be told apart by more than the messages that are tried.
    #[cfg(feature = "draw")]
    fn without_expressions(self) -> Rules {
        Rules { evaluates: false, ..self }
    }

    /// Whether a rule asks when it is: a message that keeps it today may break it tomorrow.
    pub fn ask_the_clock(&self) -> bool {
        let of_time =
            |it: &Rule| matches!(it.test, test::Test::Future | test::Test::Past | test::Test::Within(_));
        let asks = |it: &Promise| it.tests.iter().any(of_time);
        let mut fields = self.messages.values().flat_map(|it| &it.fields);
        fields.any(|it| [&it.value, &it.items, &it.keys].into_iter().any(asks))
    }

    /// Whether some of it is asked by expressions.
    #[cfg(feature = "draw")]
    fn have_expressions(&self) -> bool {
        self.messages.values().any(|message| {
            let of = |field: &Field| {
                [&field.value, &field.items, &field.keys].into_iter().any(|it| !it.expressions.all.is_empty())
            };
            !message.expressions.all.is_empty() || message.fields.iter().any(of)
        })
    }

    /// Whether nothing is asked anywhere.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// The tests of a field's value; none where the field is of no message inside this one.
    pub fn tests_of(&self, field: &FieldDescriptor) -> impl Iterator<Item = &test::Test> {
        let message = self.messages.get(field.parent_message().full_name());
        let own = message.and_then(|it| it.fields.iter().find(|it| it.desc == *field));
        own.into_iter().flat_map(|it| it.value.tests.iter().map(|rule| &rule.test))
    }

    /// The rules that are not understood, and so not asked: where each stands, and why. In the order of their places.
    pub fn not_asked(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for (name, message) in &*self.messages {
            let unknown = message.unknown.iter().filter(|_| !message.expressions.suffice);
            all.extend(unknown.map(|why| (name.clone(), why.clone())));
            for field in &message.fields {
                let of = [&field.value, &field.items, &field.keys].into_iter();
                let unknown = of.filter(|it| !it.expressions.suffice).filter_map(|it| it.unknown.clone());
                all.extend(unknown.map(|why| (field.desc.full_name().to_owned(), why)));
            }
        }
        all.sort();
        all.dedup();
        all
    }

    /// Everything that this message breaks, as far as its rules are understood, in the order in which the schema declares its
    /// fields; what is about the message comes before them. See [`Rules::judge`].
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
