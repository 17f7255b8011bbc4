//! `user-service healthcheck`: one call to `grpc.health.v1.Health/Check`, for containers that have no other program.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::args::Healthcheck;

/// Whether the server says that it is serving.
///
/// # Errors
/// A sentence, when there is no answer: nobody listens, or the handshake fails, or the service is not known.
pub async fn healthcheck(args: &Healthcheck) -> Result<bool, String> {
    let asked = tokio::time::timeout(Duration::from_secs(args.timeout), ask(args));
    asked.await.map_err(|_| format!("no answer from {} in {} s", args.addr, args.timeout))?
}

async fn ask(args: &Healthcheck) -> Result<bool, String> {
    let mut client = HealthClient::new(connect(args).await?);
    let asked = HealthCheckRequest { service: args.service.clone() };
    let answer = client
        .check(asked)
        .await
        .map_err(|status| format!("{} answers {:?}: {}", args.addr, status.code(), status.message()))?;
    Ok(answer.into_inner().status() == ServingStatus::Serving)
}

async fn connect(args: &Healthcheck) -> Result<Channel, String> {
    let cannot =
        |why: String| format!("cannot reach {} ({why}): give --addr as HOST:PORT of a server", args.addr);
    let endpoint =
        Endpoint::from_shared(format!("http://{}", args.addr)).map_err(|error| cannot(error.to_string()))?;
    let tcp = TcpStream::connect(&args.addr).await.map_err(|error| cannot(error.to_string()))?;
    let connected = match &args.tls_ca {
        None => endpoint.connect_with_connector(once(tcp)).await,
        Some(ca) => {
            let host = args.addr.rsplit_once(':').map_or(&*args.addr, |(host, _)| host);
            let host = host.trim_start_matches('[').trim_end_matches(']');
            let name = args.tls_name.as_deref().unwrap_or(host).to_owned();
            let name = ServerName::try_from(name).map_err(|error| cannot(error.to_string()))?;
            let config = config(ca, args.tls_cert.as_deref().zip(args.tls_key.as_deref()))?;
            let tls = TlsConnector::from(Arc::new(config)).connect(name, tcp).await;
            endpoint.connect_with_connector(once(tls.map_err(|error| cannot(error.to_string()))?)).await
        }
    };
    connected.map_err(|error| cannot(error.to_string()))
}

/// A connector that has its connection already, and no second one.
fn once<S: Send + 'static>(
    stream: S,
) -> impl tower::Service<http::Uri, Response = TokioIo<S>, Error = std::io::Error, Future: Send> + Send {
    let mut stream = Some(stream);
    tower::service_fn(move |_: http::Uri| {
        let gone = || std::io::Error::other("the connection was lost");
        std::future::ready(stream.take().map(TokioIo::new).ok_or_else(gone))
    })
}

fn config(ca: &Path, own: Option<(&Path, &Path)>) -> Result<ClientConfig, String> {
    let read = |path: &Path| {
        CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| format!("cannot read the certificates of {} ({error})", path.display()))
    };
    let mut roots = RootCertStore::empty();
    for authority in read(ca)? {
        roots.add(authority).map_err(|error| format!("{}: {error}", ca.display()))?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots);
    let mut config = match own {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => {
            let private = PrivateKeyDer::from_pem_file(key)
                .map_err(|error| format!("{} has no private key as PEM ({error})", key.display()))?;
            builder.with_client_auth_cert(read(cert)?, private).map_err(|error| {
                format!("{} and {} do not go together ({error})", cert.display(), key.display())
            })?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}
