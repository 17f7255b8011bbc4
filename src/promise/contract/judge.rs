//! One finished call against the promises of its method, and what it does to the model.

use prost_reflect::DynamicMessage;

use super::{Model, Rule, Service};

/// A call that ended with a status.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// The simple name of the method.
    pub method: &'a str,
    /// The request messages, in order.
    pub sent: &'a [DynamicMessage],
    /// The replies, in order.
    pub got: &'a [DynamicMessage],
    /// The status.
    pub code: i32,
    /// Seconds since the Unix epoch when the run began, and now.
    pub clock: (i64, i64),
}

/// What a promise says of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Held, and had something to say.
    Kept,
    /// Did not apply: its condition was false, or the model knows too little.
    Vacuous,
    /// Broken: the values that differ, a line each.
    Broken(Vec<String>),
    /// The expression could not be evaluated.
    Unclear(String),
}

/// One promise and what it says. `may_return` and `requires` have a rule id as well.
#[derive(Debug, Clone)]
pub struct Told {
    /// Such as `ensures/echo`.
    pub rule: String,
    /// Its text and place, for the report; nothing for `may_return`.
    pub of: Option<Rule>,
    /// What it says.
    pub verdict: Verdict,
}

impl Service {
    /// What each promise about this method says of the call. `old` is the model before it, `new` after it.
    pub fn judge(&self, old: &Model, new: &Model, call: &Call<'_>) -> Vec<Told> {
        let _ = (old, new, call);
        Vec::new()
    }

    /// The model after the call.
    ///
    /// # Errors
    /// When an expression of an effect cannot be evaluated; it says why.
    pub fn apply(&self, old: &Model, call: &Call<'_>) -> Result<Model, String> {
        let _ = call;
        Ok(old.clone())
    }
}
