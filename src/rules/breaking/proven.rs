//! What the rules of `PROVEN` have in common: a difference that a witness shows, said at its field or value.

use super::element::{Element, Field, Spot};
use super::findings::Findings;
use crate::diag::{Agreement, Direction, Encoding, Evidence, Reading, RuleInfo};
use crate::rules::witness::{Difference, Field as Shown, Subject};

/// The words of a rule that only we have.
pub(super) const fn ours(id: &'static str, summary: &'static str, explain: &'static str) -> RuleInfo {
    RuleInfo { id, name: id, summary, explain, url: None }
}

impl From<&Shown> for Field {
    fn from(field: &Shown) -> Field {
        match field {
            Shown::Member(field) => Field::Member(field.clone()),
            Shown::Extension(field) => Field::Extension(field.clone()),
        }
    }
}

/// Says a difference where its field or value is now, or in what used to hold it.
pub(super) fn say(it: &Difference, help: &str, findings: &mut Findings) {
    let told = it.witness.readings.iter().filter(|it| it.encoding != Encoding::StrictJson);
    let consequence = told.max_by_key(|it| weight(it)).map(consequence).unwrap_or_default();
    let (title, at, was) = match &it.subject {
        Subject::Field { old, new } => of_field(it, old.as_ref(), new.as_ref()),
        Subject::Message => {
            let (old, new) = &it.messages;
            (format!("message `{}`", new.name()), new.whole(), Some(old.whole()))
        }
        Subject::Value { old, new, name } => {
            let value = |side: &prost_reflect::EnumDescriptor| side.get_value_by_name(name.as_deref()?);
            let spot = |side: &prost_reflect::EnumDescriptor| {
                value(side).map_or_else(|| side.whole(), |it| it.whole())
            };
            let title = match (name, value(old).or_else(|| value(new))) {
                (Some(name), Some(value)) => {
                    format!("value {} `{name}` of enum `{}`", value.number(), new.name())
                }
                _ => format!("a number that enum `{}` does not declare", new.name()),
            };
            (title, spot(new), Some(spot(old)))
        }
    };
    let mut said = findings.add(at, format!("{title}: {consequence}"));
    if let Some(was) = was {
        said = said.was(was, "it was here");
    }
    said.shown_by(evidence(it)).help(help);
}

fn of_field(it: &Difference, old: Option<&Shown>, new: Option<&Shown>) -> (String, Spot, Option<Spot>) {
    match (old.map(Field::from), new.map(Field::from)) {
        (Some(old), Some(new)) => (new.title(), new.whole(), Some(old.whole())),
        (None, Some(new)) => (new.title(), new.whole(), None),
        (Some(old), None) => (old.title(), it.messages.1.whole(), Some(old.whole())),
        (None, None) => (String::new(), it.messages.1.whole(), None),
    }
}

/// What a witness is to a diagnostic.
pub(super) fn evidence(it: &Difference) -> Evidence {
    Evidence { witness: Some(Ok(it.witness.clone())), ..Evidence::default() }
}

/// Which reading to tell first: the worst in bytes, and where bytes are read alike the worst in JSON.
fn weight(it: &Reading) -> (bool, Agreement) {
    (it.encoding == Encoding::Binary && it.verdict.is_break(), it.verdict)
}

fn consequence(it: &Reading) -> String {
    let (writers, readers) = match it.direction {
        Direction::OldToNew => ("old", "new"),
        Direction::NewToOld => ("new", "old"),
    };
    let medium = if it.encoding == Encoding::Binary { "" } else { "in JSON, " };
    match it.verdict {
        Agreement::Misread => {
            format!("{medium}{readers} readers take what {writers} writers mean for something else")
        }
        Agreement::Rejected => format!("{medium}{readers} readers refuse what {writers} writers send"),
        Agreement::Respelled => format!("{medium}{writers} writers have another word for the same value"),
        Agreement::Unknown => format!("{medium}{readers} readers do not know what {writers} writers send"),
        Agreement::Lossy | Agreement::Same => {
            format!("{medium}{readers} readers lose what {writers} writers send")
        }
    }
}
