//! Metrics in the text format of Prometheus.

use std::collections::BTreeMap;

use prometheus::core::Collector;
use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, TEXT_FORMAT, TextEncoder,
};

use crate::delivery::AttemptResult;
use crate::journal::RequestEntry;

pub(crate) const CONTENT_TYPE: &str = TEXT_FORMAT;

const NAMESPACE: &str = "stripe_identity_simulator";
/// The buckets of durations, in seconds. Most requests take some microseconds.
const BUCKETS: [f64; 11] = [0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.005, 0.025, 0.1, 1.0];

/// The counters since the start. The values of labels come from small sets, never from a client.
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    refused: IntCounterVec,
    faults: IntCounterVec,
    attempts: IntCounterVec,
}

/// The current values of the gauges, by the name of the gauge and the value of its label.
pub(crate) type Gauges = BTreeMap<(&'static str, &'static str), usize>;

/// The gauges: name, label and help text.
const GAUGES: [(&str, &str, &str); 5] = [
    ("worlds", "", "Number of worlds."),
    ("objects", "kind", "Number of objects in all worlds."),
    (
        "queue_length",
        "kind",
        "Number of actions that are scheduled in all worlds. Work is a try, checks, a redaction or a delivery.",
    ),
    ("deliveries", "status", "Number of deliveries to the webhook endpoints that exist."),
    ("journal_requests", "", "Number of requests in the journals."),
];

impl Metrics {
    pub(crate) fn new() -> Self {
        let registry = Registry::new();
        let counter = |name: &str, help: &str, labels: &[&str]| {
            register(&registry, IntCounterVec::new(options(name, help), labels))
        };
        Self {
            requests: counter(
                "requests_total",
                "Number of requests, without those for health, for metrics and about the journal.",
                &["method", "path", "status"],
            ),
            durations: register(
                &registry,
                HistogramVec::new(
                    HistogramOpts::from(options("request_duration_seconds", "Time to create a response, in seconds."))
                        .buckets(BUCKETS.to_vec()),
                    &["kind"],
                ),
            ),
            refused: counter("refused_requests_total", "Number of requests that were refused.", &["type", "code"]),
            faults: counter("faults_total", "Number of faults that applied to requests.", &["effect"]),
            attempts: counter(
                "webhook_attempts_total",
                "Number of attempts to deliver a webhook that have ended.",
                &["result"],
            ),
            registry,
        }
    }

    /// Counts a request.
    pub(crate) fn request(&self, entry: &RequestEntry) {
        let status = entry.status().map_or_else(|| "none".to_owned(), |status| status.to_string());
        self.requests.with_label_values(&[entry.method(), entry.path(), &status]).inc();
        self.durations.with_label_values(&[entry.kind().as_ref()]).observe(entry.duration().as_secs_f64());
        if let Some(error) = entry.error() {
            self.refused.with_label_values(&[error.type_, error.code.unwrap_or_default()]).inc();
        }
        for fault in entry.faults() {
            self.faults.with_label_values(&[fault.effect]).inc();
        }
    }

    /// Counts an attempt to deliver a webhook.
    pub(crate) fn attempt(&self, result: &AttemptResult) {
        let result = match result {
            AttemptResult::Response { status, .. } => match status.as_u16() {
                200..=299 => "2xx",
                300..=399 => "3xx",
                400..=499 => "4xx",
                _ => "5xx",
            },
            AttemptResult::Failure(failure) => failure.as_ref(),
        };
        self.attempts.with_label_values(&[result]).inc();
    }

    /// Encodes the counters and the current values of the gauges.
    pub(crate) fn encode(&self, gauges: &Gauges) -> Vec<u8> {
        let now = Registry::new();
        for (name, label, help) in GAUGES {
            let labels = if label.is_empty() { &[][..] } else { &[label][..] };
            let gauge = register(&now, IntGaugeVec::new(options(name, help), labels));
            for ((_, value), count) in gauges.iter().filter(|((of, _), _)| *of == name) {
                let values = if label.is_empty() { &[][..] } else { &[*value][..] };
                gauge.with_label_values(values).set(i64::try_from(*count).unwrap_or(i64::MAX));
            }
        }
        let mut families = self.registry.gather();
        families.extend(now.gather());
        let mut text = Vec::new();
        // Writing to a Vec cannot fail, and each family that is gathered has a name and a metric.
        let _ = TextEncoder::new().encode(&families, &mut text);
        text
    }
}

fn options(name: &str, help: &str) -> Opts {
    Opts::new(name, help).namespace(NAMESPACE)
}

#[expect(clippy::expect_used, reason = "it depends only on constants, all of which a test uses")]
fn register<C: Collector + Clone + 'static>(registry: &Registry, collector: prometheus::Result<C>) -> C {
    let collector = collector.expect("names and labels are constants that Prometheus allows");
    registry.register(Box::new(collector.clone())).expect("no two have the same name");
    collector
}
