//! The zoo from outside: every mutant is the reference until its fault is met, and the fault is there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

mod faults;
mod values;

use tokio::net::TcpListener;
use tonic::Code;
use tonic::transport::Channel;
use user_service::pb::user::CreateUserRequest;
use user_service::pb::user::user_service_client::UserServiceClient;
use zoo::Mutant;
use zoo::around::{answer, around};

async fn client(mutant: &str) -> UserServiceClient<Channel> {
    client_of(mutant, None).await
}

async fn client_of(mutant: &str, token: Option<String>) -> UserServiceClient<Channel> {
    serve(zoo::find(mutant).expect("the mutant is in the table"), token).await
}

async fn serve(mutant: &'static Mutant, token: Option<String>) -> UserServiceClient<Channel> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(mutant.serve(listener, token));
    let channel = Channel::from_shared(format!("http://{addr}")).unwrap().connect().await.unwrap();
    UserServiceClient::new(channel)
}

#[test]
fn ids_are_unique_and_in_order() {
    let ids: Vec<_> = zoo::MUTANTS.iter().map(|mutant| mutant.id).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted);
}

#[test]
fn the_binary_lists_the_mutants_when_it_does_not_know_the_name() {
    for name in [None, Some("B99")] {
        let mut zoo = std::process::Command::new(env!("CARGO_BIN_EXE_zoo"));
        zoo.env_remove("MUTANT").envs(name.map(|name| ("MUTANT", name)));
        let output = zoo.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("B02") && output.stdout.is_empty(), "{said}");
    }
}

#[tokio::test]
async fn b02_resets_the_stream_on_four_bytes_only() {
    let mut client = client("B02").await;
    let mut names = ["Ada", "Zoë", "李小龍", "e\u{301}", "Ada 🦀", "𝒜"].into_iter().zip(0..);
    let mut codes = Vec::new();
    for (name, number) in names.by_ref() {
        let user = CreateUserRequest { name: name.into(), email: format!("{number}@example.com") };
        codes.push(client.create_user(user).await.map_or_else(|status| status.code(), |_| Code::Ok));
    }
    // tonic's client shows RST_STREAM(CANCEL) as CANCELLED; the server sent no status.
    let (ok, reset) = (Code::Ok, Code::Cancelled);
    assert_eq!(codes, [ok, ok, ok, ok, reset, reset]);
}

#[tokio::test]
async fn a_fault_around_the_calls_sees_the_requests_and_changes_the_answers() {
    static NAMED: Mutant = Mutant::new("named", "Names the method.", "none", |setup| {
        around(setup, |reference, request| async {
            let method = request.uri().path().to_owned();
            let mut response = answer(reference, request).await;
            response.headers_mut().insert("x-method", method.parse().unwrap());
            response
        })
    });
    let user = CreateUserRequest { name: "Ada".into(), email: "ada@example.com".into() };
    let created = serve(&NAMED, None).await.create_user(user).await.unwrap();
    assert_eq!(created.metadata().get("x-method").unwrap(), "/user.UserService/CreateUser");
    assert_eq!(created.into_inner().name, "Ada");
}
