//! The docs of the source's own files: pages in Markdown and HTML, and the view they are made from as JSON.
//!
//! A schema is one page. Where that would be too long to open, each package is one, and the first page leads to them.

mod build;
mod changes;
mod coverage;
mod elements;
mod http;
mod links;
pub(super) mod markdown;
mod missing;
mod option_text;
mod places;
mod sample;
mod search;
mod snippets;
#[cfg(test)]
mod tests;
pub mod view;
mod wire;

use std::collections::BTreeMap;

use base64::Engine as _;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use serde::Serialize;
use sha2::Digest as _;

use super::templates::Templates;
use super::{File, Options, ours};
use crate::diag::Diagnostic;
use crate::schema::Schema;
use build::Shared;
use search::Group;
use view::{Coverage, Docs, Package, Page};

pub use missing::{Missing, missing};

/// More messages and enums than these make a page slow to open and to search.
const ONE_PAGE: usize = 1500;

/// Every template of the pages: the first two are pages, the others parts of them.
pub(super) const TEMPLATES: [(&str, &str); 12] = [
    ("docs.md.jinja", include_str!("../../../templates/docs.md.jinja")),
    ("docs.html.jinja", include_str!("../../../templates/docs.html.jinja")),
    ("docs/page.css", include_str!("../../../templates/docs/page.css")),
    ("docs/page.js", include_str!("../../../templates/docs/page.js")),
    ("docs/macros.html.jinja", include_str!("../../../templates/docs/macros.html.jinja")),
    ("docs/nav.html.jinja", include_str!("../../../templates/docs/nav.html.jinja")),
    ("docs/head.html.jinja", include_str!("../../../templates/docs/head.html.jinja")),
    ("docs/service.html.jinja", include_str!("../../../templates/docs/service.html.jinja")),
    ("docs/diagram.html.jinja", include_str!("../../../templates/docs/diagram.html.jinja")),
    ("docs/message.html.jinja", include_str!("../../../templates/docs/message.html.jinja")),
    ("docs/enum.html.jinja", include_str!("../../../templates/docs/enum.html.jinja")),
    ("docs/macros.md.jinja", include_str!("../../../templates/docs/macros.md.jinja")),
];

type Files = BTreeMap<String, File>;

pub(super) fn generate(
    schema: &Schema,
    options: &Options,
    templates: &Templates,
) -> Result<Files, Vec<Diagnostic>> {
    let maker =
        Maker { shared: Shared::of(schema, options), templates, script: Script::of(templates)?, options };
    let packages = build::packages(schema);
    if maker.shared.places.many_pages { maker.many(&packages) } else { maker.one(&packages) }
}

type Sources<'a> = BTreeMap<String, Vec<&'a crate::schema::File>>;

struct Maker<'a> {
    shared: Shared<'a>,
    templates: &'a Templates,
    script: Script,
    options: &'a Options,
}

/// The one script of a page, and the hash by which the page's policy knows it.
#[derive(Serialize)]
struct Script {
    script: String,
    script_hash: String,
}

impl Script {
    fn of(templates: &Templates) -> Result<Script, Vec<Diagnostic>> {
        let script = templates.render("docs/page.js", &()).map_err(|problem| vec![*problem])?;
        let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(&script));
        Ok(Script { script, script_hash: format!("sha256-{hash}") })
    }
}

/// What the template of a page sees: the view, and what only a page needs.
#[derive(Serialize)]
struct Seen<'a> {
    #[serde(flatten)]
    docs: &'a Docs,
    search: &'a [Group],
    #[serde(flatten)]
    script: &'a Script,
}

