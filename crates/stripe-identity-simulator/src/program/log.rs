//! Standard error.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::time::Duration;

use serde_json::json;
use stripe_identity_simulator::{Note, RequestEntry};

use super::options::LogFormat;

/// That wait to be printed.
const MOST_LINES: usize = 10_000;
/// How long the last lines have to be printed.
const PATIENCE: Duration = Duration::from_millis(200);

enum Message {
    Line(String),
    Request(Box<RequestEntry>),
    /// All that comes before it is to be printed.
    Flush(SyncSender<()>),
}

/// Prints lines on a thread of its own: a pipe that nobody reads must not keep requests waiting.
#[derive(Clone)]
pub(super) struct Log {
    format: LogFormat,
    messages: SyncSender<Message>,
    left_out: Arc<AtomicU64>,
}

impl Log {
    pub(super) fn start(format: LogFormat) -> Self {
        let (messages, received) = mpsc::sync_channel(MOST_LINES);
        let log = Self { format, messages, left_out: Arc::default() };
        let left_out = log.left_out.clone();
        std::thread::spawn(move || print(format, &received, &left_out));
        log
    }

    /// Prints what the person at the simulator has to know, in whatever format.
    pub(super) fn say(&self, text: &str) {
        self.send(Message::Line(shown(self.format, text)));
    }

    pub(super) fn note(&self, note: &Note) {
        // This one is about the start.
        if self.format != LogFormat::Off || *note == Note::InitialLinesLeftOut {
            self.say(&note.to_string());
        }
    }

    pub(super) fn request(&self, entry: &RequestEntry) {
        if self.format != LogFormat::Off {
            self.send(Message::Request(Box::new(entry.clone())));
        }
    }

    fn send(&self, message: Message) {
        if self.messages.try_send(message).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until all is printed, for a short time.
    pub(super) fn flush(&self) {
        let (done, wait) = mpsc::sync_channel(1);
        if self.messages.try_send(Message::Flush(done)).is_ok() {
            let _ = wait.recv_timeout(PATIENCE);
        }
    }
}

fn shown(format: LogFormat, text: &str) -> String {
    match format {
        LogFormat::Json => json!({ "note": text }).to_string(),
        LogFormat::Text | LogFormat::Off => format!("note: {text}"),
    }
}

fn print(format: LogFormat, messages: &Receiver<Message>, left_out: &AtomicU64) {
    let mut stderr = io::stderr();
    for message in messages {
        let line = match message {
            Message::Line(line) => line,
            Message::Request(entry) if format == LogFormat::Json => serde_json::to_string(&*entry).unwrap_or_default(),
            Message::Request(entry) => entry.to_string(),
            Message::Flush(done) => {
                let _ = done.try_send(());
                continue;
            }
        };
        let left_out = left_out.swap(0, Ordering::Relaxed);
        if left_out > 0 {
            let text = format!("{left_out} lines were left out, since they were not read in time");
            let _ = writeln!(stderr, "{}", shown(format, &text));
        }
        // Nobody is there to learn of a line that cannot be printed.
        let _ = writeln!(stderr, "{line}");
    }
}
