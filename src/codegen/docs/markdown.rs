//! Comments are CommonMark. Raw HTML in them is text: it is escaped, never passed on.

use minijinja::{Environment, Value};
use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html};

/// Adds the filters `markdown` (to HTML), `commonmark` (a block of Markdown), `cell` (Markdown in one cell of a
/// table), `phrase` (to HTML without a paragraph of its own), `in_script` (JSON for a `<script>`) and `breakable` (a name as
/// HTML that may go on in the next line).
pub(in crate::codegen) fn add_filters(environment: &mut Environment<'static>) {
    environment.add_filter("markdown", |text: String| Value::from_safe_string(to_html(&text)));
    environment.add_filter("commonmark", |text: String| escape_html(&text));
    environment.add_filter("cell", |text: String| cell(&text));
    environment.add_filter("phrase", |text: String| Value::from_safe_string(phrase(&text)));
    environment.add_filter("in_script", |value: Value| in_script(&value));
    environment.add_filter("breakable", |name: String| Value::from_safe_string(breakable(&name)));
}

pub(super) fn extensions() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH
}

/// Sound HTML: no tag of the comment's own, no image (it would be a request), no script behind a link, and
/// headings as bold lines, so that the outline of the page is the schema's.
fn to_html(text: &str) -> String {
    let mut made = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut made, sound(text));
    made
}

fn phrase(text: &str) -> String {
    let html = to_html(text);
    let html = html.trim();
    let inner = html.strip_prefix("<p>").and_then(|it| it.strip_suffix("</p>"));
    inner.filter(|it| !it.contains("<p>")).unwrap_or(html).to_owned()
}

/// No `<` is left, so that nothing ends the script early (HTML Standard, 4.12.1.3).
fn in_script(value: &Value) -> Result<Value, minijinja::Error> {
    let json = serde_json::to_string(value).map_err(|error| {
        minijinja::Error::new(minijinja::ErrorKind::BadSerialization, "not JSON").with_source(error)
    })?;
    Ok(Value::from_safe_string(json.replace('<', "\\u003c")))
}

fn sound(text: &str) -> impl Iterator<Item = Event<'_>> {
    Parser::new_ext(text, extensions()).map(|event| match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        Event::Start(Tag::Heading { .. }) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::Heading(_)) => Event::End(TagEnd::Paragraph),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Link { link_type, dest_url: safe(dest_url), title, id })
        }
        Event::Start(Tag::Image { dest_url, title, id, .. }) => {
            Event::Start(Tag::Link { link_type: LinkType::Inline, dest_url: safe(dest_url), title, id })
        }
        Event::End(TagEnd::Image) => Event::End(TagEnd::Link),
        other => other,
    })
}

fn safe(url: CowStr<'_>) -> CowStr<'_> {
    let scheme = url.split(['/', '?', '#']).next().and_then(|start| start.split_once(':')).map(|(s, _)| s);
    match scheme.map(str::to_ascii_lowercase).as_deref() {
        None | Some("http" | "https" | "mailto") => url,
        Some(_) => "#".into(),
    }
}

/// The same Markdown with the `<` of every raw tag escaped.
fn escape_html(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut copied = 0;
    for (event, range) in Parser::new_ext(text, extensions()).into_offset_iter() {
        if matches!(event, Event::Html(_) | Event::InlineHtml(_)) && range.start >= copied {
            made.push_str(&text[copied..range.start]);
            made.push_str(&text[range.clone()].replace('<', "&lt;"));
            copied = range.end;
        }
    }
    made.push_str(&text[copied..]);
    made
}

/// One line without a bare `|`: what a cell of a Markdown table may hold (GFM 4.10). Lists and code blocks
/// have no Markdown in one line, but HTML.
fn cell(text: &str) -> String {
    let is_block = |event| matches!(event, Event::Start(tag) if is_block(&tag));
    if Parser::new_ext(text, extensions()).any(is_block) { cell_of_html(text) } else { cell_of_text(text) }
}

fn is_block(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::List(_) | Tag::CodeBlock(_) | Tag::BlockQuote(_) | Tag::Table(_) | Tag::Heading { .. })
}

