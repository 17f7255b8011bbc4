//! What Prometheus asks for: how many calls, how they ended, how long they took, how many run and how large their
//! messages are. The names are those of the gRPC ecosystem's own exporters, so that dashboards fit.
//!
//! A method's handles are made when the server starts. A call costs a few atomic additions and no lock, and what a
//! client asks for that is no method adds no label.

mod page;
mod process;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder as _, Unit};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::call::{Call, code_name};
use crate::methods::Methods;
use crate::observe::Observer;
pub use page::{Ready, serve_page};

/// Seconds: from a lookup in memory to a call that somebody waits for.
const SECONDS: [f64; 16] =
    [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Bytes: from an id to the largest message.
const BYTES: [f64; 11] = [
    64.0,
    256.0,
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

/// A registry of metrics of its own, and the text of all that is in it.
#[derive(Clone)]
pub struct Metrics {
    recorder: Arc<PrometheusRecorder>,
    handle: PrometheusHandle,
    /// Metrics whose figures others keep: each puts its own onto the page when that is read.
    kept: Arc<Mutex<Vec<Kept>>>,
}

/// Puts a figure where it is shown.
type Kept = Box<dyn Fn() + Send>;

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let suffix = |text: &str| Matcher::Suffix(text.to_owned());
        // Fails for no buckets only, and there are some.
        let buckets = |builder: PrometheusBuilder| {
            builder
                .set_buckets_for_metric(suffix("_seconds"), &SECONDS)?
                .set_buckets_for_metric(suffix("_bytes"), &BYTES)
        };
        let recorder = buckets(PrometheusBuilder::new()).unwrap_or_default().build_recorder();
        let handle = recorder.handle();
        Self { recorder: Arc::new(recorder), handle, kept: Arc::default() }
    }
}

const METADATA: Metadata<'static> = Metadata::new("protogate_runtime", Level::INFO, None);

impl Metrics {
    /// The recorder, for `metrics::set_global_recorder`: what handlers count with the macros of the `metrics` crate is
    /// then on the same page.
    #[must_use]
    pub fn recorder(&self) -> Arc<PrometheusRecorder> {
        Arc::clone(&self.recorder)
    }

    /// An observer of the calls to a server with these methods.
    #[must_use]
    pub fn calls(&self, methods: &Methods) -> CallMetrics {
        describe(&self.recorder);
        let of = |path: &str, kind| PerMethod::new(&self.recorder, path, kind);
        let known = methods.iter().map(|(path, kind)| of(path, kind.name())).collect();
        CallMetrics { known, unknown: of("/unknown/unknown", "unknown"), recorder: self.recorder() }
    }

    /// A counter whose figure `read` tells; it must never go down.
    pub fn count(&self, name: &'static str, help: &'static str, read: impl Fn() -> u64 + Send + 'static) {
        self.recorder.describe_counter(name.into(), Some(Unit::Count), help.into());
        let counter = self.recorder.register_counter(&Key::from_static_name(name), &METADATA);
        self.keep(move || counter.absolute(read()));
    }

    /// A gauge whose figure `read` tells.
    pub fn gauge(&self, name: &'static str, help: &'static str, read: impl Fn() -> f64 + Send + 'static) {
        self.recorder.describe_gauge(name.into(), None, help.into());
        let gauge = self.recorder.register_gauge(&Key::from_static_name(name), &METADATA);
        self.keep(move || gauge.set(read()));
    }

    fn keep(&self, put: impl Fn() + Send + 'static) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(put));
    }

    /// All metrics in the text format that Prometheus scrapes.
    #[must_use]
    pub fn render(&self) -> String {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|put| put());
        let mut text = self.handle.render();
        text.push_str(&process::render());
        text
    }

    /// Puts the samples of histograms into their buckets, so that they do not wait for a scrape in memory.
    fn tidy(&self) {
        self.handle.run_upkeep();
    }
}

const STARTED: &str = "grpc_server_started_total";
const HANDLED: &str = "grpc_server_handled_total";
const IN_FLIGHT: &str = "grpc_server_in_flight";
const TOOK: &str = "grpc_server_handling_seconds";
const CAME: &str = "grpc_server_msg_received_total";
const WENT: &str = "grpc_server_msg_sent_total";
const CAME_BYTES: &str = "grpc_server_msg_received_bytes";
const WENT_BYTES: &str = "grpc_server_msg_sent_bytes";

fn describe(recorder: &PrometheusRecorder) {
    for (name, help) in [
        (STARTED, "Calls that have come."),
        (HANDLED, "Calls that are over, by the status they ended with; NONE where the answer was HTTP's."),
        (CAME, "Messages that have come."),
        (WENT, "Messages that went out."),
    ] {
        recorder.describe_counter(name.into(), None, help.into());
    }
    recorder.describe_gauge(IN_FLIGHT.into(), None, "Calls that are under way.".into());
    for (name, help) in [
        (TOOK, "How long calls took, from their head to their status."),
        (CAME_BYTES, "The sizes of messages that have come, as sent."),
        (WENT_BYTES, "The sizes of messages that went out, as sent."),
    ] {
        recorder.describe_histogram(name.into(), None, help.into());
    }
}

