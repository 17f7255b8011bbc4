//! TLS: who is let in, whom the server says it is, and new files without a lost call.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
use tonic::Code;
use tonic::transport::Endpoint;

use crate::binary;
use crate::make::{Authority, Holder, Pair, days};
use crate::server::{Client, id, nth};

/// An authority and the files that it has signed, in a folder: `server` and `client`.
pub struct Files {
    pub folder: TempDir,
    pub authority: Authority,
}

impl Files {
    pub fn new() -> Self {
        let authority = Authority::new("tests", None).unwrap();
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        let files = Self { folder, authority };
        files.server().write(files.folder.path(), "server").unwrap();
        files.client("tester").write(files.folder.path(), "client").unwrap();
        files
    }

    pub fn server(&self) -> Pair {
        self.authority.sign(&Holder::Server(&["localhost", "127.0.0.1"]), days(1)).unwrap()
    }

    pub fn client(&self, name: &str) -> Pair {
        self.authority.sign(&Holder::Client(name), days(1)).unwrap()
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// The binary with these files, and more arguments.
    pub fn command(&self, more: &[&str]) -> Command {
        let (cert, key) = (self.path("server.pem"), self.path("server.key"));
        let mut command = binary::command(&["--store", "memory", "--tls-cert", &cert, "--tls-key", &key]);
        command.args(more);
        command
    }
}

/// A handshake with the server at `uri`, for a client that trusts `ca` and may show `own`.
pub async fn handshake(uri: &str, ca: &str, own: Option<&Pair>) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let mut config = match own {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let chain = vec![CertificateDer::from_pem_slice(own.cert.as_bytes()).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    let tcp = TcpStream::connect(uri.strip_prefix("https://").expect("TLS")).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await
}

/// A client on a connection of its own.
pub async fn client(uri: &str, ca: &str, own: Option<&Pair>) -> Result<Client, String> {
    let mut tls = Some(handshake(uri, ca, own).await.map_err(|error| error.to_string())?);
    let connector = tower::service_fn(move |_: http::Uri| {
        std::future::ready(tls.take().map(TokioIo::new).ok_or_else(|| std::io::Error::other("lost")))
    });
    let channel = Endpoint::from_static("http://localhost").connect_with_connector(connector).await;
    channel.map(Client::new).map_err(|error| error.to_string())
}

/// What `GetUser` answers to a client with these: its code, or why there was no call.
async fn asked(uri: &str, ca: &str, own: Option<&Pair>) -> Result<Code, String> {
    let status = client(uri, ca, own).await?.get_user(id("nobody")).await.unwrap_err();
    // Under TLS 1.3 a client hears only after its handshake that its certificate was refused.
    if status.code() == Code::NotFound { Ok(status.code()) } else { Err(format!("{status:?}")) }
}

#[tokio::test]
async fn who_trusts_the_authority_is_served() {
    let files = Files::new();
    let (_child, uri) = binary::start(files.command(&[])).await;
    assert_eq!(asked(&uri, files.authority.pem(), None).await, Ok(Code::NotFound));
    let other = Authority::new("others", None).unwrap();
    assert!(asked(&uri, other.pem(), None).await.unwrap_err().contains("UnknownIssuer"));
    // A client without TLS gets no answer that it could take for one.
    let plain = uri.replace("https", "http");
    let answered = match tonic::transport::Channel::from_shared(plain).unwrap().connect().await {
        Ok(channel) => {
            Client::new(channel).get_user(id("x")).await.map(|_| ()).map_err(|status| status.code())
        }
        Err(_) => Err(Code::Unavailable),
    };
    assert!(!matches!(answered, Ok(()) | Err(Code::NotFound)), "{answered:?}");
}

#[tokio::test]
async fn a_client_shows_a_certificate_of_the_authority() {
    let files = Files::new();
    let ca = files.path("ca.pem");
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let past = (SystemTime::now() - 2 * year, SystemTime::now() - year);
    let good = files.client("tester");
    let expired = files.authority.sign(&Holder::Client("tester"), past).unwrap();
    let stranger = Authority::new("tests", None).unwrap().sign(&Holder::Client("tester"), days(1)).unwrap();
    for (more, none) in [(&["--tls-client", "required"][..], false), (&["--tls-client", "optional"], true)] {
        let (_child, uri) = binary::start(files.command(&[&["--tls-client-ca", &ca], more].concat())).await;
        let pem = files.authority.pem();
        assert_eq!(asked(&uri, pem, Some(&good)).await, Ok(Code::NotFound), "{more:?}");
        assert!(asked(&uri, pem, Some(&expired)).await.is_err(), "{more:?}");
        assert!(asked(&uri, pem, Some(&stranger)).await.is_err(), "{more:?}");
        // Without a certificate: no connection where it is required; a call that nobody is known to make elsewhere.
        let unknown = asked(&uri, pem, None).await.unwrap_err();
        assert_eq!(
            unknown.contains("TOKEN_MISSING") || unknown.contains("Unauthenticated"),
            none,
            "{unknown}"
        );
    }
}

#[tokio::test]
async fn an_expired_server_is_not_trusted() {
    let files = Files::new();
    let span = (SystemTime::UNIX_EPOCH, SystemTime::now() - Duration::from_secs(60));
    let old = files.authority.sign(&Holder::Server(&["localhost"]), span).unwrap();
    old.write(files.folder.path(), "server").unwrap();
    let (_child, uri) = binary::start(files.command(&[])).await;
    assert!(asked(&uri, files.authority.pem(), None).await.unwrap_err().contains("expired"));
}

/// The server's certificate as it shows it now.
async fn shown(uri: &str, ca: &str) -> Vec<u8> {
    let tls = handshake(uri, ca, None).await.unwrap();
    tls.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_files_are_used_and_no_call_is_lost() {
    let files = Files::new();
    let (_child, uri) = binary::start(files.command(&[])).await;
    let pem = files.authority.pem().to_owned();
    let stop = Arc::new(AtomicBool::new(false));
    // Two that keep their connection and two that take a new one for each call.
    let load = |fresh: bool| {
        let (uri, pem, stop) = (uri.clone(), pem.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let (mut held, mut calls) = (client(&uri, &pem, None).await.unwrap(), 0);
            while !stop.load(Ordering::Relaxed) {
                if fresh {
                    held = client(&uri, &pem, None).await.unwrap();
                }
                assert_eq!(held.get_user(id("nobody")).await.unwrap_err().code(), Code::NotFound);
                calls += 1;
            }
            calls
        })
    };
    let loads = [load(false), load(false), load(true), load(true)];
    for _ in 0..3 {
        let before = shown(&uri, &pem).await;
        files.server().write(files.folder.path(), "server").unwrap();
        while shown(&uri, &pem).await == before {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    // A broken file changes nothing.
    let before = shown(&uri, &pem).await;
    std::fs::write(files.path("server.pem"), "nothing").unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(shown(&uri, &pem).await, before);
    stop.store(true, Ordering::Relaxed);
    for load in loads {
        assert!(load.await.unwrap() > 10);
    }
}

#[tokio::test]
async fn openssl_agrees() {
    if Command::new("openssl").arg("version").output().await.is_err() {
        eprintln!("skipped: no openssl");
        return;
    }
    let files = Files::new();
    let (_child, uri) = binary::start(files.command(&[])).await;
    let other = Authority::new("others", None).unwrap();
    std::fs::write(files.path("other.pem"), other.pem()).unwrap();
    let ask = async |ca: &str, more: &[&str]| {
        let mut openssl = Command::new("openssl");
        openssl.args([
            "s_client",
            "-brief",
            "-verify_return_error",
            "-alpn",
            "h2",
            "-verify_hostname",
            "localhost",
        ]);
        openssl
            .args(["-connect", uri.strip_prefix("https://").unwrap(), "-CAfile", &files.path(ca)])
            .args(more);
        let mut child =
            openssl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().shutdown().await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    };
    for version in ["-tls1_3", "-tls1_2"] {
        let (fine, said) = ask("ca.pem", &[version]).await;
        assert!(fine && said.contains("Verification: OK"), "{said}");
    }
    assert!(!ask("other.pem", &[]).await.0);
    assert!(!ask("ca.pem", &["-tls1_1"]).await.0);
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let files = Files::new();
    let gone = files.path("gone.pem");
    for (args, words) in [
        (&["--tls-cert", &files.path("server.pem")][..], &["--tls-key"][..]),
        (&["--tls-cert", &files.path("server.pem"), "--tls-key", &gone], &["gone.pem"]),
        (
            &["--tls-cert", &files.path("ca.pem"), "--tls-key", &files.path("client.key")],
            &["do not go together"],
        ),
        (&["--tls-client-ca", &gone], &["--tls-cert"]),
    ] {
        let mut command = binary::command(&["--store", "memory"]);
        command.args(args);
        binary::refuses(command, words).await;
    }
}

#[tokio::test]
async fn healthcheck_asks_under_tls() {
    let files = Files::new();
    let ca = files.path("ca.pem");
    let (_child, uri) = binary::start(files.command(&["--tls-client-ca", &ca])).await;
    let addr = uri.strip_prefix("https://").unwrap().to_owned();
    let own = ["--tls-cert", &files.path("client.pem"), "--tls-key", &files.path("client.key")];
    for (more, code) in [(&own[..], 0), (&[], 2)] {
        let args = [&["healthcheck", "--addr", &addr, "--tls-ca", &ca], more].concat();
        let output = Command::new(env!("CARGO_BIN_EXE_user-service")).args(args).output().await.unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
    }
    // A user, so that the client's calls are told from those of nobody.
    let own = files.client("tester");
    let mut client = client(&uri, files.authority.pem(), Some(&own)).await.unwrap();
    crate::server::create(&mut client, nth(1)).await;
    assert!(Path::new(&ca).exists());
}
