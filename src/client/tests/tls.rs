//! TLS with whom it should be, and every way in which it does not come about.

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{
    certificates::{Authority, Signed, acceptor},
    server::{
        Act::{Describe, Head, Trailers},
        serve_tls,
    },
    *,
};
use crate::client::{CallError, Tls, TlsOptions, TlsProblem};

/// Files for the options of a client.
struct Files(TempDir, std::cell::Cell<u32>);

impl Files {
    fn new() -> Files {
        Files(tempfile::tempdir().unwrap(), 0.into())
    }

    fn write(&self, name: &str, text: &str) -> std::path::PathBuf {
        // Each is a file of its own: options are read when they are used.
        self.1.set(self.1.get() + 1);
        let path = self.0.path().join(format!("{}-{name}", self.1.get()));
        std::fs::write(&path, text).unwrap();
        path
    }

    fn trusting(&self, authority: &Authority) -> TlsOptions {
        TlsOptions { ca: Some(self.write("ca.pem", &authority.pem())), ..TlsOptions::default() }
    }

    fn identity(&self, signed: &Signed) -> Option<(std::path::PathBuf, std::path::PathBuf)> {
        Some((self.write("me.pem", &signed.certificate), self.write("me.key", &signed.key)))
    }
}

fn play() -> Play {
    Play::Acts(vec![Head(200, GRPC), Describe("te"), Trailers(OK)])
}

/// Calls `https://localhost` at a server behind this acceptor, as a program does that waits for it first.
async fn called(acceptor: TlsAcceptor, options: &TlsOptions) -> Result<Exchange, CallError> {
    let server = serve_tls(vec![play()], acceptor).await;
    let target = format!("https://localhost:{}", server.addr.port()).parse().unwrap();
    let tls = Some(Tls::new(options)?);
    let transport = H2Transport::with(target, Options { tls, ..Options::default() });
    transport.ready(Duration::from_secs(20)).await?;
    transport.call(&call(unary(b"abc"))).await
}

fn h2(signed: &Signed) -> TlsAcceptor {
    acceptor(signed, &["h2"], None)
}

#[tokio::test]
async fn a_server_is_called_in_tls_and_shown_who_we_are() {
    let (ours, theirs, files) = (Authority::new("ours"), Authority::new("theirs"), Files::new());
    let trusting = files.trusting(&ours);
    let me = TlsOptions { identity: files.identity(&theirs.sign("me")), ..trusting.clone() };
    let by_name = TlsOptions { server_name: Some("api.test".into()), ..trusting.clone() };
    let anybody = TlsOptions { insecure: true, ..TlsOptions::default() };
    for (acceptor, options) in [
        (h2(&ours.sign("localhost")), &trusting),
        (acceptor(&ours.sign("localhost"), &["http/1.1", "h2"], Some(&theirs)), &me),
        // Nobody asks for it, and it does no harm.
        (h2(&ours.sign("localhost")), &me),
        (h2(&ours.sign("api.test")), &by_name),
        (h2(&theirs.sign_for("elsewhere", (2020, 2021))), &anybody),
    ] {
        let exchange = called(acceptor, options).await.unwrap();
        let text = String::from_utf8(exchange.messages[0].1.to_vec()).unwrap();
        assert!(text.starts_with("POST https://localhost:") && text.ends_with(" 8 trailers"), "{text}");
    }
}

#[tokio::test]
async fn a_connection_by_hand_speaks_tls_too() {
    let (ours, files) = (Authority::new("ours"), Files::new());
    let server = serve_tls(vec![play()], h2(&ours.sign("127.0.0.1"))).await;
    let target = format!("https://{}", server.addr).parse().unwrap();
    let tls = Some(Tls::new(&files.trusting(&ours)).unwrap());
    let transport = H2Transport::with(target, Options { tls, ..Options::default() });
    let greeting = transport.greet(Duration::from_secs(10)).await.unwrap().unwrap();
    assert!(greeting.settings && greeting.ping, "{greeting:?}");
}

