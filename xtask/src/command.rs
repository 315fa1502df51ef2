use std::process::Command;

/// The folder of the workspace, from which commands run.
pub(crate) const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Why a check failed.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// Cargo, the one that runs this.
pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Shows a command, runs it, and fails if it does.
pub(crate) fn step(mut command: Command) -> Result<(), Failure> {
    println!("$ {}", shown(&command));
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", shown(&command)).into()) }
}

/// Shows a command, runs it, and fails if it succeeds or fails without giving this reason.
pub(crate) fn refusal(mut command: Command, reason: &str) -> Result<(), Failure> {
    println!("$ {} # is refused: {reason}", shown(&command));
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.success() {
        true => Err(format!("{} succeeded and should be refused", shown(&command)).into()),
        false if said.contains(reason) => Ok(()),
        false => Err(format!("{} failed for another reason than {reason:?}:\n{said}", shown(&command)).into()),
    }
}

/// Runs a command that must succeed, and gives what it printed.
pub(crate) fn output(mut command: Command) -> Result<String, Failure> {
    let output = command.output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        let error = String::from_utf8_lossy(&output.stderr);
        Err(format!("{} ended with {}:\n{error}", shown(&command), output.status).into())
    }
}

fn shown(command: &Command) -> String {
    let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
    format!("cargo {}", arguments.join(" "))
}
