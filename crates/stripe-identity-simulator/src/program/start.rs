//! Starts a server from options, and ends it.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::time::Duration;

use stripe_identity_simulator::{
    Clock, Durability, Server, ServerOptions, Settings, Simulator, SimulatorBuilder, StateError, StateFile,
    WebhookEndpoint,
};

use super::failure::Failure;
use super::log::Log;
use super::options::{DurabilityChoice, LogFormat, Options};
use super::port;
use super::ready_file::ReadyFile;
use super::signals::Signals;

/// The time for requests and deliveries in progress to end.
const GRACE: Duration = Duration::from_millis(400);

/// The defaults that differ between the commands that start a server.
pub(super) struct Defaults {
    pub(super) listen: &'static str,
    pub(super) log: LogFormat,
}

/// A running server, with its log and its ready file.
pub(super) struct Running {
    pub(super) server: Server,
    pub(super) log: Log,
    pub(super) webhook_secret: String,
    ready_file: Option<ReadyFile>,
}

impl Running {
    /// Stops the server after the requests and deliveries in progress. A second signal ends the process at once.
    pub(super) async fn end(self, signals: &mut Signals) {
        let Self { server, log, ready_file, .. } = self;
        // First, since the server is no longer ready.
        drop(ready_file);
        let stopped = tokio::task::spawn_blocking(move || {
            server.stop(GRACE);
            log.flush();
        });
        tokio::select! {
            _ = stopped => {}
            again = signals.next() => std::process::exit(again.status()),
        }
    }
}

pub(super) async fn start(options: &Options, defaults: &Defaults) -> Result<Running, Failure> {
    if options.state.is_some() && has_webhooks(options) && options.webhook_secret.is_none() {
        // The endpoints of the worlds in the file keep their secret.
        let message = "--state with --webhook or --thin-webhook needs --webhook-secret: expected a secret that is the \
                       same at each start";
        return Err(Failure::usage(message));
    }
    if options.durability.is_some() && options.state.is_none() {
        let message = "--durability, or the variable STRIPE_SIMULATOR_DURABILITY, needs a state file: --state FILE";
        return Err(Failure::usage(message));
    }
    let log = Log::start(options.log.unwrap_or(defaults.log));
    let webhook_secret = match &options.webhook_secret {
        Some(secret) => secret.clone(),
        None => make_secret()
            .map_err(|error| Failure::new(format!("cannot generate a secret: {error}: pass --webhook-secret")))?,
    };
    let (notes, requests) = (log.clone(), log.clone());
    let builder = builder(options)?.on_note(move |note| notes.note(note));
    // Before the simulator creates the file.
    let has_state = options.state.as_ref().is_some_and(|path| fs::metadata(path).is_ok_and(|it| it.len() > 0));
    let simulator = open(builder.on_request(move |entry| requests.request(entry)), options)?;
    let unused = [("--clock", options.clock.is_some()), ("--seed", options.seed.is_some())];
    for (flag, _) in unused.iter().filter(|(_, is_given)| has_state && *is_given) {
        log.say(&format!("{flag} is not used: the state file has its own"));
    }
    add_webhooks(&simulator, options, &webhook_secret)?;
    let listen = options.listen.as_deref().unwrap_or(defaults.listen);
    let server = match Server::start_with(listen, simulator, server_options(options)) {
        Ok(server) => server,
        Err(error) => return Err(port::failure(listen, &error).await),
    };
    if !server.address().ip().is_loopback() {
        log.say("other machines can reach the simulator, and make requests with any test key");
    }
    let ready_file = options.ready_file.as_ref().map(|path| {
        let secret = has_webhooks(options).then_some(webhook_secret.as_str());
        ReadyFile::write(path, &server, secret).map_err(|error| {
            let path = path.display();
            Failure::usage(format!(
                "cannot write the ready file {path}: {error}: pass a file in a folder that you can write to"
            ))
        })
    });
    Ok(Running { ready_file: ready_file.transpose()?, server, log, webhook_secret })
}

pub(super) fn has_webhooks(options: &Options) -> bool {
    !options.webhook.is_empty() || !options.thin_webhook.is_empty()
}

