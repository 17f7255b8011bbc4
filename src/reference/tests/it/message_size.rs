//! The limit of 50 MiB: what is just under it is read and judged, what is over it is not read.

use tonic::Code;
use user_service::options::MESSAGE_LIMIT;

use crate::server::{client, new_user};

#[tokio::test]
async fn the_limit_is_fifty_mebibytes() {
    let client = client().await;
    // Two fields of one tag byte each; a length of this size takes four bytes, that of the email one.
    let email = "ada@example.com";
    let fits = MESSAGE_LIMIT - (1 + 4) - (1 + 1 + email.len());
    for (length, code) in [(fits, Code::InvalidArgument), (fits + 1, Code::ResourceExhausted)] {
        let user = new_user(&"x".repeat(length), email);
        let status = client.clone().create_user(user).await.unwrap_err();
        // tonic's own choice is OUT_OF_RANGE.
        assert_eq!(status.code(), code, "{length}: {}", status.message());
    }
}
