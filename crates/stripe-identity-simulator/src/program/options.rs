//! The options of the server. Each has a variable, too.
#![expect(clippy::doc_markdown, reason = "texts of help are plain")]

use std::net::ToSocketAddrs as _;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use stripe_identity_simulator::{Clock, Processing, RateLimit, Redacting, SensitiveReads, Simulator, WebhookEndpoint};

/// The format of the log on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// One readable line for each request
    Text,
    /// One JSON object for each request
    Json,
    /// No requests and no webhooks; only notes about the start, such as a generated secret
    Off,
}

/// What a change survives after its response has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DurabilityChoice {
    /// The process is killed at any moment
    Normal,
    /// Also: the power fails; each change waits for the disk
    Full,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Options {
    /// The address to listen on, HOST:PORT; port 0 picks a free port
    ///
    /// Defaults to 127.0.0.1:12111, and for `exec` to 127.0.0.1:0. On 0.0.0.0, other machines and containers can reach
    /// the simulator: see --allow-host and --control-token. A client on this machine then uses 127.0.0.1, as the ready
    /// line shows.
    #[arg(long, value_name = "ADDRESS", env = "STRIPE_SIMULATOR_LISTEN", value_parser = address)]
    pub(super) listen: Option<String>,

    /// The base of the URLs of sessions, files and links
    ///
    /// Defaults to the host that each client sends its request to.
    #[arg(long, value_name = "URL", env = "STRIPE_SIMULATOR_PUBLIC_URL", value_parser = public_url)]
    pub(super) public_url: Option<String>,

    /// Deliver the events of every world to this URL, as snapshots; may be repeated
    ///
    /// Webhooks may then go to its host, as with --webhook-host. The events include
    /// `identity.verification_session.redacted`, which at Stripe goes only to endpoints that name it.
    #[arg(long, value_name = "URL", env = "STRIPE_SIMULATOR_WEBHOOK", value_delimiter = ',', value_parser = webhook)]
    pub(super) webhook: Vec<String>,

    /// Deliver the events of every world to this URL, as thin events; may be repeated
    #[arg(
        long,
        value_name = "URL",
        env = "STRIPE_SIMULATOR_THIN_WEBHOOK",
        value_delimiter = ',',
        value_parser = webhook
    )]
    pub(super) thin_webhook: Vec<String>,

    /// The secret that signs the webhooks to the URLs of --webhook and --thin-webhook
    ///
    /// By default, a secret is generated. It is printed on standard error, and is in the ready file. The command of
    /// `exec` gets it as STRIPE_WEBHOOK_SECRET.
    #[arg(long, value_name = "SECRET", env = "STRIPE_SIMULATOR_WEBHOOK_SECRET", value_parser = webhook_secret)]
    pub(super) webhook_secret: Option<String>,

    /// Let webhooks go to this host, in addition to this machine; may be repeated
    #[arg(long, value_name = "HOST", env = "STRIPE_SIMULATOR_WEBHOOK_HOST", value_delimiter = ',', value_parser = host)]
    pub(super) webhook_host: Vec<String>,

    /// Trust this root certificate (PEM or DER) for webhooks over https, in addition to those of webpki; may be
    /// repeated
    #[arg(long, value_name = "FILE", env = "STRIPE_SIMULATOR_WEBHOOK_ROOT", value_delimiter = ',')]
    pub(super) webhook_root: Vec<PathBuf>,

    /// Sign webhooks at the time of the clock of their world, instead of the real time
    #[arg(long, env = "STRIPE_SIMULATOR_VIRTUAL_SIGNATURES", value_parser = boolean)]
    pub(super) virtual_signatures: bool,

    /// Keep the state in this file, which is created if it does not exist
    ///
    /// By default, the state ends with the simulator. A file that exists keeps its seed, clocks and webhook endpoints.
    /// Two processes cannot use one file. The journal of requests is not in the file.
    #[arg(long, value_name = "FILE", env = "STRIPE_SIMULATOR_STATE")]
    pub(super) state: Option<PathBuf>,

    /// What a change survives after its response has left: normal or full
    ///
    /// Defaults to normal: nothing is lost if the process is killed, but the last changes may be lost if the power
    /// fails.
    #[arg(long, value_name = "HOW", env = "STRIPE_SIMULATOR_DURABILITY")]
    pub(super) durability: Option<DurabilityChoice>,

    /// Start with the worlds of this file, as lines that `export` has written
    ///
    /// `reset` restores them. If the state file already holds worlds, they are not used.
    #[arg(long, value_name = "FILE", env = "STRIPE_SIMULATOR_SEED_FILE")]
    pub(super) seed_file: Option<PathBuf>,

    /// A number that ids and secrets are derived from: the same seed gives the same ids
    ///
    /// Defaults to a random number.
    #[arg(long, value_name = "NUMBER", env = "STRIPE_SIMULATOR_SEED", value_parser = seed, allow_negative_numbers = true)]
    pub(super) seed: Option<u64>,

    /// The clock of each world: real, frozen, or frozen:2026-10-26T07:33:20Z
    ///
    /// Defaults to real. `advance` moves each of these clocks forward.
    #[arg(long, value_name = "CLOCK", env = "STRIPE_SIMULATOR_CLOCK", value_parser = setting::<Clock>)]
    pub(super) clock: Option<Clock>,

    /// When checks end: at_once, retrieves:3 (after three retrievals of the session), or a time such as 30s
    ///
    /// Defaults to at_once.
    #[arg(long, value_name = "WHEN", env = "STRIPE_SIMULATOR_PROCESSING", value_parser = setting::<Processing>)]
    pub(super) processing: Option<Processing>,

    /// When redactions end: by_request, or a time such as 4d
    ///
    /// Defaults to 4d.
    #[arg(long, value_name = "WHEN", env = "STRIPE_SIMULATOR_REDACTING", value_parser = setting::<Redacting>)]
    pub(super) redacting: Option<Redacting>,

    /// The sensitive data that restricted keys may read: all, recent or none
    ///
    /// Defaults to all. `recent` is the data that was collected in the last 48 hours.
    #[arg(
        long,
        value_name = "WHICH",
        env = "STRIPE_SIMULATOR_SENSITIVE_READS",
        value_parser = setting::<SensitiveReads>
    )]
    pub(super) sensitive_reads: Option<SensitiveReads>,

    /// The number of requests that a world accepts in a second of its clock, or none for no limit
    ///
    /// Defaults to none.
    #[arg(long, value_name = "NUMBER", env = "STRIPE_SIMULATOR_RATE", value_parser = setting::<RateLimit>)]
    pub(super) rate: Option<RateLimit>,

    /// Accept requests to the control API under this host name, such as simulator; may be repeated
    ///
    /// Requests to a loopback address, to the address of --listen and to the host of --public-url are always accepted.
    #[arg(long, value_name = "NAME", env = "STRIPE_SIMULATOR_ALLOW_HOST", value_delimiter = ',', value_parser = host)]
    pub(super) allow_host: Vec<String>,

    /// The token that requests to the control API, including metrics, must have in the header Simulator-Token
    ///
    /// By default, a loopback address needs no token. On other addresses, a token is generated and printed in the ready
    /// line.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "STRIPE_SIMULATOR_CONTROL_TOKEN",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(super) control_token: Option<String>,

    /// Write this file when the server is ready, and remove it at the end
    ///
    /// The file is JSON with `url`, `pid`, `control_token` and `webhook_secret`. It appears in one step, and only its
    /// owner can read it.
    #[arg(long, value_name = "FILE", env = "STRIPE_SIMULATOR_READY_FILE")]
    pub(super) ready_file: Option<PathBuf>,

    /// The format in which requests and failed webhooks are logged on standard error: text, json or off
    ///
    /// Defaults to text, and for `exec` to off. No line of a request has a key, a secret or personal data. Notes about
    /// the start are always printed.
    #[arg(long, value_name = "FORMAT", env = "STRIPE_SIMULATOR_LOG")]
    pub(super) log: Option<LogFormat>,
}

