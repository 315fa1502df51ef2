use std::io::{self, IsTerminal as _};
use std::process::{ExitCode, ExitStatus};

use tokio::process::{Child, Command};

use super::arguments::ExecArguments;
use super::failure::Failure;
use super::options::LogFormat;
use super::serve;
use super::signals::{Signal, Signals};
use super::start::{self, Defaults, Running};

const DEFAULTS: Defaults = Defaults { listen: "127.0.0.1:0", log: LogFormat::Off };

/// Runs a command while a server runs, and returns the exit status of the command.
pub(super) fn run(arguments: &ExecArguments) -> Result<ExitCode, Failure> {
    serve::runtime()?.block_on(async {
        let mut signals = serve::signals()?;
        let running = start::start(&arguments.serve, &DEFAULTS).await?;
        let result = match command(arguments, &running).spawn() {
            Ok(child) => follow(child, &mut signals).await,
            Err(error) => Err(cannot_run(arguments, &error)),
        };
        running.end(&mut signals).await;
        result.map(|status| ExitCode::from(code(status)))
    })
}

fn command(arguments: &ExecArguments, running: &Running) -> Command {
    let (program, rest) =
        arguments.command.split_first().map_or_else(Default::default, |(it, rest)| (it.clone(), rest));
    let mut command = Command::new(program);
    let server = &running.server;
    let url = server.url();
    let (host, port) = url.trim_start_matches("http://").rsplit_once(':').unwrap_or_default();
    command
        .args(rest)
        .env("STRIPE_SECRET_KEY", "sk_test_123")
        .env("STRIPE_RESTRICTED_KEY", "rk_test_123")
        .env("STRIPE_PUBLISHABLE_KEY", "pk_test_123")
        .env("STRIPE_API_BASE", &url)
        .env("STRIPE_API_PROTOCOL", "http")
        // Clients add the brackets of IPv6.
        .env("STRIPE_API_HOST", host.trim_matches(['[', ']']))
        .env("STRIPE_API_PORT", port)
        .env("STRIPE_WEBHOOK_SECRET", &running.webhook_secret)
        .env("STRIPE_SIMULATOR_URL", &url);
    match server.control_token() {
        Some(token) => command.env("STRIPE_SIMULATOR_CONTROL_TOKEN", token),
        None => command.env_remove("STRIPE_SIMULATOR_CONTROL_TOKEN"),
    };
    command
}

/// Waits for the command, and passes on the signals that arrive in the meantime.
async fn follow(mut child: Child, signals: &mut Signals) -> Result<ExitStatus, Failure> {
    loop {
        tokio::select! {
            status = child.wait() => {
                return status.map_err(|error| Failure::new(format!("cannot wait for the command: {error}")));
            }
            signal = signals.next() => pass_on(&child, signal),
        }
    }
}

fn pass_on(child: &Child, signal: Signal) {
    // Ctrl-C at a terminal reaches the command by itself.
    if signal == Signal::Interrupt && io::stdin().is_terminal() {
        return;
    }
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal as Number, kill_process};
        let number = if signal == Signal::Interrupt { Number::INT } else { Number::TERM };
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        // The command may have ended just now.
        let _ = pid.map(|pid| kill_process(pid, number));
    }
    #[cfg(not(unix))]
    let _ = child;
}

fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None::<i32>;
    let code = status.code().or(signal.map(|number| 128 + number)).unwrap_or(1);
    // A status beyond a byte means different things on different systems, but never success.
    u8::try_from(code).unwrap_or(1)
}

fn cannot_run(arguments: &ExecArguments, error: &io::Error) -> Failure {
    let name = arguments.command.first().map(|name| name.to_string_lossy()).unwrap_or_default();
    let (message, status) = match error.kind() {
        io::ErrorKind::NotFound => (
            format!("there is no command {name}: expected a program in PATH, or the path of one, after `exec --`"),
            127,
        ),
        _ => (format!("cannot run {name}: {error}: expected a program, after `exec --`"), 126),
    };
    Failure { message, status }
}
