//! The binary in TLS: a clean run, and every way in which a person gets it wrong, with the way out.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use tokio_rustls::TlsAcceptor;

use crate::certificates::{Authority, Signed, acceptor};
use crate::grpcurl::{ends_with, shell};
use crate::peers;
use crate::run::{Ran, protogate};
use crate::servers::{Server, program};

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");

/// TLS in front of a plaintext server, on a port of its own, for as long as the test process lives.
fn in_front_of(server: &Server, tls: TlsAcceptor) -> String {
    let behind = server.address.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (outer, _) = listener.accept().await.unwrap();
                let (tls, behind) = (tls.clone(), behind.clone());
                tokio::spawn(async move {
                    let mut outer = tls.accept(outer).await.ok()?;
                    let mut inner = tokio::net::TcpStream::connect(behind).await.ok()?;
                    tokio::io::copy_bidirectional(&mut outer, &mut inner).await.ok()
                });
            }
        });
    });
    format!("https://localhost:{}", address.port())
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    std::fs::write(folder.join(name), text).unwrap();
    folder.join(name)
}

/// A run of one method, in the folder of the files.
fn contract(folder: &Path, target: &str, more: &[&str]) -> Ran {
    let few = ["--schema", PROTO, "--method", "*/GetUser", "--cases", "5", "--seed", "7"];
    protogate(folder, &[&["contract", "--target", target], &few[..], more].concat())
}

fn identity(folder: &Path, name: &str, signed: &Signed) {
    write(folder, &format!("{name}.pem"), &signed.certificate);
    write(folder, &format!("{name}.key"), &signed.key);
}

#[test]
fn a_server_is_tested_in_tls_and_mtls_by_options_and_by_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (ours, clients) = (Authority::new("ours"), Authority::new("clients"));
    write(folder, "ca.pem", &ours.pem());
    identity(folder, "me", &clients.sign("me"));
    let server = Server::reference();
    let plain = in_front_of(&server, acceptor(&ours.sign("localhost"), &["h2"], None));
    let mutual = in_front_of(&server, acceptor(&ours.sign("api.test"), &["h2"], Some(&clients)));

    let ran = contract(folder, &plain, &["--ca", "ca.pem"]);
    assert!(ran.code == 0 && ran.stdout.contains(&plain), "{ran:?}");
    let ran = contract(folder, &plain.replace("https", "grpcs"), &["--insecure"]);
    assert!(ran.code == 0 && ran.stdout.contains("certificate was not looked at"), "{ran:?}");
    let all = ["--ca", "ca.pem", "--cert", "me.pem", "--key", "me.key", "--server-name", "api.test"];
    let ran = contract(folder, &mutual, &all);
    assert!(ran.code == 0 && !ran.stdout.contains("not looked at"), "{ran:?}");

    // The files are found from elsewhere, and the options of TLS are no hindrance to a plaintext target.
    let keys = "ca = \"ca.pem\"\ncert = \"me.pem\"\nkey = \"me.key\"\nserver-name = \"api.test\"";
    let config = write(folder, "protogate.toml", &format!("[contract]\n{keys}\n"));
    let elsewhere = tempfile::tempdir().unwrap();
    let config = ["--config", config.to_str().unwrap()];
    for target in [&mutual, &server.address] {
        let ran = contract(elsewhere.path(), target, &config);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
}