fn address(text: &str) -> Result<String, String> {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
    match port {
        // Without brackets, the last colon may belong to an address of IPv6.
        Some(Ok(_)) if !is_bare_ipv6(text) => Ok(text.to_owned()),
        _ => Err("expected HOST:PORT, such as 127.0.0.1:12111, or 127.0.0.1:0 for a free port".to_owned()),
    }
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("expected a whole number from 0 to {}, such as 7", u64::MAX))
}

fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("expected true or false".to_owned()),
    }
}

fn host(text: &str) -> Result<String, String> {
    let is_ipv6 = text.trim_matches(['[', ']']).parse::<std::net::Ipv6Addr>().is_ok();
    let is_name = !text.is_empty() && !text.contains([':', '/', '@', '?', '#', ' ']);
    let expected = "expected a host without scheme and port, such as app";
    if is_ipv6 || is_name { Ok(text.to_owned()) } else { Err(expected.to_owned()) }
}

fn is_bare_ipv6(text: &str) -> bool {
    text.parse::<std::net::Ipv6Addr>().is_ok()
        || (text, 0).to_socket_addrs().is_ok_and(|_| text.matches(':').count() > 1)
}

fn public_url(text: &str) -> Result<String, String> {
    let valid = Simulator::builder().public_url(text);
    valid.map(|_| text.to_owned()).map_err(|_| "expected http://HOST[:PORT][/PATH] or https://…".to_owned())
}

pub(super) fn webhook(text: &str) -> Result<String, String> {
    let valid = WebhookEndpoint::new(text, "whsec_made_up");
    let expected = "expected the URL of a receiver, such as http://127.0.0.1:4242/webhook";
    valid.map(|_| text.to_owned()).map_err(|_| expected.to_owned())
}

pub(super) fn webhook_secret(text: &str) -> Result<String, String> {
    let valid = WebhookEndpoint::new("http://127.0.0.1", text);
    valid.map(|_| text.to_owned()).map_err(|_| "expected a secret such as whsec_made_up".to_owned())
}

/// Parses a setting. The error says what is expected.
fn setting<T: FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string().replace("invalid value: ", ""))
}
