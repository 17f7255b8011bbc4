//! The page for those who run a server, on a port of its own: `/metrics`, `/healthz` and `/readyz`. Plain HTTP.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::Metrics;

/// Whether the server can do its work. Whoever has the sender decides.
pub type Ready = watch::Receiver<bool>;

/// How many connections there may be: a scraper has one, a prober another.
const CONNECTIONS: usize = 64;

/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the metrics are tidied when nobody asks for them.
const TIDY: Duration = Duration::from_secs(5);

/// Answers for ever: `/metrics` as Prometheus scrapes it, `/healthz` with 200 while the process runs, `/readyz` with 200
/// while it is ready and 503 while it is not.
pub async fn serve_page(listener: TcpListener, metrics: Metrics, ready: Ready) -> Infallible {
    let tidied = metrics.clone();
    let tidy = async {
        loop {
            tokio::time::sleep(TIDY).await;
            tidied.tidy();
        }
    };
    tokio::select! {
        never = accept(listener, metrics, ready) => never,
        never = tidy => never,
    }
}

async fn accept(listener: TcpListener, metrics: Metrics, ready: Ready) -> Infallible {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "the page of metrics cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (metrics, ready) = (metrics.clone(), ready.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let response = answer(request.method(), request.uri().path(), &metrics, &ready);
                std::future::ready(Ok::<_, Infallible>(response))
            });
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
            // What a client does wrong is its own business.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
            drop(place);
        });
    }
}

fn answer(method: &Method, path: &str, metrics: &Metrics, ready: &Ready) -> Response<String> {
    let (status, text) = match path {
        _ if !matches!(*method, Method::GET | Method::HEAD) => {
            (StatusCode::METHOD_NOT_ALLOWED, String::new())
        }
        "/metrics" => (StatusCode::OK, metrics.render()),
        "/healthz" => (StatusCode::OK, "ok\n".to_owned()),
        "/readyz" if *ready.borrow() => (StatusCode::OK, "ready\n".to_owned()),
        "/readyz" => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n".to_owned()),
        _ => (StatusCode::NOT_FOUND, "here are /metrics, /healthz and /readyz\n".to_owned()),
    };
    let mut response = Response::new(text);
    *response.status_mut() = status;
    // The version of the text format: https://prometheus.io/docs/instrumenting/exposition_formats/
    let kind = if path == "/metrics" {
        "text/plain; version=0.0.4; charset=utf-8"
    } else {
        "text/plain; charset=utf-8"
    };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_has_its_answer() {
        let (sender, ready) = watch::channel(true);
        let ask = |method: Method, path: &str| {
            let response = answer(&method, path, &Metrics::default(), &ready);
            (response.status().as_u16(), response.into_body())
        };
        assert_eq!(ask(Method::GET, "/healthz"), (200, "ok\n".to_owned()));
        assert_eq!(ask(Method::GET, "/readyz").0, 200);
        sender.send_replace(false);
        assert_eq!(ask(Method::GET, "/readyz"), (503, "not ready\n".to_owned()));
        assert_eq!(ask(Method::GET, "/").0, 404);
        assert_eq!(ask(Method::POST, "/metrics").0, 405);
        assert_eq!(ask(Method::GET, "/metrics").0, 200);
    }
}
