//! The four unary rpcs: what they answer, and which status they end with.

use tonic::Code;
use user_service::pb::user::{UpdateUserRequest, UserResponse};

use crate::server::{client, create, id, new_user};

fn update(id: &str, name: Option<&str>, email: Option<&str>) -> UpdateUserRequest {
    UpdateUserRequest { id: id.into(), name: name.map(Into::into), email: email.map(Into::into) }
}

#[tokio::test]
async fn a_created_user_can_be_read_changed_and_deleted() {
    let mut client = client().await;
    let ada = create(&mut client, new_user("Ada 🦀", "ada@example.com")).await;
    assert!(!ada.id.is_empty() && ada.created_at > 0, "{ada:?}");
    assert_eq!(client.get_user(id(&ada.id)).await.unwrap().into_inner(), ada);

    let renamed = client.update_user(update(&ada.id, Some("Countess"), None)).await.unwrap().into_inner();
    assert_eq!(renamed, UserResponse { name: "Countess".into(), ..ada.clone() });
    let moved = client.update_user(update(&ada.id, None, Some("a@example.com"))).await.unwrap().into_inner();
    assert_eq!(moved, UserResponse { email: "a@example.com".into(), ..renamed });
    let same = client.update_user(update(&ada.id, None, Some("a@example.com"))).await.unwrap().into_inner();
    assert_eq!(same, moved);

    client.delete_user(id(&ada.id)).await.unwrap();
    assert_eq!(client.get_user(id(&ada.id)).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn an_unknown_id_is_not_found() {
    let mut client = client().await;
    let codes = [
        client.get_user(id("nobody")).await.unwrap_err().code(),
        client.update_user(update("nobody", None, None)).await.unwrap_err().code(),
        client.delete_user(id("nobody")).await.unwrap_err().code(),
    ];
    assert_eq!(codes, [Code::NotFound; 3]);
}

#[tokio::test]
async fn an_email_belongs_to_one_user_as_it_is_spelt() {
    let mut client = client().await;
    let ada = create(&mut client, new_user("Ada", "ada@example.com")).await;
    let eve = create(&mut client, new_user("Eve", "Ada@example.com")).await;

    let again = client.create_user(new_user("Eve", "ada@example.com")).await.unwrap_err();
    let taken = client.update_user(update(&eve.id, None, Some("ada@example.com"))).await.unwrap_err();
    assert_eq!([again.code(), taken.code()], [Code::AlreadyExists; 2]);

    client.delete_user(id(&ada.id)).await.unwrap();
    create(&mut client, new_user("Eve", "ada@example.com")).await;
}

#[tokio::test]
async fn a_name_is_counted_in_code_points() {
    let mut client = client().await;
    create(&mut client, new_user(&"🦀".repeat(100), "a@example.com")).await;
    let long = client.create_user(new_user(&"🦀".repeat(101), "b@example.com")).await.unwrap_err();
    assert_eq!(long.code(), Code::InvalidArgument);
}
