//! The google.rpc details: what a program learns from an error without reading its message.

use tonic::{Code, Status};
use tonic_types::StatusExt;
use user_service::pb::user::UpdateUserRequest;

use crate::server::{client, create, id, new_user, nth, window};

/// The broken rules a status names.
fn broken(status: &Status) -> Vec<(String, String)> {
    assert_eq!(status.code(), Code::InvalidArgument);
    let fields = status.get_details_bad_request().unwrap().field_violations;
    fields.into_iter().map(|violation| (violation.field, violation.reason)).collect()
}

/// An email of this many bytes.
fn email_of(length: usize) -> String {
    format!("{}@example.com", "a".repeat(length - "@example.com".len()))
}

#[tokio::test]
async fn every_broken_rule_is_named_at_once() {
    let mut client = client().await;
    let (min, max, gte) = ("string.min_len", "string.max_len", "int32.gte");
    let (email, empty) = ("string.email", "string.email_empty");
    let long = "x".repeat(101);
    let update = |id: &str, name: Option<&str>, email: Option<&str>| UpdateUserRequest {
        id: id.into(),
        name: name.map(Into::into),
        email: email.map(Into::into),
    };
    let cases = [
        (client.get_user(id("")).await.unwrap_err(), vec![("id", min)]),
        (client.get_user(id(&"é".repeat(65))).await.unwrap_err(), vec![("id", max)]),
        (client.delete_user(id("")).await.unwrap_err(), vec![("id", min)]),
        (client.create_user(new_user("", "")).await.unwrap_err(), vec![("name", min), ("email", empty)]),
        (client.create_user(new_user(&long, "a@b")).await.unwrap_err(), vec![("name", max)]),
        (client.create_user(new_user("Ada", &email_of(255))).await.unwrap_err(), vec![("email", max)]),
        (
            client.create_user(new_user("Ada", &"x".repeat(255))).await.unwrap_err(),
            vec![("email", max), ("email", email)],
        ),
        (client.list_users(window(-1, -2)).await.unwrap_err(), vec![("limit", gte), ("offset", gte)]),
        (client.stream_users(window(3, -2)).await.unwrap_err(), vec![("offset", gte)]),
        (
            client.update_user(update("", Some(""), Some(""))).await.unwrap_err(),
            vec![("id", min), ("name", min), ("email", empty)],
        ),
        (
            client.update_user(update("1", None, Some(&email_of(255)))).await.unwrap_err(),
            vec![("email", max)],
        ),
        (client.update_user(update("", None, None)).await.unwrap_err(), vec![("id", min)]),
    ];
    for (status, expected) in cases {
        let expected: Vec<_> =
            expected.into_iter().map(|(f, rule)| (f.to_owned(), rule.to_owned())).collect();
        assert_eq!(broken(&status), expected);
        assert!(status.message().starts_with(&expected[0].0), "{}", status.message());
    }
}

#[tokio::test]
async fn an_import_says_which_message_was_wrong() {
    let users = [nth(0), nth(1), new_user("", "x")];
    let status = client().await.import_users(futures_util::stream::iter(users)).await.unwrap_err();
    assert_eq!(status.message(), "message 2 of the stream: name: must have at least 1 character");
    let places: Vec<_> = broken(&status).into_iter().map(|(field, _)| field).collect();
    assert_eq!(places, ["name", "email"]);
}

#[tokio::test]
async fn what_is_missing_or_taken_is_named() {
    let mut client = client().await;
    let missing = client.get_user(id("nobody")).await.unwrap_err().get_error_details();
    assert_eq!(missing.resource_info().unwrap().resource_name, "nobody");

    // As long as an email may be.
    let email = email_of(254);
    create(&mut client, new_user("Ada", &email)).await;
    let status = client.create_user(new_user("Eve", &email)).await.unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists);
    let taken = status.get_error_details();
    assert_eq!(taken.error_info().unwrap().reason, "EMAIL_TAKEN");
    assert!(taken.resource_info().unwrap().resource_name.starts_with("aaa"));
}
