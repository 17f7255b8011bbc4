//! One change.

use crate::diag::Place;

/// What can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// It is there while a file has it.
    Package,
    /// A file of the schema itself.
    File,
    /// Of one file in another.
    Import,
    /// A message that somebody wrote: not that of a map field.
    Message,
    /// A oneof that somebody wrote: not that of a proto3 `optional`.
    Oneof,
    /// Of a message.
    Field,
    /// A field that is declared elsewhere.
    Extension,
    /// A range of numbers that extensions may have.
    ExtensionRange,
    /// An enum.
    Enum,
    /// Of an enum.
    Value,
    /// A number, a range of them or a name.
    Reserved,
    /// A service.
    Service,
    /// Of a service.
    Rpc,
}

impl Element {
    /// As sentences and JSON name it.
    pub fn word(self) -> &'static str {
        match self {
            Element::Package => "package",
            Element::File => "file",
            Element::Import => "import",
            Element::Message => "message",
            Element::Oneof => "oneof",
            Element::Field => "field",
            Element::Extension => "extension",
            Element::ExtensionRange => "extension range",
            Element::Enum => "enum",
            Element::Value => "value",
            Element::Reserved => "reserved",
            Element::Service => "service",
            Element::Rpc => "rpc",
        }
    }
}

/// What happened to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another name.
    Renamed,
    /// Into another file or oneof.
    Moved,
    /// Something of it is other than it was.
    Changed,
    /// It goes away one day.
    Deprecated,
    /// Only its comment changed.
    Documented,
}

impl Kind {
    /// As sentences and JSON name it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Added => "added",
            Kind::Removed => "removed",
            Kind::Renamed => "renamed",
            Kind::Moved => "moved",
            Kind::Changed => "changed",
            Kind::Deprecated => "deprecated",
            Kind::Documented => "documented",
        }
    }
}

/// One change of one element.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What happened.
    pub kind: Kind,
    /// To what.
    pub element: Element,
    /// Its full name now, or as it was when it is gone. Of a reserved number and the like, the name of what holds it.
    pub symbol: String,
    /// Its full name before, if it was there.
    pub old_symbol: Option<String>,
    /// What of it changed, where it is still there; of what has no name of its own, what it is.
    pub what: Option<String>,
    /// What that was; nothing where it was not written.
    pub from: Option<String>,
    /// What that is.
    pub to: Option<String>,
    /// Where it stands; of what is gone, where it stood.
    pub place: Option<Place>,
}

impl Change {
    /// One sentence, with names between backticks.
    pub fn sentence(&self) -> String {
        let Change { kind, element, symbol, .. } = self;
        let word = element.word();
        let title = match (element, &self.what) {
            (Element::Reserved, Some(what)) => format!("`reserved {what}` of `{symbol}`"),
            (Element::ExtensionRange, Some(what)) if self.is_alone() => {
                format!("`extensions {what}` of `{symbol}`")
            }
            (Element::Import, Some(what)) if self.is_alone() => format!("import of `{what}` in `{symbol}`"),
            _ => format!("{word} `{symbol}`"),
        };
        let (from, to) = (value(self.from.as_deref()), value(self.to.as_deref()));
        let what = self.what.as_deref().unwrap_or("");
        match kind {
            Kind::Added => format!("{title} was added"),
            Kind::Removed => format!("{title} was removed"),
            Kind::Renamed => {
                format!("{word} `{}` is called `{symbol}` now", self.old_symbol.as_deref().unwrap_or(""))
            }
            Kind::Moved => match what {
                "oneof" => match (&self.from, &self.to) {
                    (None, Some(to)) => format!("{title} moved into oneof `{to}`"),
                    (Some(from), None) => format!("{title} moved out of oneof `{from}`"),
                    _ => format!("{title} moved from oneof {from} to {to}"),
                },
                _ => format!("{title} moved from {from} to {to}"),
            },
            Kind::Deprecated => format!("{title} is deprecated"),
            Kind::Documented => format!("the comment of {title} changed"),
            Kind::Changed => match (&self.from, &self.to) {
                (None, _) => format!("{title}: {what} is {to} now, and was not set"),
                (_, None) => format!("{title}: {what} is not set any more, and was {from}"),
                _ => format!("{title}: {what} changed from {from} to {to}"),
            },
        }
    }

    /// Whether it is about the whole element.
    fn is_alone(&self) -> bool {
        matches!(self.kind, Kind::Added | Kind::Removed)
    }
}

fn value(text: Option<&str>) -> String {
    match text {
        None => "nothing".to_owned(),
        Some(text) => format!("`{}`", text.replace('`', "'")),
    }
}
