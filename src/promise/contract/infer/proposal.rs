//! One thing that a service may promise.

use toml::{Table, Value};

/// How likely it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// One habit of some services.
    Low,
    /// What a name means in most services.
    Medium,
    /// What the schema says, or what a name means in every service that is known.
    High,
}

impl Confidence {
    /// When a server was seen to keep it.
    pub(super) fn more(self) -> Confidence {
        match self {
            Confidence::Low => Confidence::Medium,
            Confidence::Medium | Confidence::High => Confidence::High,
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

/// One thing that a service may promise.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// `package.Service`, or `package.Service/Method`.
    pub of: String,
    /// The field of its contract, such as `ensures` or `stream.each`.
    pub part: &'static str,
    /// One element of that field.
    pub entry: Table,
    /// How likely it is.
    pub confidence: Confidence,
    /// What speaks for it.
    pub evidence: String,
    /// Why it does not hold after all: a server was seen to do otherwise.
    pub dropped: Option<String>,
}

impl Proposal {
    /// A rule with an expression, under the name that its part has for it.
    pub(super) fn rule_of(of: &str, part: &'static str, id: &str, expr: impl Into<String>) -> Proposal {
        let name = if part == "errors" { "when" } else { "expr" };
        Proposal::entry(of, part, [("id", id.into()), (name, expr.into().into())])
    }

    /// An element with these fields.
    pub(super) fn entry<'a>(
        of: &str,
        part: &'static str,
        fields: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Proposal {
        Proposal {
            of: of.to_owned(),
            part,
            entry: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            confidence: Confidence::High,
            evidence: String::new(),
            dropped: None,
        }
    }

    /// With one field more.
    pub(super) fn with(mut self, name: &str, value: &str) -> Proposal {
        self.entry.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn worth(self, confidence: Confidence, evidence: impl Into<String>) -> Proposal {
        Proposal { confidence, evidence: evidence.into(), ..self }
    }

    /// Only asked where all that the server keeps is known.
    pub(super) fn closed(self) -> Proposal {
        self.with("world", "CLOSED")
    }

    /// Its name in reports, such as `ensures/echo`; nothing of what is no rule.
    pub fn rule(&self) -> Option<String> {
        let id = self.entry.get("id")?.as_str()?;
        let kind = self.part.rsplit('.').next().unwrap_or(self.part);
        Some(format!("{kind}/{id}"))
    }

    /// Whether it is written as a promise, and not as a comment.
    pub fn is_active(&self) -> bool {
        self.dropped.is_none() && self.confidence == Confidence::High
    }
}
