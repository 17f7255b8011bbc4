//! How side files are written: TOML, YAML and the text format of protobuf, each as the same tables.

use std::ops::Range;
use std::sync::Arc;

use miette::Diagnostic as _;
use prost_reflect::{DynamicMessage, SerializeOptions};
use serde_json::Value as Json;

use super::super::lint::kinds::SIDE;
use super::super::place::Writing;
use super::SideFile;
use super::merge::BUNDLED;
use crate::diag::{Diagnostic, Place, Span};

/// The message that a whole side file is.
const WHOLE: &str = "protogate.contract.v1.Contracts";

/// What each way to write is called by, and how names of such files end.
const WRITINGS: [(Writing, &str, &[&str]); 3] = [
    (Writing::Toml, "TOML", &["toml"]),
    (Writing::Yaml, "YAML", &["yaml", "yml"]),
    (Writing::Text, "text of protobuf", &["textproto", "txtpb"]),
];

pub(super) fn read(file: &str, text: &str) -> Result<SideFile, Diagnostic> {
    let (file, text): (Arc<str>, Arc<str>) = (file.into(), text.into());
    let end = file.rsplit_once('.').map_or("", |(_, end)| end);
    let Some((writing, called, _)) = WRITINGS.iter().find(|(_, _, ends)| ends.contains(&end)) else {
        return Err(Diagnostic::failure(&SIDE, "the name does not say how the file is written")
            .at(Place::file(&*file))
            .help("side files are `*.contract.toml`, `*.contract.yaml` and `*.contract.textproto`"));
    };
    let content = match writing {
        Writing::Yaml => yaml(&text),
        Writing::Text | Writing::Proto => textproto(&text),
        Writing::Toml => toml(&text),
    };
    match content {
        Ok(content) => Ok(SideFile { file, text, writing: *writing, content }),
        Err((message, span)) => {
            let span = span.map(|span| Span::from_bytes(&text, span.start, span.end));
            let place = Place { file, span, text: Some(text) };
            Err(Diagnostic::failure(&SIDE, format!("no {called}: {message}"))
                .at(place)
                .help("see `protogate/contract/v1/contract.proto` for what can be promised"))
        }
    }
}

/// What is wrong, and where.
type Wrong = (String, Option<Range<usize>>);

fn toml(text: &str) -> Result<Json, Wrong> {
    let table = toml::from_str::<toml::Table>(text).map_err(|it| (it.message().to_owned(), it.span()))?;
    serde_json::to_value(table).map_err(|it| (it.to_string(), None))
}

fn yaml(text: &str) -> Result<Json, Wrong> {
    serde_saphyr::from_str::<Json>(text).map_err(|error| {
        let error = error.without_snippet();
        let message = error.to_string();
        // The place is said apart.
        let message = message.rsplit_once(" at line ").map_or(&*message, |(message, _)| message);
        let at = error.location().map(|it| {
            let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
            let before: usize = text.split_inclusive('\n').take(size(it.line())).map(str::len).sum();
            let line = text.get(before..).unwrap_or_default();
            before + line.char_indices().nth(size(it.column())).map_or(line.len(), |(byte, _)| byte)
        });
        (message.to_owned(), at.map(|at| at..at))
    })
}

fn textproto(text: &str) -> Result<Json, Wrong> {
    let Some(desc) = BUNDLED.get_message_by_name(WHOLE) else {
        return Err((format!("{WHOLE} is missing"), None));
    };
    let message = DynamicMessage::parse_text_format(desc, text).map_err(|error| {
        let label = error.labels().and_then(|mut labels| labels.next());
        let at = label.map(|label| label.offset()..label.offset() + label.len());
        (error.to_string(), at.map(|at| at.start.min(text.len())..at.end.min(text.len())))
    })?;
    let options = SerializeOptions::new().use_proto_field_name(true);
    message
        .serialize_with_options(serde_json::value::Serializer, &options)
        .map_err(|it| (it.to_string(), None))
}
