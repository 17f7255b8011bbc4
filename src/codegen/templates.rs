//! The templates: ours, or the user's of the same name.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::problem::GENERATE_TEMPLATE;
use crate::diag::{Diagnostic, Place, Span};

/// The instructions one template may take: a loop that never ends meets it within seconds, and a large
/// page does not.
const FUEL: u64 = 50_000_000;

/// Name of a template and its text.
const BUILT_IN: [(&str, &str); 4] = [
    ("rest.rs.jinja", include_str!("../../templates/rest.rs.jinja")),
    ("skeleton.rs.jinja", include_str!("../../templates/skeleton.rs.jinja")),
    ("service.rs.jinja", include_str!("../../templates/service.rs.jinja")),
    ("method.rs.jinja", include_str!("../../templates/method.rs.jinja")),
];

/// Every template, parsed.
pub(super) struct Templates {
    environment: Environment<'static>,
    sources: Vec<(&'static str, Text)>,
}

/// A template as the user knows it.
struct Text {
    shown: Arc<str>,
    text: Arc<str>,
}

impl Templates {
    /// Takes a template from `folder` where it has one of that name, and the built-in one otherwise.
    pub fn load(folder: Option<&Path>) -> Result<Templates, Vec<Diagnostic>> {
        let mut environment = environment();
        super::docs::markdown::add_filters(&mut environment);
        let mut templates = Templates { environment, sources: Vec::new() };
        let mut problems = Vec::new();
        for (name, built_in) in BUILT_IN.into_iter().chain(super::docs::TEMPLATES) {
            match read(folder, name) {
                Ok(Some(own)) => templates.sources.push((name, own)),
                Ok(None) => {
                    let shown = format!("templates/{name}").into();
                    templates.sources.push((name, Text { shown, text: built_in.into() }));
                }
                Err(problem) => problems.push(*problem),
            }
        }
        for (name, Text { text, .. }) in &templates.sources {
            if let Err(error) = templates.environment.add_template_owned(*name, text.to_string()) {
                problems.push(templates.problem(name, &error));
            }
        }
        if problems.is_empty() { Ok(templates) } else { Err(problems) }
    }

    /// Renders one template over its view.
    pub fn render(&self, name: &str, view: &impl Serialize) -> Result<String, Box<Diagnostic>> {
        self.environment
            .get_template(name)
            .and_then(|template| template.render(Serde(view)))
            .map_err(|error| Box::new(self.problem(name, &error)))
    }

    fn problem(&self, asked: &str, error: &minijinja::Error) -> Diagnostic {
        let name = error.name().unwrap_or(asked);
        let message = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        let place = self.sources.iter().find(|(known, _)| *known == name).map(|(_, Text { shown, text })| {
            let line = error.line().and_then(|line| u32::try_from(line).ok());
            let span = match (error.range(), line) {
                (Some(range), _) => Some(Span::from_bytes(text, range.start, range.end)),
                (None, Some(line)) => {
                    Some(Span { start_line: line, end_line: line, start_column: 1, end_column: 1 })
                }
                (None, None) => None,
            };
            Place { file: shown.clone(), span, text: Some(text.clone()) }
        });
        Diagnostic::failure(&GENERATE_TEMPLATE, message)
            .at(place)
            .help("correct the template, or remove it to use the built-in one")
    }
}

/// How templates are read: names are strict, and no loop goes on for ever.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()
            .expect("the delimiters are the default ones, which do not clash"),
    );
    environment.set_auto_escape_callback(|name| {
        if name.ends_with(".html.jinja") { AutoEscape::Html } else { AutoEscape::None }
    });
    environment
}

/// Where the user's own template is and what it says, if there is one.
fn read(folder: Option<&Path>, name: &str) -> Result<Option<Text>, Box<Diagnostic>> {
    let Some(path) = folder.map(|folder| folder.join(name)) else { return Ok(None) };
    let shown: Arc<str> = path.display().to_string().into();
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(Text { shown, text: text.into() })),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let said = format!("cannot read {shown}: {error}");
            Err(Box::new(Diagnostic::failure(&GENERATE_TEMPLATE, said).at(Place::file(shown))))
        }
    }
}
