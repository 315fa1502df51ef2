//! The commands for whole worlds: `reset`, `export` and `import`.

use std::fs;
use std::io::{self, Read as _, Write};
use std::path::Path;
use std::process::ExitCode;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::arguments::{ExportArguments, ImportArguments, ResetArguments};
use super::client::Client;
use super::failure::Failure;
use super::output;
use super::private_file::PrivateFile;
use super::serve;

/// The beginning of the line of a world.
const WORLD: &[u8] = br#"{"kind":"world","#;

pub(super) fn reset(arguments: &ResetArguments) -> Result<ExitCode, Failure> {
    serve::runtime()?.block_on(async {
        let client = Client::new(&arguments.at);
        let client = if arguments.all { client } else { client.with_key(&arguments.key)? };
        client.post("/_simulator/reset", &[]).await?;
        output::print(if arguments.all { "all worlds are reset" } else { "the world of the key is reset" })?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Writes all worlds. A file that exists keeps its contents until the export is complete.
pub(super) fn export(arguments: &ExportArguments) -> Result<ExitCode, Failure> {
    serve::runtime()?.block_on(async {
        let client = Client::new(&arguments.at);
        let response = client.send(Method::GET, "/_simulator/export", "text/plain", Bytes::new()).await?;
        // Checked before anything is written.
        if response.headers().get(CONTENT_TYPE).is_none_or(|it| it != "application/x-ndjson") {
            return Err(client.no_simulator());
        }
        let Some(path) = arguments.file.as_deref().filter(|path| *path != Path::new("-")) else {
            let count = write_export(response, &mut io::stdout().lock(), "standard output").await?;
            count.print("standard output");
            return Ok(ExitCode::SUCCESS);
        };
        let shown = path.display().to_string();
        let mut new = PrivateFile::create(path).map_err(|error| cannot_write(&shown, &error))?;
        let count = write_export(response, &mut new.file, &shown).await?;
        new.keep(path).map_err(|error| cannot_write(&shown, &error))?;
        count.print(&shown);
        Ok(ExitCode::SUCCESS)
    })
}

async fn write_export(response: Response<Incoming>, output: &mut impl Write, shown: &str) -> Result<Count, Failure> {
    let mut body = response.into_body();
    let mut count = Count::default();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::new(format!("the export is incomplete: {error}: try again")))?;
        let data = frame.data_ref().map_or(&[][..], |data| data);
        count.add(data);
        output.write_all(data).map_err(|error| cannot_write(shown, &error))?;
    }
    output.flush().map_err(|error| cannot_write(shown, &error))?;
    Ok(count)
}

/// The number of lines and worlds that have been written.
#[derive(Default)]
struct Count {
    lines: usize,
    worlds: usize,
    /// The beginning of the current line.
    start: Vec<u8>,
}

impl Count {
    fn add(&mut self, data: &[u8]) {
        for part in data.split_inclusive(|byte| *byte == b'\n') {
            let room = WORLD.len().saturating_sub(self.start.len());
            self.start.extend(part.iter().take(room));
            if part.ends_with(b"\n") {
                self.lines += 1;
                self.worlds += usize::from(self.start == WORLD);
                self.start.clear();
            }
        }
    }

    /// Prints the numbers on standard error, where they do not mix with the lines.
    fn print(&self, shown: &str) {
        // The first line names the format.
        let records = self.lines.saturating_sub(1 + self.worlds);
        output::remark(format_args!("wrote {} to {shown}", counted(self.worlds, records)));
    }
}

fn counted(worlds: usize, records: usize) -> String {
    let end = |count: usize| if count == 1 { "" } else { "s" };
    format!("{worlds} world{}, {records} record{}", end(worlds), end(records))
}

fn cannot_write(shown: &str, error: &io::Error) -> Failure {
    Failure::new(format!("cannot write {shown}: {error}: pass a file in a writable folder with enough space"))
}

pub(super) fn import(arguments: &ImportArguments) -> Result<ExitCode, Failure> {
    let is_stdin = arguments.file == Path::new("-");
    let shown = if is_stdin { "standard input".to_owned() } else { arguments.file.display().to_string() };
    let read = if is_stdin {
        let mut lines = Vec::new();
        io::stdin().lock().read_to_end(&mut lines).map(|_| lines)
    } else {
        fs::read(&arguments.file)
    };
    let lines = read.map_err(|error| {
        Failure::usage(format!("cannot read {shown}: {error}: pass a file that `export` has written"))
    })?;
    serve::runtime()?.block_on(async {
        let client = Client::new(&arguments.at);
        let imported = client.post_lines("/_simulator/import", lines.into()).await.map_err(|failure| {
            // Only errors of lines begin with their number; the other errors already say what to do.
            let Some(line) = failure.message.strip_prefix("line ") else { return failure };
            let line = line.trim_end_matches('.');
            Failure::new(format!("cannot import {shown}: line {line}: pass a file that `export` has written"))
        })?;
        let count = |name: &str| imported[name].as_u64().and_then(|count| usize::try_from(count).ok());
        let (Some(worlds), Some(records)) = (count("worlds"), count("records")) else {
            return Err(client.no_simulator());
        };
        output::print(format_args!("imported {} from {shown}", counted(worlds, records)))?;
        Ok(ExitCode::SUCCESS)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_of_lines_does_not_depend_on_the_frames() {
        let lines = b"{\"format\":1}\n{\"kind\":\"world\",\"value\":{}}\n{\"kind\":\"event\"}\n{\"kind\":\"worlds\"}\n";
        for size in [1, 7, 100] {
            let mut count = Count::default();
            lines.chunks(size).for_each(|part| count.add(part));
            assert_eq!((count.worlds, count.lines), (1, 4), "{size}");
        }
        assert_eq!((counted(2, 1), counted(1, 0)), ("2 worlds, 1 record".into(), "1 world, 0 records".into()));
    }
}
