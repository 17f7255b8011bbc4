//! Spans to an OpenTelemetry collector, by OTLP over gRPC.

mod span;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_opentelemetry::OpenTelemetryLayer;

pub use span::SpanLayer;

/// What a subscriber of `tracing` wears so that its spans are sent.
pub type SpanSubscriber<S> = OpenTelemetryLayer<S, opentelemetry_sdk::trace::SdkTracer>;

/// Sends the spans of a service to a collector, in batches and beside the calls.
#[derive(Debug, Clone)]
pub struct Spans(SdkTracerProvider);

impl Spans {
    /// To the collector at `endpoint`, such as `http://localhost:4317`, under the name of `service`. The sampler and
    /// the sizes of batches are those of OpenTelemetry's own variables (`OTEL_TRACES_SAMPLER`, `OTEL_BSP_…`). Needs a
    /// runtime of tokio's around it.
    ///
    /// # Errors
    /// A sentence, for an endpoint that is no URI. Whether somebody listens there is found out later, and only logged.
    pub fn to(endpoint: &str, service: &str) -> Result<Self, String> {
        let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build();
        let exporter = exporter
            .map_err(|error| format!("cannot send spans to {endpoint} ({error}): give http://HOST:PORT"))?;
        let resource = Resource::builder().with_service_name(service.to_owned()).build();
        Ok(Self(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build()))
    }

    /// The layer of a subscriber.
    #[must_use]
    pub fn subscriber<S>(&self) -> SpanSubscriber<S>
    where
        S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    {
        tracing_opentelemetry::layer().with_tracer(self.0.tracer("protogate-runtime"))
    }

    /// Sends what is left, and waits for it. Blocks: not for a thread that serves.
    ///
    /// # Errors
    /// A sentence, when the collector did not take it.
    pub fn finish(&self) -> Result<(), String> {
        self.0.shutdown().map_err(|error| format!("the last spans were not sent ({error})"))
    }
}
