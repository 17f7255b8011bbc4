//! What came back of a failing call, for people to read: short, and without what the user's headers hold.

use prost_reflect::DynamicMessage;
use serde_json::Value;

use super::Method;
use crate::{client::Exchange, diag::CaseRow};

/// So many replies are shown of a stream.
const SHOWN: usize = 4;
/// A longer reply is shown by its beginning, in bytes of JSON.
const LONG: usize = 4096;
/// What is shorter is no secret, or its loss would make the text unreadable.
const SECRET: usize = 6;

/// The schemes of authorization whose credential is one word.
const SCHEMES: [&str; 4] = ["bearer", "basic", "token", "apikey"];

/// What of the user's headers nobody may read in an answer, by the name of the header: the whole value, and what follows the
/// scheme, as in `Bearer TOKEN`.
pub(super) fn secrets_of(headers: &[(String, Vec<u8>)]) -> impl Iterator<Item = (&str, &str)> {
    headers.iter().flat_map(|(name, value)| {
        let whole = std::str::from_utf8(value).unwrap_or_default();
        let is_scheme = |word: &str| SCHEMES.iter().any(|scheme| word.eq_ignore_ascii_case(scheme));
        let token =
            whole.split_once(' ').filter(|(scheme, _)| is_scheme(scheme)).map(|(_, token)| token.trim());
        let parts = std::iter::once(whole).chain(token).filter(|part| part.len() >= SECRET);
        parts.map(move |part| (name.as_str(), part))
    })
}

/// Of one call.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    /// The status message.
    message: String,
    /// The replies as ProtoJSON.
    replies: Vec<Value>,
}

impl Answer {
    pub fn of(method: &Method, exchange: &Exchange, secrets: &[(String, Vec<u8>)]) -> Answer {
        let json = |(_, bytes): &(u8, bytes::Bytes)| {
            let message = DynamicMessage::decode(method.desc.output(), bytes.as_ref()).ok()?;
            Some(short(hidden(serde_json::to_value(message).ok()?, secrets)))
        };
        let status = exchange.status();
        // A status of our own making says in other words what the outcome says.
        let message = if status.synthetic { String::new() } else { without(&status.message, secrets) };
        Answer { message, replies: exchange.messages.iter().take(SHOWN).filter_map(json).collect() }
    }

    /// Into the row of the case.
    pub fn tell(self, row: &mut CaseRow) {
        if !self.message.is_empty() {
            row.details.push(("message".to_owned(), self.message));
        }
        row.response_json = self.replies;
    }
}

/// The text with the name of a header in the place of its value.
pub(super) fn without(text: &str, secrets: &[(String, Vec<u8>)]) -> String {
    let mut text = text.to_owned();
    for (name, secret) in secrets_of(secrets) {
        text = text.replace(secret, &format!("(the value of {name})"));
    }
    text
}

fn hidden(value: Value, secrets: &[(String, Vec<u8>)]) -> Value {
    let hide = |value| hidden(value, secrets);
    match value {
        Value::String(text) => without(&text, secrets).into(),
        Value::Array(items) => items.into_iter().map(hide).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(key, value)| (without(&key, secrets), hide(value))).collect()
        }
        other => other,
    }
}

fn short(value: Value) -> Value {
    let text = value.to_string();
    if text.len() <= LONG {
        return value;
    }
    let end = (0..=LONG).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}… ({} bytes)", &text[..end], text.len()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_headers_are_not_told() {
        let secrets = [("token".to_owned(), b"hunter2hunter2".to_vec()), ("lang".to_owned(), b"en".to_vec())];
        assert_eq!(without("no hunter2hunter2, then", &secrets), "no (the value of token), then");
        // The credential without its scheme is as secret, and the words of another header are none.
        let secrets = |value: &str| [("authorization".to_owned(), value.as_bytes().to_vec())];
        assert_eq!(
            without("hunter2 is unknown", &secrets("Bearer hunter2")),
            "(the value of authorization) is unknown"
        );
        assert_eq!(without("my production", &secrets("in production")), "my production");
        let secrets = [("token".to_owned(), b"hunter2hunter2".to_vec())];
        let said = serde_json::json!({"hunter2hunter2": ["Bearer hunter2hunter2", 7, "then"]});
        let told = serde_json::json!({"(the value of token)": ["Bearer (the value of token)", 7, "then"]});
        assert_eq!(hidden(said, &secrets), told);
    }

    #[test]
    fn a_long_reply_is_cut_between_characters() {
        for (text, cut) in [("ä".repeat(4000), true), ("a".repeat(4000), false)] {
            let value = Value::from(text);
            assert_eq!(short(value.clone()) != value, cut);
            assert!(short(value).to_string().len() < LONG + 40);
        }
    }
}
