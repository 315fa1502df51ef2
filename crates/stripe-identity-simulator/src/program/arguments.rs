//! The command line.
#![expect(clippy::doc_markdown, reason = "texts of help are plain")]

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

use super::help;
use super::options::{self, Options};
use super::url::{self, Url};

/// The parsed command line.
#[derive(Debug, Parser)]
#[command(
    name = "stripe-identity-simulator",
    version,
    about = help::ABOUT,
    long_about = help::flow(help::BEGINNING),
    after_help = help::SHORT,
    after_long_help = help::flow(help::LONG),
    args_conflicts_with_subcommands = true,
    args_override_self = true,
    max_term_width = 120
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) serve: Options,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve until SIGTERM or Ctrl-C; the default without a command
    Serve(Options),
    /// Serve while a command runs, such as tests; the command finds the address in its variables
    #[command(after_long_help = help::flow(help::EXEC))]
    Exec(ExecArguments),
    /// Create a session, and take it through its states until an event happens
    #[command(after_long_help = help::flow(help::TRIGGER))]
    Trigger(TriggerArguments),
    /// Submit in place of the user of a session, with an outcome
    #[command(after_long_help = help::flow(help::SUBMIT))]
    Submit(SubmitArguments),
    /// Move the clock of a world forward; everything that is due by then happens
    #[command(after_long_help = help::flow(help::ADVANCE))]
    Advance(AdvanceArguments),
    /// Reset a world to its initial state, with its part of --seed-file
    Reset(ResetArguments),
    /// Write all worlds as JSON Lines, for `import` and --seed-file
    Export(ExportArguments),
    /// Replace the worlds that an export names with those of the export
    Import(ImportArguments),
}

#[derive(Args, Debug)]
pub(super) struct ExecArguments {
    #[command(flatten)]
    pub(super) serve: Options,
    /// The command with its arguments
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub(super) command: Vec<OsString>,
}

/// The address of a simulator.
#[derive(Args, Debug)]
pub(super) struct At {
    /// The URL of the running simulator
    #[arg(
        long,
        value_name = "URL",
        env = "STRIPE_SIMULATOR_URL",
        default_value = "http://127.0.0.1:12111",
        hide_env_values = true,
        value_parser = url::parse
    )]
    pub(super) url: Url,
    /// The control token, if the simulator has printed one in its ready line
    #[arg(long, value_name = "TOKEN", env = "STRIPE_SIMULATOR_CONTROL_TOKEN", hide_env_values = true)]
    pub(super) control_token: Option<String>,
}

/// The key of a world.
#[derive(Args, Debug)]
pub(super) struct Key {
    /// The test key of the program under test, sk_test_NAME, which names the world; NAME ends at the first `_`
    #[arg(long, value_name = "KEY", env = "STRIPE_SECRET_KEY", default_value = "sk_test_123", hide_env_values = true)]
    pub(super) key: String,
}

/// The types of events of a session, without the prefix `identity.verification_session.`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Event {
    #[value(alias = "identity.verification_session.created")]
    Created,
    #[value(alias = "identity.verification_session.processing")]
    Processing,
    #[value(alias = "identity.verification_session.verified")]
    Verified,
    #[value(aliases = ["requires_input", "identity.verification_session.requires_input"])]
    RequiresInput,
    #[value(alias = "identity.verification_session.canceled")]
    Canceled,
    #[value(alias = "identity.verification_session.redacted")]
    Redacted,
}

#[derive(Args, Debug)]
pub(super) struct TriggerArguments {
    /// The event, with or without the prefix `identity.verification_session.`
    pub(super) event: Event,
    /// The code of the failure, only with requires-input; defaults to document_expired
    #[arg(long, value_name = "CODE")]
    pub(super) code: Option<String>,
    /// First add a webhook endpoint for this URL, in place of one with the same URL, and wait for the response of the
    /// receiver
    #[arg(long, value_name = "URL", value_parser = options::webhook)]
    pub(super) webhook: Option<String>,
    /// Send thin events to the URL of --webhook, instead of snapshots
    #[arg(long, requires = "webhook")]
    pub(super) thin: bool,
    /// The secret that signs the webhooks to that URL; by default, a secret is generated and printed
    #[arg(
        long,
        value_name = "SECRET",
        env = "STRIPE_WEBHOOK_SECRET",
        hide_env_values = true,
        value_parser = options::webhook_secret
    )]
    pub(super) webhook_secret: Option<String>,
    #[command(flatten)]
    pub(super) at: At,
    #[command(flatten)]
    pub(super) key: Key,
}