fn cell_of_html(text: &str) -> String {
    // Within a code block every line is a text of its own, its end included.
    let mut line_ended = false;
    let events = sound(text).map(|event| match event {
        Event::Text(text) => {
            let line = text.strip_suffix('\n').unwrap_or(&text);
            let between = if line_ended { "<br>" } else { "" };
            line_ended = text.ends_with('\n');
            Event::InlineHtml((between.to_owned() + &literal(line)).into())
        }
        Event::Code(code) => Event::InlineHtml(format!("<code>{}</code>", literal(&code)).into()),
        Event::SoftBreak => Event::InlineHtml(" ".into()),
        Event::Start(Tag::CodeBlock(_)) => Event::InlineHtml("<pre>".into()),
        Event::End(TagEnd::CodeBlock) => {
            line_ended = false;
            Event::InlineHtml("</pre>".into())
        }
        other => other,
    });
    let mut made = String::with_capacity(text.len() * 2);
    html::push_html(&mut made, events);
    made.lines().collect::<Vec<_>>().join("").replace('|', "&#124;")
}

/// Text that neither Markdown nor HTML reads anything into.
fn literal(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' | '<' | '>' | '"' | '*' | '_' | '`' | '[' | ']' | '\\' | '~' | '!' | ':' | '$' => {
                made.push_str(&format!("&#{};", u32::from(letter)));
            }
            other => made.push(other),
        }
    }
    made
}

/// `<wbr>` where a long name may be broken: behind `.` and `_`, and before the upper case of a new word.
fn breakable(name: &str) -> String {
    let mut made = String::with_capacity(name.len() * 2);
    let mut before = None;
    for letter in name.chars() {
        let new_word = match before {
            Some('.' | '_') => !matches!(letter, '.' | '_'),
            Some(before) => letter.is_uppercase() && !char::is_uppercase(before),
            None => false,
        };
        if new_word {
            made.push_str("<wbr>");
        }
        match letter {
            '&' => made.push_str("&amp;"),
            '<' => made.push_str("&lt;"),
            other => made.push(other),
        }
        before = Some(letter);
    }
    made
}

fn cell_of_text(text: &str) -> String {
    let escaped = escape_html(text);
    let joined = escaped.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let paragraphs = joined.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
    let line = paragraphs.filter(|p| !p.is_empty()).collect::<Vec<_>>().join("<br>");
    let mut made = String::with_capacity(line.len());
    let mut escape = false;
    for letter in line.chars() {
        if letter == '|' && !escape {
            made.push('\\');
        }
        escape = letter == '\\' && !escape;
        made.push(letter);
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_become_html_and_bring_none() {
        for (text, html) in [
            ("*a* `b`", "<p><em>a</em> <code>b</code></p>\n"),
            ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
            ("a <b onclick=x>c</b>", "<p>a &lt;b onclick=x&gt;c&lt;/b&gt;</p>\n"),
            ("[x](javascript:alert(1))", "<p><a href=\"#\">x</a></p>\n"),
            ("![x](https://a.example/b.png)", "<p><a href=\"https://a.example/b.png\">x</a></p>\n"),
            ("# Big", "<p>Big</p>\n"),
        ] {
            assert_eq!(to_html(text), html, "{text}");
        }
    }

    #[test]
    fn names_break_between_words() {
        for (name, broken) in [
            ("a.b_c", "a.<wbr>b_<wbr>c"),
            ("HTTPRule", "HTTPRule"),
            ("ListUsersRequest", "List<wbr>Users<wbr>Request"),
            ("__x<&", "__<wbr>x&lt;&amp;"),
        ] {
            assert_eq!(breakable(name), broken);
        }
    }

    #[test]
    fn markdown_keeps_its_code_and_loses_its_tags() {
        for (text, block, in_cell) in [
            ("a <b>c</b> `<d>`", "a &lt;b>c&lt;/b> `<d>`", "a &lt;b>c&lt;/b> `<d>`"),
            ("a\nb\n\nc | d", "a\nb\n\nc | d", "a b<br>c \\| d"),
            ("x \\| y", "x \\| y", "x \\| y"),
            ("<!-- gone", "&lt;!-- gone", "&lt;!-- gone"),
            (
                "one of\n* `a|b`\n* c_d",
                "one of\n* `a|b`\n* c_d",
                "<p>one of</p><ul><li><code>a&#124;b</code></li><li>c&#95;d</li></ul>",
            ),
            (
                "so:\n\n    x <y>\n      *z*\n\nend",
                "so:\n\n    x <y>\n      *z*\n\nend",
                "<p>so&#58;</p><pre>x &#60;y&#62;<br>  &#42;z&#42;</pre><p>end</p>",
            ),
        ] {
            assert_eq!(escape_html(text), block, "{text}");
            assert_eq!(cell(text), in_cell, "{text}");
        }
    }
}
