//! Text out of a report. Renderers are functions from a report to a string: they never open a file,
//! print or exit, and they never decide what is worth saying.

mod evidence;
mod finding;
mod github;
mod gitlab;
mod html;
pub(super) mod json;
mod junit;
mod markdown;
mod ndjson;
mod sarif;
mod text;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::{CaseRow, Report};

/// What a report can be turned into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people: the source line with what is wrong under it.
    #[default]
    Text,
    /// For machines: one object per line, or one object for a run.
    Json,
    /// For the log of a GitHub workflow: commands that become annotations.
    Github,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For the test tab of a CI server: JUnit XML.
    Junit,
    /// For a GitLab merge request: a code quality report.
    Gitlab,
    /// For a job summary or a comment.
    Markdown,
    /// For whoever follows a run: one event per line.
    Ndjson,
    /// For people: one self-contained page.
    Html,
}

impl Format {
    /// Every format, by the name `--format` takes.
    pub const ALL: [(&'static str, Format); 9] = [
        ("text", Format::Text),
        ("json", Format::Json),
        ("github", Format::Github),
        ("sarif", Format::Sarif),
        ("junit", Format::Junit),
        ("gitlab", Format::Gitlab),
        ("markdown", Format::Markdown),
        ("ndjson", Format::Ndjson),
        ("html", Format::Html),
    ];
}

/// How a text may look. Machine formats ignore it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// ANSI colours.
    pub colour: bool,
    /// Columns of the terminal; lines of source longer than that are cut.
    pub width: Option<usize>,
}

/// The report as text that ends in a newline. With nothing to say, formats that are a list of lines are
/// empty; those that are a document say so in one.
pub fn render(report: &Report, format: Format, style: Style) -> String {
    match format {
        Format::Text => text::render(report, style),
        Format::Json => json::render(report),
        Format::Github => github::render(report),
        Format::Sarif => sarif::render(report),
        Format::Junit => junit::render(report),
        Format::Gitlab => gitlab::render(report),
        Format::Markdown => markdown::render(report),
        Format::Ndjson => ndjson::render(report),
        Format::Html => html::render(report),
    }
}

/// One line of NDJSON about something that happens while a run goes on: the kind of event, then its fields.
pub fn event(name: &str, fields: Value) -> String {
    ndjson::line(name, fields)
}

/// A failing case with the keys it has in JSON.
pub fn case_fields(row: &CaseRow) -> Value {
    json::failure(row)
}
