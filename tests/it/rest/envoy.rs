//! Envoy with its filter `grpc_json_transcoder`, in front of a service.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use protogate::schema::Schema;
use serde_json::{Value, json};

use super::http::ask;
use crate::peers;

/// A running Envoy. It ends with the test.
pub struct Envoy {
    child: Child,
    pub address: String,
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts Envoy in front of `upstream`; nothing where it is not installed.
pub fn start(schema: &Schema, upstream: &str, folder: &Path) -> Option<Envoy> {
    let program = peers::or_skip("envoy")?;
    let descriptors = folder.join("descriptors.binpb");
    fs::write(&descriptors, schema.descriptor_set()).unwrap();
    let config = folder.join("envoy.json");
    fs::write(&config, configuration(upstream, &descriptors).to_string()).unwrap();
    let admin = folder.join("admin");
    let mut child = Command::new(program)
        .arg("--config-path")
        .arg(&config)
        .arg("--admin-address-path")
        .arg(&admin)
        .args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "info"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut said: Vec<String> = Vec::new();
    let started =
        lines.by_ref().inspect(|line| said.push(line.clone())).any(|it| it.contains("starting workers"));
    let last = said.split_off(said.len().saturating_sub(5));
    assert!(started, "Envoy did not start:\n{}", last.join("\n"));
    // Whoever stops reading stops Envoy at its next line.
    std::thread::spawn(move || lines.for_each(drop));
    let admin = fs::read_to_string(admin).unwrap();
    let listeners = ask(&admin, "GET", "/listeners?format=json", &[], b"").json();
    let port = &listeners["listener_statuses"][0]["local_address"]["socket_address"]["port_value"];
    Some(Envoy { child, address: format!("127.0.0.1:{port}") })
}

fn configuration(upstream: &str, descriptors: &Path) -> Value {
    let (host, port) = upstream.split_once(':').unwrap();
    let local = |port: u16| json!({"socket_address": {"address": "127.0.0.1", "port_value": port}});
    let transcoder = json!({
        "name": "envoy.filters.http.grpc_json_transcoder",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
            "proto_descriptor": descriptors,
            "services": ["echo.v1.Echo"],
            "auto_mapping": true,
            "convert_grpc_status": true,
            "print_options": {"stream_newline_delimited": true},
            "request_validation_options": {
                "reject_unknown_method": true,
                "reject_unknown_query_parameters": true,
                "reject_binding_body_field_collisions": true,
            },
        },
    });
    let router = json!({
        "name": "envoy.filters.http.router",
        "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
    });
    let manager = json!({
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "test",
            // Each request has a connection of its own, which nobody needs to be kept open.
            "delayed_close_timeout": "0s",
            "route_config": {"virtual_hosts": [{
                "name": "all", "domains": ["*"],
                "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "upstream", "timeout": "5s"}}],
            }]},
            "http_filters": [transcoder, router],
        },
    });
    let protocol = json!({
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http2_protocol_options": {}},
    });
    json!({
        "admin": {"address": local(0)},
        "static_resources": {
            "listeners": [{"name": "rest", "address": local(0), "filter_chains": [{"filters": [manager]}]}],
            "clusters": [{
                "name": "upstream",
                "connect_timeout": "5s",
                "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": protocol},
                "load_assignment": {"cluster_name": "upstream", "endpoints": [{"lb_endpoints": [{
                    "endpoint": {"address": {"socket_address": {"address": host, "port_value": port.parse::<u16>().unwrap()}}},
                }]}]},
            }],
        },
    })
}
