//! Clients and services written by others' tools, which know nothing of protogate.

use crate::servers::{Server, python};

/// Runs the article's Python client, unchanged, against a server.
fn the_article_s_client_is_content_with(server: &Server) {
    let Some(mut client) = python("client.py") else { return };
    let ran = client.arg(&server.address).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(
        String::from_utf8_lossy(&ran.stdout),
        "create ok\nget ok\nget_unknown ok\nlist_all ok\nlist_page ok\nrefuse ok\n"
    );
}

#[test]
fn the_python_client_and_the_python_service_understand_each_other() {
    let Some(mut service) = python("server.py") else { return };
    let server = Server::start(service.args(["--port", "0"]));
    the_article_s_client_is_content_with(&server);
    assert!(server.terminate().success(), "SIGTERM is not an orderly end");
}

#[test]
fn the_python_client_and_the_reference_understand_each_other() {
    let server = Server::reference();
    the_article_s_client_is_content_with(&server);
    assert!(server.terminate().success(), "SIGTERM is not an orderly end");
}
