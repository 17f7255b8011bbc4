//! gRPC health: serving while it serves, not serving as soon as it is asked to stop.

use std::time::Duration;

use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::server::start_with_drain;

fn named(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

#[tokio::test]
async fn the_server_and_the_service_are_serving() {
    let server = start_with_drain(Duration::ZERO).await;
    let mut health = HealthClient::new(server.channel);
    for service in ["", "user.UserService"] {
        let status = health.check(named(service)).await.unwrap().into_inner().status();
        assert_eq!(status, ServingStatus::Serving, "{service:?}");
    }
    assert_eq!(health.check(named("user.Other")).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_watcher_hears_of_the_shutdown() {
    for service in ["", "user.UserService"] {
        let server = start_with_drain(Duration::from_secs(600)).await;
        let watch = HealthClient::new(server.channel).watch(named(service)).await;
        let mut watch = watch.unwrap().into_inner();
        assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
        server.stop.send(()).unwrap();
        assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
        drop(watch);
        server.ended.await.unwrap().unwrap();
    }
}