#[derive(Args, Debug)]
pub(super) struct SubmitArguments {
    /// The id of the session
    pub(super) session: String,
    /// `verified`, or the code of a failure, such as document_expired
    #[arg(default_value = "verified")]
    pub(super) outcome: String,
    /// Details of the user and of the document, such as dob=2012-05-01, document.type=passport and after=30s
    #[arg(value_name = "NAME=VALUE", value_parser = detail)]
    pub(super) details: Vec<(String, String)>,
    #[command(flatten)]
    pub(super) at: At,
}

#[derive(Args, Debug)]
pub(super) struct AdvanceArguments {
    #[command(flatten)]
    pub(super) how_far: HowFar,
    #[command(flatten)]
    pub(super) at: At,
    #[command(flatten)]
    pub(super) key: Key,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(super) struct HowFar {
    /// The time to move forward by, such as 30s, 5m, 24h or 4d
    #[arg(value_parser = seconds)]
    pub(super) duration: Option<u64>,
    /// Move to the time of the next action of any kind
    #[arg(long)]
    pub(super) next: bool,
    /// Move forward until no try, check or redaction is due, and each webhook has been delivered or given up
    ///
    /// If a receiver does not respond, the retries of its webhooks are due, too: three hours of the clock.
    #[arg(long)]
    pub(super) until_idle: bool,
}

#[derive(Args, Debug)]
pub(super) struct ResetArguments {
    /// Reset all worlds, instead of the world of the key
    #[arg(long)]
    pub(super) all: bool,
    #[command(flatten)]
    pub(super) at: At,
    #[command(flatten)]
    pub(super) key: Key,
}

#[derive(Args, Debug)]
pub(super) struct ExportArguments {
    /// The file to write; defaults to standard output
    pub(super) file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) at: At,
}

#[derive(Args, Debug)]
pub(super) struct ImportArguments {
    /// The file to read; - is standard input
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) at: At,
}

/// Parses the command line and the variables.
pub(super) fn parse() -> Result<Arguments, clap::Error> {
    let command = Arguments::command().mut_args(hide_value).mut_subcommands(|command| command.mut_args(hide_value));
    let matches = command.try_get_matches().map_err(name_variable)?;
    Arguments::from_arg_matches(&matches)
}

/// Hides the values of variables in help, since they may be secrets.
fn hide_value(argument: clap::Arg) -> clap::Arg {
    argument.hide_env_values(true)
}

/// Adds the variable that a bad value comes from to its error.
fn name_variable(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return error };
    let name = flag.trim_start_matches('-').split(' ').next().unwrap_or_default().to_owned();
    let (word, with_value) = (format!("--{name}"), format!("--{name}="));
    let words: Vec<_> = std::env::args_os().skip(1).map(|it| it.to_string_lossy().into_owned()).collect();
    if words.iter().any(|it| *it == word || it.starts_with(&with_value)) {
        return error;
    }
    let root = Arguments::command();
    let command = words.iter().find_map(|word| root.find_subcommand(word)).unwrap_or(&root);
    let of_flag = command.get_arguments().find(|it| it.get_long() == Some(name.as_str())).and_then(clap::Arg::get_env);
    if let Some(variable) = of_flag.filter(|variable| std::env::var_os(variable).is_some()) {
        let tip = format!("the value comes from the variable {}", variable.to_string_lossy());
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// Parses a detail, and turns the short form of metadata, `dob=`, into that of a request, `person[dob]=`.
fn detail(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE, such as dob=2012-05-01")?;
    let name = match name.split_once('.') {
        _ if name.contains('[') || matches!(name, "after" | "outcome") => name.to_owned(),
        Some((object, name)) => format!("{object}[{name}]"),
        None => format!("person[{name}]"),
    };
    Ok((name, value.to_owned()))
}

/// Parses a whole number of seconds, minutes, hours or days, in seconds.
fn seconds(text: &str) -> Result<u64, String> {
    let parsed = || {
        let unit = match text.as_bytes().last()? {
            b's' => 1,
            b'm' => 60,
            b'h' => 60 * 60,
            b'd' => 24 * 60 * 60,
            _ => return None,
        };
        text.get(..text.len() - 1)?.parse::<u64>().ok()?.checked_mul(unit)
    };
    parsed().ok_or_else(|| "expected a time such as 30s, 5m, 24h or 4d".to_owned())
}
