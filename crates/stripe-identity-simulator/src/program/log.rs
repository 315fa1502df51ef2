//! The log, on standard error.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::time::Duration;

use serde_json::json;
use stripe_identity_simulator::{Note, RequestEntry};

use super::options::LogFormat;

/// The number of lines that wait to be printed.
const MOST_LINES: usize = 10_000;
/// The time for the last lines to be printed.
const PATIENCE: Duration = Duration::from_millis(200);

enum Message {
    Line(String),
    Request(Box<RequestEntry>),
    /// Is acknowledged once everything before it is printed.
    Flush(SyncSender<()>),
}

/// Prints lines on a separate thread, since a pipe that nobody reads must not keep requests waiting.
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

    /// Prints a note, in every format.
    pub(super) fn say(&self, text: &str) {
        self.send(Message::Line(shown(self.format, text)));
    }

    pub(super) fn note(&self, note: &Note) {
        // A note about the start is printed even if the log is off.
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

    /// Waits for a short time until everything is printed.
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
            let text = format!("{left_out} lines were left out, since standard error was not read in time");
            let _ = writeln!(stderr, "{}", shown(format, &text));
        }
        // There is no other place to report that standard error is closed.
        let _ = writeln!(stderr, "{line}");
    }
}
