//! The docs: one page in Markdown, one in HTML, of the source's own files.

mod build;
mod links;
pub(super) mod markdown;
mod option_text;
pub mod view;

use std::collections::BTreeMap;

use super::templates::Templates;
use super::{File, Options, ours};
use crate::diag::Diagnostic;
use crate::schema::Schema;

pub(super) fn generate(
    schema: &Schema,
    options: &Options,
    templates: &Templates,
) -> Result<BTreeMap<String, File>, Vec<Diagnostic>> {
    let view = build::docs(schema, &options.title);
    let sources: Vec<&str> = schema.own_files().map(|file| file.name()).collect();
    let mut files = BTreeMap::new();
    for (path, template) in [("docs/index.md", "docs.md.jinja"), ("docs/index.html", "docs.html.jinja")] {
        let body = templates.render(template, &view).map_err(|problem| vec![*problem])?;
        let head = ours::header(path, &sources, &options.command);
        files.insert(path.to_owned(), File::new(format!("{head}{body}"), &sources, Some(template)));
    }
    Ok(files)
}
