//! The `buf.validate` rules that user.proto declares, by hand, at the boundary. Rules about the world (an id that
//! is unknown, an email that is taken) are the store's.
//!
//! As in protovalidate, an absent `optional` field is not looked at, and a field without presence always is: an
//! empty string breaks `min_len` and `email`. Lengths count Unicode code points.

use crate::pb::user::{CreateUserRequest, ListUsersRequest, UpdateUserRequest, UserRequest};

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field, by its name in the schema.
    pub field: &'static str,
    /// The rule of `buf.validate`, for example `string.min_len`.
    pub rule: &'static str,
    /// What the rule asks for, to follow the field's name in a sentence.
    pub wants: String,
}

/// A request with rules.
pub trait Validate {
    /// Every broken rule, in the order of the fields.
    fn violations(&self) -> Vec<Violation>;
}

impl Validate for UserRequest {
    fn violations(&self) -> Vec<Violation> {
        length("id", &self.id, 1, 64).into_iter().collect()
    }
}

impl Validate for CreateUserRequest {
    fn violations(&self) -> Vec<Violation> {
        length("name", &self.name, 1, 100).into_iter().chain(email("email", &self.email)).collect()
    }
}

impl Validate for ListUsersRequest {
    fn violations(&self) -> Vec<Violation> {
        [not_negative("limit", self.limit), not_negative("offset", self.offset)]
            .into_iter()
            .flatten()
            .collect()
    }
}

impl Validate for UpdateUserRequest {
    fn violations(&self) -> Vec<Violation> {
        let name = self.name.as_deref().and_then(|name| length("name", name, 1, 100));
        let email = self.email.as_deref().into_iter().flat_map(|address| email("email", address));
        length("id", &self.id, 1, 64).into_iter().chain(name).chain(email).collect()
    }
}

fn length(field: &'static str, value: &str, min: usize, max: usize) -> Option<Violation> {
    let count = value.chars().count();
    let (rule, wants) = if count < min {
        (
            "string.min_len",
            format!("must be at least {min} character{} long", if min == 1 { "" } else { "s" }),
        )
    } else if count > max {
        ("string.max_len", format!("must be at most {max} characters long, not {count}"))
    } else {
        return None;
    };
    Some(Violation { field, rule, wants })
}

fn email(field: &'static str, value: &str) -> impl Iterator<Item = Violation> {
    let wants = || "must be an email address".to_owned();
    let no_email = (!is_email(value)).then(|| Violation { field, rule: "string.email", wants: wants() });
    length(field, value, 0, 254).into_iter().chain(no_email)
}

fn not_negative(field: &'static str, value: i32) -> Option<Violation> {
    (value < 0).then(|| Violation {
        field,
        rule: "int32.gte",
        wants: format!("must be at least 0, not {value}"),
    })
}

/// Whether `value` is what `buf.validate` calls an email: the "valid e-mail address" of the HTML standard
/// (<https://html.spec.whatwg.org/#valid-e-mail-address>), which sets no length but that of a label.
pub fn is_email(value: &str) -> bool {
    // The local part has no `@` and a label none either, so the first `@` is the only one that can fit.
    let Some((local, domain)) = value.split_once('@') else { return false };
    !local.is_empty() && local.bytes().all(is_local_byte) && domain.split('.').all(is_label)
}

fn is_local_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte)
}

/// A label of a domain: 1 to 63 letters, digits and hyphens, no hyphen at either end.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}