#[tokio::test]
async fn every_handshake_that_fails_says_why() {
    use TlsProblem as P;
    let (ours, theirs, files) = (Authority::new("ours"), Authority::new("theirs"), Files::new());
    let namesake = Authority::new("ours");
    let trusting = files.trusting(&ours);
    let with = |signed: &Signed| TlsOptions { identity: files.identity(signed), ..trusting.clone() };
    let wants = || acceptor(&ours.sign("localhost"), &["h2"], Some(&theirs));
    for (acceptor, options, problem, said) in [
        (h2(&theirs.sign("localhost")), trusting.clone(), P::Authority, "no authority that is trusted"),
        (
            h2(&namesake.sign("localhost")),
            trusting.clone(),
            P::Authority,
            "another authority of the same name",
        ),
        (
            h2(&ours.sign("api.test")),
            trusting.clone(),
            P::Name,
            "\"localhost\"; certificate is only valid for",
        ),
        (h2(&ours.sign_for("localhost", (2020, 2021))), trusting.clone(), P::Time, "expired"),
        (h2(&ours.sign_for("localhost", (2080, 2090))), trusting.clone(), P::Time, "not valid before"),
        (
            h2(&ours.itself()),
            trusting.clone(),
            P::Certificate,
            "certificate of an authority (CA:TRUE) as its own",
        ),
        (acceptor(&ours.sign("localhost"), &[], None), trusting.clone(), P::NoHttp2, "ALPN"),
        (acceptor(&ours.sign("localhost"), &["http/1.1"], None), trusting.clone(), P::NoHttp2, "ALPN"),
        (wants(), trusting.clone(), P::WantsIdentity, "asks for a client certificate"),
        (wants(), with(&ours.sign("me")), P::RefusesIdentity, "UnknownCA"),
        (wants(), with(&theirs.sign_for("me", (2020, 2021))), P::RefusesIdentity, "CertificateExpired"),
    ] {
        let error = called(acceptor, &options).await.unwrap_err();
        assert_eq!(error.tls_problem(), Some(problem), "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[tokio::test]
async fn plaintext_and_tls_are_told_apart_from_both_sides() {
    let (ours, files) = (Authority::new("ours"), Files::new());
    let tls = Some(Tls::new(&files.trusting(&ours)).unwrap());
    for play in [play(), Play::Bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())] {
        let server = serve(vec![play]).await;
        let target = format!("https://{}", server.addr).parse().unwrap();
        let transport = H2Transport::with(target, Options { tls: tls.clone(), ..Options::default() });
        let error = transport.ready(Duration::from_secs(20)).await.unwrap_err();
        assert_eq!(error.tls_problem(), Some(TlsProblem::Plaintext), "{error}");
    }

    let server = serve_tls(vec![play()], h2(&ours.sign("localhost"))).await;
    let error = transport(&server).ready(Duration::from_secs(20)).await.unwrap_err();
    assert!(error.is_tls_where_plaintext_was_meant(), "{error}");
    assert!(error.to_string().contains(&format!("write https://{}", server.addr)), "{error}");

    // gRPC's C core says nothing at all to who comes without TLS.
    let server = serve(vec![Play::Closed]).await;
    let error = transport(&server).ready(Duration::from_millis(200)).await.unwrap_err();
    assert!(error.is_unreachable() && error.to_string().contains("speaks TLS (https://)"), "{error}");

    // It closes without a word, as one may that is starting: whoever waits tries again.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("https://{}", listener.local_addr().unwrap()).parse().unwrap();
    let server = super::server::serve_on(listener, vec![Play::Closed]);
    let transport = H2Transport::with(target, Options { tls, ..Options::default() });
    let error = transport.ready(Duration::from_millis(200)).await.unwrap_err();
    assert!(error.is_unreachable() && error.to_string().contains("plaintext"), "{error}");
    assert!(server.connections() > 1);
}

#[test]
fn bad_files_and_names_are_refused_before_any_connection() {
    let (ours, files) = (Authority::new("ours"), Files::new());
    let (me, other) = (ours.sign("me"), ours.sign("other"));
    let pair =
        |certificate: &str, key: &str| Some((files.write("a.pem", certificate), files.write("a.key", key)));
    let ca = |text: &str| TlsOptions { ca: Some(files.write("b.pem", text)), ..TlsOptions::default() };
    let identity = |identity| TlsOptions { identity, ..files.trusting(&ours) };
    let missing = TlsOptions { ca: Some(files.0.path().join("none.pem")), ..TlsOptions::default() };
    let name = TlsOptions { server_name: Some("no name".into()), ..files.trusting(&ours) };
    let cut = &me.certificate[..me.certificate.len() / 2];
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (options, file, said) in [
        (missing, "none.pem", "cannot read"),
        (ca("hello"), "b.pem", "holds no certificate"),
        (ca(""), "b.pem", "holds no certificate"),
        (ca(&me.key), "b.pem", "holds no certificate"),
        (ca(cut), "b.pem", "damaged PEM"),
        (ca(nonsense), "b.pem", "no certificate"),
        (identity(pair(&me.certificate, &other.key)), "a.key", "does not belong to the certificate"),
        (identity(pair(&me.certificate, &me.certificate)), "a.key", "holds no private key"),
        (identity(pair(&me.key, &me.key)), "a.pem", "holds no certificate"),
        (identity(pair(nonsense, &me.key)), "a.pem", "cannot be used"),
        (name, "`no name`", "no name of a server"),
    ] {
        let error = Tls::new(&options).unwrap_err();
        let text = error.to_string();
        assert!(error.is_bad_tls() && text.contains(file) && text.contains(said), "{text}");
    }
}
