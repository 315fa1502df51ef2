use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the workspace, from which commands run.
pub(crate) const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Why a check failed.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// Returns the folder of build artifacts.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| Path::new(WORKSPACE).join("target"), PathBuf::from)
}

/// Returns a command of the cargo that runs this program.
pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Prints a command and runs it. Fails if the command fails.
pub(crate) fn step(mut command: Command) -> Result<(), Failure> {
    println!("$ {}", command_line(&command));
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", command_line(&command)).into()) }
}

/// Prints a command and runs it. Fails unless the command fails and gives this reason.
pub(crate) fn refusal(mut command: Command, reason: &str) -> Result<(), Failure> {
    println!("$ {} # must fail: {reason}", command_line(&command));
    let output = command.output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    match output.status.success() {
        true => Err(format!("{} succeeded, but should fail", command_line(&command)).into()),
        false if stderr.contains(reason) => Ok(()),
        false => Err(format!("{} failed, but not because of {reason:?}:\n{stderr}", command_line(&command)).into()),
    }
}

/// Runs a command and returns what it printed. Fails if the command fails.
pub(crate) fn output(mut command: Command) -> Result<String, Failure> {
    let output = command.output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        let stderr = String::from_utf8_lossy(&output.stderr);
        Err(format!("{} ended with {}:\n{stderr}", command_line(&command), output.status).into())
    }
}

/// Returns the first code block of a language in a text of Markdown.
pub(crate) fn block<'a>(markdown: &'a str, language: &str) -> Option<&'a str> {
    let (_, rest) = markdown.split_once(&format!("```{language}\n"))?;
    rest.split_once("```").map(|(block, _)| block)
}

/// Returns the files in a folder and in the folders inside it.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { files.extend(self::files(&path)?) } else { files.push(path) }
    }
    Ok(files)
}

fn command_line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words: Vec<_> = [program].into_iter().chain(command.get_args()).map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_is_the_first_of_its_language() {
        let markdown = "```sh\nls\n```\n```text\na\nb\n```\n```text\nc\n```\n";
        assert_eq!(block(markdown, "text"), Some("a\nb\n"));
        assert_eq!(block(markdown, "js"), None);
    }
}
