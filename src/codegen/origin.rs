//! Where a generated file comes from, and so where an edit of it belongs.

/// One file of a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// What it holds.
    pub bytes: Vec<u8>,
    /// What it was made from.
    pub origin: Origin,
}

/// What a file is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The `.proto` files, as imports name them, in the order of their names.
    pub sources: Vec<String>,
    /// The template that laid it out, if one did: `docs.md.jinja`.
    pub template: Option<&'static str>,
    /// The plugin that made it, if one did: `protoc-gen-es`.
    pub plugin: Option<String>,
}

/// More sources than these are counted rather than listed.
const NAMED_SOURCES: usize = 3;

impl File {
    pub(super) fn new(text: impl Into<Vec<u8>>, sources: &[&str], template: Option<&'static str>) -> File {
        let sources = sources.iter().map(|name| (*name).to_owned()).collect();
        File { bytes: text.into(), origin: Origin { sources, template, plugin: None } }
    }
}

impl Origin {
    /// The sources in few words: `user.proto`, or `a.proto and 6 more files`.
    pub fn sources_in_words(&self) -> String {
        match self.sources.as_slice() {
            [] => "the schema".to_owned(),
            names if names.len() <= NAMED_SOURCES => names.join(", "),
            [first, rest @ ..] => format!("{first} and {} more files", rest.len()),
        }
    }

    /// Where a change of the file belongs, as the end of "make the change in …".
    pub fn place_of_edits(&self) -> String {
        let sources = self.sources_in_words();
        match self.template {
            Some(template) => {
                format!("{sources}, or in a {template} of your own (`templates` under [generate])")
            }
            None => sources,
        }
    }
}