#[test]
fn the_line_for_grpcurl_shows_the_same_certificates() {
    let Some(peer) = peers::or_skip("grpcurl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (ours, clients) = (Authority::new("ours"), Authority::new("clients"));
    write(folder, "ca.pem", &ours.pem());
    identity(folder, "me", &clients.sign("me"));
    let server =
        Server::start(Command::new(program("zoo")).args(["--addr", "127.0.0.1:0"]).env("MUTANT", "B06"));
    let mutual = in_front_of(&server, acceptor(&ours.sign("api.test"), &["h2"], Some(&clients)));
    let all = ["--ca", "ca.pem", "--cert", "me.pem", "--key", "me.key", "--server-name", "api.test"];
    let more = ["--format", "json", "--skip", "contract_errors"];
    let ran = contract(folder, &mutual, &[&all[..], &more].concat());
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let failure = &report["failures"][0];
    let line = failure["grpcurl"].as_str().unwrap();
    let again = shell(&peer, folder, line, &[]);
    assert_eq!(again.code, ends_with("UNKNOWN"), "{line}\n{again:?}");
    for option in ["-cacert ca.pem ", "-cert me.pem ", "-key me.key ", "-servername api.test "] {
        // Each of them is needed.
        let without = shell(&peer, folder, &line.replace(option, ""), &[]);
        assert!(line.contains(option) && without.code != again.code, "{option}: {without:?}");
    }
}

#[test]
fn what_cannot_be_called_in_tls_is_said_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (ours, clients) = (Authority::new("ours"), Authority::new("clients"));
    write(folder, "ca.pem", &ours.pem());
    write(folder, "other.pem", &clients.pem());
    write(folder, "text.pem", "hello");
    identity(folder, "me", &ours.sign("me"));
    let server = Server::reference();
    let serve = |name: &str, years, alpn, clients| {
        in_front_of(&server, acceptor(&ours.sign_for(name, years), &[alpn], clients))
    };
    let today = (2020, 2090);
    let fine = serve("localhost", today, "h2", None);
    let in_clear = fine.replace("https", "http");
    let to_plaintext = server.address.replace("http", "https");
    let old = serve("localhost", (2020, 2021), "h2", None);
    let elsewhere = serve("api.test", today, "h2", None);
    let web = serve("localhost", today, "http/1.1", None);
    let mutual = serve("localhost", today, "h2", Some(&clients));
    let itself = in_front_of(&server, acceptor(&ours.itself(), &["h2"], None));
    let ca = &["--ca", "ca.pem"][..];
    let with = |more: &[&'static str]| [ca, more].concat();
    for (target, more, said, way_out) in [
        (&fine, with(&["--ca", "other.pem"])[2..].to_vec(), "no authority that is trusted", "--ca FILE"),
        (&old, with(&[]), "expired", "renew"),
        (&elsewhere, with(&[]), "api.test", "--server-name NAME"),
        (&web, with(&[]), "does not offer HTTP/2", "ALPN"),
        (&itself, with(&[]), "(CA:TRUE) as its own", "subjectAltName"),
        (&mutual, with(&[]), "asks for a client certificate", "--cert FILE and --key FILE"),
        (
            &mutual,
            with(&["--cert", "me.pem", "--key", "me.key"]),
            "does not take our",
            "authority of the server",
        ),
        (&in_clear, vec![], "it speaks TLS", "https://"),
        (&to_plaintext, with(&[]), "does not answer in TLS", "http://"),
        (&in_clear, with(&[]), "--ca is for TLS", "leave --ca out"),
        (&fine, vec!["--ca", "none.pem"], "cannot read none.pem", "--ca"),
        (&fine, vec!["--ca", "text.pem"], "text.pem holds no certificate", "PEM"),
        (&fine, with(&["--cert", "me.pem", "--key", "ca.pem"]), "ca.pem holds no private key", "--key"),
        (&fine, with(&["--cert", "other.pem", "--key", "me.key"]), "does not belong to", "--key"),
        (&fine, with(&["--server-name", "a b"]), "no name of a server", ""),
    ] {
        let ran = contract(folder, target, &more);
        assert_eq!(ran.code, 2, "{more:?} {ran:?}");
        let help = ran.stdout.split("help").nth(1).unwrap_or_default().replace('\n', " ");
        assert!(ran.stdout.contains(said) && help.contains(way_out), "{said}: {ran:?}");
    }
    for wrong in [&["--cert", "me.pem"][..], &["--key", "me.key"], &["--insecure", "--ca", "ca.pem"]] {
        let ran = contract(folder, &fine, wrong);
        assert!(ran.code == 2 && ran.stderr.contains("--"), "{ran:?}");
    }
}
