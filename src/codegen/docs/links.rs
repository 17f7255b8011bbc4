//! Links from a comment to the elements of a schema, as Google writes them: `[Topic][google.pubsub.v1.Topic]`
//! (<https://google.aip.dev/192>). To CommonMark these are references that nobody defined, so they would show
//! with all their brackets; and so would a link with a line break before its address.

use pulldown_cmark::{BrokenLink, CowStr, Event, LinkType, Parser, Tag};

use super::markdown::extensions;

/// The same CommonMark, in which a link to an element that has a place is one to that, and a link to any other element
/// is its words only. Brackets that name no element stay.
pub(super) fn resolve(text: &str, place_of: impl Fn(&str) -> Option<String>) -> String {
    if !text.contains('[') {
        return text.to_owned();
    }
    let text = &text.replace("]\n(http", "](http");
    let mut resolve = |link: BrokenLink<'_>| {
        let shortcut = link.link_type == LinkType::Shortcut;
        let element = if shortcut {
            place_of(&link.reference).is_some()
        } else {
            is_full_name(&link.reference) || place_of(&link.reference).is_some()
        };
        element.then(|| (CowStr::from(link.reference.to_string()), CowStr::from("")))
    };
    let mut made = String::with_capacity(text.len());
    let mut copied = 0;
    let parser = Parser::new_with_broken_link_callback(text, extensions(), Some(&mut resolve));
    for (event, range) in parser.into_offset_iter() {
        let Event::Start(Tag::Link { link_type, dest_url: name, .. }) = event else { continue };
        let link = &text[range.clone()];
        let words = match link_type {
            // A reference holds no bracket (CommonMark 6.3), so the last `][` is the one before it.
            LinkType::ReferenceUnknown => link.rsplit_once("][").map(|(words, _)| words),
            LinkType::CollapsedUnknown | LinkType::ShortcutUnknown => {
                link.strip_suffix("[]").unwrap_or(link).strip_suffix(']')
            }
            _ => None,
        };
        let Some(words) = words.and_then(|words| words.strip_prefix('[')) else { continue };
        made.push_str(&text[copied..range.start]);
        copied = range.end;
        // The empty brackets of a collapsed reference are not part of the range.
        if link_type == LinkType::CollapsedUnknown && text[copied..].starts_with("[]") {
            copied += 2;
        }
        match place_of(&name) {
            Some(place) => made.push_str(&format!("[{words}]({place})")),
            None => made.push_str(words),
        }
    }
    made.push_str(&text[copied..]);
    made
}

/// Whether this is how the full name of an element looks: `pkg.Type.field`.
fn is_full_name(reference: &str) -> bool {
    reference.contains('.')
        && reference.split('.').all(|part| {
            part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_elements_arrive_or_are_words() {
        for (comment, resolved) in [
            ("Of [Topic][a.Topic]s.", "Of [Topic](#a.Topic)s."),
            ("See [a.Topic][] and [a.Topic].", "See [a.Topic](#a.Topic) and [a.Topic](#a.Topic)."),
            ("In [`b`][b.Other] of [c.D][]", "In `b` of c.D"),
            ("[x]\\[y] [1] [see below][1] [z](#w)", "[x]\\[y] [1] [see below][1] [z](#w)"),
            (
                "`[Topic][a.Topic]` [t][u.v]\n\n[u.v]: https://a.example",
                "`[Topic][a.Topic]` [t][u.v]\n\n[u.v]: https://a.example",
            ),
            ("[words]\n(https://a.example)", "[words](https://a.example)"),
            ("- [é][a.Topic]\n  [x\n  y][a.Topic]", "- [é](#a.Topic)\n  [x\n  y](#a.Topic)"),
        ] {
            assert_eq!(
                resolve(comment, |name| (name == "a.Topic").then(|| "#a.Topic".to_owned())),
                resolved,
                "{comment}"
            );
        }
    }
}
