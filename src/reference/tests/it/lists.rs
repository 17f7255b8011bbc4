//! ListUsers and StreamUsers: windows, their defaults and their order.

use tonic::Code;

use crate::server::{Client, all, client, create, id, nth, window};

async fn listed(client: &mut Client, limit: i32, offset: i32) -> Vec<String> {
    all(client.list_users(window(limit, offset)).await.unwrap())
        .await
        .into_iter()
        .map(|user| user.name)
        .collect()
}

async fn streamed(client: &mut Client, limit: i32, offset: i32) -> Vec<String> {
    all(client.stream_users(window(limit, offset)).await.unwrap())
        .await
        .into_iter()
        .map(|user| user.name)
        .collect()
}

fn names(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| nth(number).name).collect()
}

#[tokio::test]
async fn windows_follow_the_order_of_creation() {
    let mut client = client().await;
    assert_eq!(listed(&mut client, 0, 0).await, names(0..0));
    // More than two pages of the store.
    client.import_users(futures_util::stream::iter((0..600).map(nth))).await.unwrap();
    let cases = [
        ((0, 0), 0..100, 0..600),
        ((1, 0), 0..1, 0..1),
        ((5, 3), 3..8, 3..8),
        ((300, 299), 299..599, 299..599),
        ((0, 590), 590..600, 590..600),
        ((10, 600), 0..0, 0..0),
        ((i32::MAX, i32::MAX), 0..0, 0..0),
        ((i32::MAX, 1), 1..600, 1..600),
    ];
    for ((limit, offset), list, stream) in cases {
        assert_eq!(listed(&mut client, limit, offset).await, names(list), "list {limit} {offset}");
        assert_eq!(streamed(&mut client, limit, offset).await, names(stream), "stream {limit} {offset}");
    }
}

#[tokio::test]
async fn a_deleted_user_leaves_no_gap() {
    let mut client = client().await;
    let mut ids = Vec::new();
    for number in 0..4 {
        ids.push(create(&mut client, nth(number)).await.id);
    }
    client.delete_user(id(&ids[1])).await.unwrap();
    assert_eq!(listed(&mut client, 2, 1).await, names(2..4));
}

#[tokio::test]
async fn a_negative_window_is_invalid() {
    let mut client = client().await;
    for (limit, offset) in [(-1, 0), (0, -1), (i32::MIN, i32::MIN)] {
        let list = client.list_users(window(limit, offset)).await.unwrap_err();
        let stream = client.stream_users(window(limit, offset)).await.unwrap_err();
        assert_eq!([list.code(), stream.code()], [Code::InvalidArgument; 2], "{limit} {offset}");
    }
}