/// Counts calls: what [`Metrics::calls`] returns.
pub struct CallMetrics {
    known: Vec<PerMethod>,
    unknown: PerMethod,
    recorder: Arc<PrometheusRecorder>,
}

/// The handles of one method.
struct PerMethod {
    labels: Vec<Label>,
    started: Counter,
    in_flight: Gauge,
    took: Histogram,
    came: Counter,
    went: Counter,
    came_bytes: Histogram,
    went_bytes: Histogram,
    /// By code, the last for none; made when the first call ends so.
    handled: [OnceLock<Counter>; 18],
}

impl PerMethod {
    fn new(recorder: &PrometheusRecorder, path: &str, kind: &'static str) -> Self {
        let (service, method) =
            path.trim_start_matches('/').rsplit_once('/').unwrap_or(("unknown", "unknown"));
        let labels = vec![
            Label::new("grpc_type", kind),
            Label::new("grpc_service", service.to_owned()),
            Label::new("grpc_method", method.to_owned()),
        ];
        let key = |name: &'static str| Key::from_parts(name, labels.clone());
        let counter = |name| recorder.register_counter(&key(name), &METADATA);
        let histogram = |name| recorder.register_histogram(&key(name), &METADATA);
        Self {
            started: counter(STARTED),
            in_flight: recorder.register_gauge(&key(IN_FLIGHT), &METADATA),
            took: histogram(TOOK),
            came: counter(CAME),
            went: counter(WENT),
            came_bytes: histogram(CAME_BYTES),
            went_bytes: histogram(WENT_BYTES),
            handled: std::array::from_fn(|_| OnceLock::new()),
            labels,
        }
    }
}

impl CallMetrics {
    fn of(&self, call: &Call) -> &PerMethod {
        call.method.and_then(|at| self.known.get(at)).unwrap_or(&self.unknown)
    }
}

impl Observer for CallMetrics {
    fn began(&self, call: &Call) {
        let of = self.of(call);
        of.started.increment(1);
        of.in_flight.increment(1.0);
    }

    fn received(&self, call: &Call, bytes: usize) {
        let of = self.of(call);
        of.came.increment(1);
        of.came_bytes.record(bytes as f64);
    }

    fn sent(&self, call: &Call, bytes: usize) {
        let of = self.of(call);
        of.went.increment(1);
        of.went_bytes.record(bytes as f64);
    }

    fn ended(&self, call: &Call) {
        let of = self.of(call);
        of.in_flight.decrement(1.0);
        of.took.record(call.elapsed().as_secs_f64());
        let code = call.code();
        let handled = of.handled[code.map_or(17, |code| code as usize)].get_or_init(|| {
            let mut labels = of.labels.clone();
            labels.push(Label::new("grpc_code", code.map_or("NONE", code_name)));
            self.recorder.register_counter(&Key::from_parts(HANDLED, labels), &METADATA)
        });
        handled.increment(1);
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;
    use crate::methods::Kind;
    use crate::observe::ObserveLayer;
    use crate::testing::{Script, call, request, request_of};

    #[tokio::test]
    async fn calls_are_counted_under_the_names_of_methods_that_exist() {
        let methods: Arc<Methods> = Arc::new([("/a.B/C", Kind::Unary)].into_iter().collect());
        let metrics = Metrics::default();
        let layer = ObserveLayer::new(Arc::clone(&methods), vec![Arc::new(metrics.calls(&methods))]);
        call(layer.clone(), Script::ReadThenOk, request_of(&[&[0, 0, 0, 0, 2, 7, 7]])).await;
        call(layer.clone(), Script::ReadThen(Code::NotFound), request()).await;
        for path in ["/evil/1", "/evil/2"] {
            let mut request = request();
            *request.uri_mut() = path.parse().unwrap();
            call(layer.clone(), Script::ReadThen(Code::Unimplemented), request).await;
        }
        metrics.count("lines_dropped_total", "Lines that were dropped.", || 7);
        let text = metrics.render();
        let of = r#"grpc_type="unary",grpc_service="a.B",grpc_method="C""#;
        for line in [
            &*format!("grpc_server_started_total{{{of}}} 2"),
            &format!("grpc_server_handled_total{{{of},grpc_code=\"OK\"}} 1"),
            &format!("grpc_server_handled_total{{{of},grpc_code=\"NOT_FOUND\"}} 1"),
            &format!("grpc_server_in_flight{{{of}}} 0"),
            &format!("grpc_server_handling_seconds_count{{{of}}} 2"),
            &format!("grpc_server_msg_received_total{{{of}}} 1"),
            &format!("grpc_server_msg_received_bytes_sum{{{of}}} 2"),
            &format!("grpc_server_msg_sent_total{{{of}}} 1"),
            r#"grpc_server_started_total{grpc_type="unknown",grpc_service="unknown",grpc_method="unknown"} 2"#,
            "# TYPE grpc_server_handling_seconds histogram",
            "lines_dropped_total 7",
        ] {
            assert!(text.lines().any(|other| other == line), "{line}\n{text}");
        }
        assert!(!text.contains("evil"), "{text}");
    }
}
