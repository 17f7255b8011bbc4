//! One self-contained HTML page, for people: what came of it, each finding with what it takes to run it again, and
//! what every method was asked and answered.
//!
//! The page asks the network for nothing. Whatever a schema or a server says is text in it: the template escapes
//! every value, and the policy at the head of the page lets only our own script run, should that ever fail.

mod missed;
mod promises;
mod view;

#[cfg(test)]
mod tests;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use crate::diag::Report;

/// Escaped is what the first one makes of values; the others hold none.
const PARTS: [(&str, &str); 6] = [
    ("page.html", include_str!("page.html.jinja")),
    ("finding.html", include_str!("finding.html.jinja")),
    ("methods.html", include_str!("methods.html.jinja")),
    ("promises.html", include_str!("promises.html.jinja")),
    ("page.css", include_str!("page.css")),
    ("page.js", include_str!("page.js")),
];

/// The SHA-256 of `page.js`, as a content security policy names it. A test holds it.
const SCRIPT: &str = "sha256-zKEy+s7iRgEqt018k6bBTEplRPjRY5tSDmlNc25nIY4=";

pub(super) fn render(report: &Report) -> String {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .expect("the delimiters are the default ones, which do not clash"),
    );
    environment.set_auto_escape_callback(|name| match name.ends_with(".html") {
        true => AutoEscape::Html,
        false => AutoEscape::None,
    });
    for (name, text) in PARTS {
        environment.add_template(name, text).expect("a test renders every part");
    }
    let page = environment.get_template("page.html").and_then(|page| page.render(Serde(view::page(report))));
    page.expect("the view has every name that the template uses: a test renders all kinds of reports") + "\n"
}