fn builder(options: &Options) -> Result<SimulatorBuilder, Failure> {
    let wrong = |flag: &str, error: &dyn std::fmt::Display| Failure::usage(format!("{flag}: {error}"));
    let of_default = Settings::default();
    let mut settings = Settings::default();
    settings.processing = options.processing.unwrap_or(of_default.processing);
    settings.redacting = options.redacting.unwrap_or(of_default.redacting);
    settings.sensitive_reads = options.sensitive_reads.unwrap_or(of_default.sensitive_reads);
    settings.rate_limit = options.rate.unwrap_or(of_default.rate_limit);
    let mut builder = Simulator::builder()
        .seed(options.seed.unwrap_or_else(|| fastrand::u64(..)))
        .clock(options.clock.unwrap_or(Clock::Real))
        .settings(settings);
    if options.virtual_signatures {
        builder = builder.virtual_signatures(true);
    }
    if let Some(url) = &options.public_url {
        builder = builder.public_url(url).map_err(|error| wrong("--public-url", &error))?;
    }
    let receivers = options.webhook.iter().chain(&options.thin_webhook).filter_map(|url| {
        let host = url.parse::<http::Uri>().ok()?.host()?.to_owned();
        Some(host.trim_matches(['[', ']']).to_owned())
    });
    for host in options.webhook_host.iter().cloned().chain(receivers) {
        builder = builder.webhook_host(host);
    }
    for path in &options.webhook_root {
        let certificate = fs::read(path).map_err(|error| {
            Failure::usage(format!("cannot read {}: {error}: --webhook-root takes a certificate file", path.display()))
        })?;
        builder = builder
            .webhook_root(&certificate)
            .map_err(|error| Failure::usage(format!("--webhook-root {}: {error}", path.display())))?;
    }
    Ok(builder)
}

/// Creates the simulator, with the state of its file or with its initial state.
fn open(mut builder: SimulatorBuilder, options: &Options) -> Result<Simulator, Failure> {
    if let Some(path) = &options.seed_file {
        let wrong = |error: &dyn std::fmt::Display| {
            let path = path.display();
            Failure::usage(format!("the seed file {path}: {error}: --seed-file takes what `export` has written"))
        };
        let file = File::open(path).map_err(|error| wrong(&error))?;
        builder = builder.initial_lines(BufReader::new(file)).map_err(|error| wrong(&error))?;
    }
    let Some(path) = &options.state else { return Ok(builder.build()) };
    let durability = match options.durability {
        Some(DurabilityChoice::Full) => Durability::Full,
        Some(DurabilityChoice::Normal) | None => Durability::Process,
    };
    let opened = builder.open(StateFile::new(path).durability(durability));
    opened.map_err(|error| match error {
        // The command line is right once the other process has ended.
        StateError::InUse { .. } => Failure::new(error.to_string()),
        error => Failure::usage(error.to_string()),
    })
}

/// Adds the endpoints to all worlds, with every type of event, including redactions.
fn add_webhooks(simulator: &Simulator, options: &Options, secret: &str) -> Result<(), Failure> {
    const REDACTED: &str = "identity.verification_session.redacted";
    let wrong = |flag: &str, error: &dyn std::fmt::Display| Failure::usage(format!("{flag}: {error}"));
    for url in &options.webhook {
        let endpoint = WebhookEndpoint::new(url, secret).map_err(|error| wrong("--webhook", &error))?;
        simulator.add_webhook(endpoint.enabled_events(["*", REDACTED]));
    }
    for url in &options.thin_webhook {
        let endpoint = WebhookEndpoint::new(url, secret).map_err(|error| wrong("--thin-webhook", &error))?;
        simulator.add_webhook(endpoint.thin().enabled_events(["*".to_owned(), format!("v1.{REDACTED}")]));
    }
    Ok(())
}

fn server_options(options: &Options) -> ServerOptions {
    let mut server = ServerOptions::new();
    for host in &options.allow_host {
        server = server.allow_host(host);
    }
    match &options.control_token {
        Some(token) => server.control_token(token),
        None => server,
    }
}

fn make_secret() -> io::Result<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    let hex: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("whsec_{hex}"))
}
