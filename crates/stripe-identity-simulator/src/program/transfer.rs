//! What concerns the whole state.

use std::fs::{self, File};
use std::io::{self, Read as _, Write};
use std::path::Path;
use std::process::ExitCode;

use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt as _;

use super::arguments::{ExportArguments, ImportArguments, ResetArguments};
use super::client::Client;
use super::failure::Failure;
use super::serve;

pub(super) fn reset(arguments: &ResetArguments) -> Result<ExitCode, Failure> {
    serve::runtime()?.block_on(async {
        let client = Client::new(&arguments.at);
        let client = if arguments.all { client } else { client.with_key(&arguments.key)? };
        client.post("/_simulator/reset", &[]).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Writes what the simulator holds. A file that is there already keeps its contents until all has come.
pub(super) fn export(arguments: &ExportArguments) -> Result<ExitCode, Failure> {
    serve::runtime()?.block_on(async {
        let client = Client::new(&arguments.at);
        let Some(path) = arguments.file.as_deref().filter(|path| *path != Path::new("-")) else {
            write_export(&client, &mut io::stdout().lock(), "standard output").await?;
            return Ok(ExitCode::SUCCESS);
        };
        let shown = path.display().to_string();
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.new", std::process::id()));
        let new = path.with_file_name(name);
        let mut file = File::create(&new).map_err(|error| cannot_write(&shown, &error))?;
        let written = write_export(&client, &mut file, &shown).await;
        let written = written.and_then(|()| fs::rename(&new, path).map_err(|error| cannot_write(&shown, &error)));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written.map(|()| ExitCode::SUCCESS)
    })
}

async fn write_export(client: &Client<'_>, output: &mut impl Write, shown: &str) -> Result<(), Failure> {
    let response = client.send(Method::GET, "/_simulator/export", "text/plain", Bytes::new()).await?;
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::new(format!("the export broke off: {error}: try again")))?;
        output.write_all(frame.data_ref().map_or(&[][..], |data| data)).map_err(|error| cannot_write(shown, &error))?;
    }
    output.flush().map_err(|error| cannot_write(shown, &error))
}

fn cannot_write(shown: &str, error: &io::Error) -> Failure {
    Failure::new(format!(
        "cannot write {shown}: {error}: pass a file in a folder that you can write to, with room for it"
    ))
}

pub(super) fn import(arguments: &ImportArguments) -> Result<ExitCode, Failure> {
    let shown = arguments.file.display();
    let read = if arguments.file == Path::new("-") {
        let mut lines = Vec::new();
        io::stdin().lock().read_to_end(&mut lines).map(|_| lines)
    } else {
        fs::read(&arguments.file)
    };
    let lines = read.map_err(|error| {
        Failure::new(format!("cannot read {shown}: {error}: pass a file that `export` has written"))
    })?;
    serve::runtime()?.block_on(async {
        let client = Client::new(&arguments.at);
        client.send(Method::POST, "/_simulator/import", "application/jsonl", lines.into()).await?;
        Ok(ExitCode::SUCCESS)
    })
}
