//! What is said of one service or method, and its ids and expressions, which both have.

use std::collections::BTreeMap;
use std::ops::Range;

use prost_reflect::DynamicMessage;

use super::super::options::text;
use super::infer::infer;
use super::kinds::{ID, SYNTAX, TYPE};
use super::scope::Scope;
use super::types::Type;
use crate::diag::{Diagnostic, RuleInfo, Severity};
use crate::promise::contract::place::Places;

/// A service or method while it is looked at.
pub(super) struct Element<'a> {
    /// `GetUser`, or the name of the service.
    pub name: &'a str,
    pub places: &'a Places,
    /// How often an id was seen.
    seen: BTreeMap<String, usize>,
    pub said: Vec<Diagnostic>,
}

/// What an expression has to be.
pub(super) enum Want<'a> {
    /// True or false.
    Bool,
    /// A value of a variable of the model.
    Fits(&'a Type, &'a str),
}

/// One expression, and how it is called in messages.
pub(super) struct Asked<'a> {
    /// `ensures/echo`
    pub label: &'a str,
    pub id: &'a str,
    pub text: &'a str,
}

impl<'a> Element<'a> {
    pub fn new(name: &'a str, places: &'a Places) -> Element<'a> {
        Element { name, places, seen: BTreeMap::new(), said: Vec::new() }
    }

    /// At the literal with this text that is closest to the id.
    pub fn say(
        &mut self,
        kind: &'static RuleInfo,
        at: (&str, &str),
        message: String,
        help: impl Into<String>,
    ) {
        let place = self.places.text(at.0, at.1);
        let said = Diagnostic::new(kind, Severity::Error, format!("{}: {message}", self.name));
        self.said.push(said.at(place).help(help));
    }

    /// The id of a rule, and how the rule is called in messages.
    pub fn id(&mut self, kind: &str, position: usize, rule: &DynamicMessage, expr: &str) -> (String, String) {
        let id = text(rule, "id");
        if id.is_empty() {
            let label = format!("{kind}[{position}]");
            let help = "add `id: \"…\"`: reports and side files call the rule by it";
            self.say(&ID, ("", expr), format!("{label} has no id"), help);
            return (id, label);
        }
        let label = format!("{kind}/{id}");
        if !is_snake(&id) {
            let help = "an id is made of lower-case letters, digits and `_`, and begins with a letter";
            self.say(&ID, ("", &id), format!("{label} is no id"), help);
        }
        let turn = self.seen.entry(id.clone()).or_default();
        *turn += 1;
        if *turn > 1 {
            let place = self.places.nth(&id, *turn - 1);
            let message = format!("{}: there is a second rule `{id}`", self.name);
            let help = "give each rule of a service or method an id of its own";
            self.said.push(Diagnostic::new(&ID, Severity::Error, message).at(place).help(help));
        }
        (id, label)
    }

    /// Whether an expression is there, can be read, and is what it has to be.
    pub fn expression(&mut self, asked: &Asked<'_>, scope: &Scope, want: &Want<'_>) {
        let Asked { label, id, text } = *asked;
        if text.trim().is_empty() {
            return self.say(
                &SYNTAX,
                ("", id),
                format!("{label} has no expression"),
                "write one, or remove the rule",
            );
        }
        let (found, wrong) = infer(text, scope);
        let clean = wrong.is_empty();
        for wrong in wrong {
            let message = match wrong.kind.id == SYNTAX.id {
                true => format!("{}: {label} {}", self.name, wrong.message),
                false => format!("{}: {label}: {}", self.name, wrong.message),
            };
            let place = self.place(asked, wrong.at);
            let said = Diagnostic::new(wrong.kind, Severity::Error, message).at(place);
            self.said.push(Diagnostic { help: wrong.help, ..said });
        }
        let unlike = match want {
            Want::Bool if found != Type::Bool && !found.is_open() => Some((
                format!("{label} is {}, not true or false", found.a()),
                "compare it with something".to_owned(),
            )),
            Want::Fits(of, what) if !found.fits(of) => {
                Some((format!("{label} is {}", found.a()), format!("{what} is declared as {of}")))
            }
            _ => None,
        };
        if let Some((message, help)) = unlike.filter(|_| clean) {
            self.say(&TYPE, (id, text), message, help);
        }
    }

    fn place(&self, asked: &Asked<'_>, at: Option<Range<usize>>) -> crate::diag::Place {
        match at {
            Some(at) => self.places.within(asked.id, asked.text, at),
            None => self.places.text(asked.id, asked.text),
        }
    }
}

/// `lower_snake_case`
pub(super) fn is_snake(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_lowercase())
        && word.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_')
}