impl Maker<'_> {
    fn one(&self, packages: &Sources<'_>) -> Result<Files, Vec<Diagnostic>> {
        let view: Vec<Package> = packages
            .iter()
            .filter_map(|(name, files)| build::package(name, files, &self.shared, "html"))
            .collect();
        let search: Vec<Group> = view.iter().map(|package| Group::of(package, "", true)).collect();
        let coverage = Coverage::of(&view, |name| self.shared.places.href(name, None, "html"));
        let docs = Docs { packages: view, ..self.docs(coverage) };
        let mut files = Files::new();
        let sources = names(packages);
        self.add(&mut files, "docs/index", &sources, &docs, &search, &["md", "html", "json"])?;
        Ok(files)
    }

    fn many(&self, packages: &Sources<'_>) -> Result<Files, Vec<Diagnostic>> {
        let made: Vec<Result<Option<_>, Vec<Diagnostic>>> = packages
            .iter()
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|(name, files)| self.package(name, files))
            .collect();
        let (mut files, mut pages, mut groups, mut parts) =
            (Files::new(), Vec::new(), Vec::new(), Vec::new());
        for made in made {
            let Some((made, page, group, coverage)) = made? else { continue };
            files.extend(made);
            pages.push(page);
            groups.push(group);
            parts.push(coverage);
        }
        let sources = names(packages);
        let docs = Docs { pages, ..self.docs(Coverage::sum(parts)) };
        self.add(&mut files, "docs/index", &sources, &docs, &groups, &["html", "json"])?;
        let pages = docs.pages.into_iter();
        let in_markdown = pages.map(|page| Page { href: page.href.replace(".html", ".md"), ..page });
        let docs = Docs { pages: in_markdown.collect(), ..docs };
        self.add(&mut files, "docs/index", &sources, &docs, &groups, &["md"])?;
        Ok(files)
    }

    /// The files of one package, its line on the first page, what is searched there, and its part of the figure.
    #[allow(clippy::type_complexity)]
    fn package(
        &self,
        name: &str,
        sources: &[&crate::schema::File],
    ) -> Result<Option<(Files, Page, Group, Coverage)>, Vec<Diagnostic>> {
        let mut files = Files::new();
        let mut told = None;
        let from: Vec<&str> = sources.iter().map(|file| file.name()).collect();
        // Links lead to pages of the same kind.
        for (ending, wanted) in [("html", &["html", "json"][..]), ("md", &["md"])] {
            let Some(package) = build::package(name, sources, &self.shared, ending) else { return Ok(None) };
            let places = &self.shared.places;
            let coverage = Coverage::of([&package], |it| places.href(it, Some(name), ending));
            let search = [Group::of(&package, "", true)];
            let href = places::path(name, ending);
            if told.is_none() {
                let group = Group::of(&package, &href, false);
                let of_all = Coverage::of([&package], |it| places.href(it, None, ending));
                told = Some((page(&package, href.clone()), group, of_all));
            }
            let docs = Docs {
                title: package.name.clone(),
                home: Some(format!("../index.{ending}")),
                packages: vec![package],
                ..self.docs(coverage)
            };
            let stem = href.strip_suffix(ending).unwrap_or(&href).trim_end_matches('.');
            self.add(&mut files, &format!("docs/{stem}"), &from, &docs, &search, wanted)?;
        }
        Ok(told.map(|(page, group, coverage)| (files, page, group, coverage)))
    }

    fn docs(&self, coverage: Coverage) -> Docs {
        Docs {
            schema: view::SCHEMA,
            title: self.options.title.clone(),
            home: None,
            coverage,
            since: self.options.changes.as_ref().map(changes::since),
            packages: Vec::new(),
            pages: Vec::new(),
        }
    }

    fn add(
        &self,
        files: &mut Files,
        stem: &str,
        sources: &[&str],
        docs: &Docs,
        search: &[Group],
        endings: &[&str],
    ) -> Result<(), Vec<Diagnostic>> {
        for ending in endings {
            let path = format!("{stem}.{ending}");
            let head = ours::header(&path, sources, &self.options.command);
            let (text, template) = match *ending {
                "json" => (json(&head, docs), None),
                ending => {
                    let template = if ending == "md" { "docs.md.jinja" } else { "docs.html.jinja" };
                    let seen = Seen { docs, search, script: &self.script };
                    let body = self.templates.render(template, &seen).map_err(|problem| vec![*problem])?;
                    (format!("{head}{body}"), Some(template))
                }
            };
            files.insert(path, File::new(text, sources, template));
        }
        Ok(())
    }
}

fn names<'a>(packages: &Sources<'a>) -> Vec<&'a str> {
    let mut names: Vec<&str> = packages.values().flatten().map(|file| file.name()).collect();
    names.sort_unstable();
    names
}

/// JSON has no comments: what the file says of itself is its first name.
fn json(head: &str, docs: &Docs) -> String {
    #[derive(Serialize)]
    struct Written<'a> {
        about: &'a str,
        #[serde(flatten)]
        docs: &'a Docs,
    }
    let about = head.trim_end().trim_start_matches("# ");
    // The view has text keys and plain values only: no map can fail.
    serde_json::to_string_pretty(&Written { about, docs }).unwrap_or_default() + "\n"
}

fn page(package: &Package, href: String) -> Page {
    let first = package.comment.split("\n\n").next().unwrap_or_default();
    Page {
        name: package.name.clone(),
        href,
        comment: first.to_owned(),
        services: package.services.iter().map(|it| it.common.name.clone()).collect(),
        messages: package.messages.len(),
        enums: package.enums.len(),
    }
}
