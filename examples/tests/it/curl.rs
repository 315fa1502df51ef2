//! As much of curl as the README needs, so that it is checked where curl is not installed too.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// The words of a line, as a shell would read it: quotes and a comment.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut quote, mut begun) = (None, false);
    for letter in line.chars() {
        match (letter, quote) {
            (letter, Some(mark)) if letter == mark => quote = None,
            ('"' | '\'', None) => quote = Some(letter),
            ('#', None) if !begun => break,
            (' ', None) => {
                if begun {
                    words.push(String::new());
                }
                begun = false;
                continue;
            }
            (letter, _) => words.last_mut().unwrap().push(letter),
        }
        begun = true;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Does what a line says, and gives the status and the JSON that came back.
pub(crate) fn run(line: &str) -> (u16, Value) {
    let mut words = words(line).into_iter();
    assert_eq!(words.next().as_deref(), Some("curl"), "{line}");
    let (mut url, mut user, mut method, mut data) = (None, None, None, Vec::new());
    while let Some(word) = words.next() {
        let mut value = || words.next().expect(line);
        match word.as_str() {
            "-u" => user = Some(value()),
            "-d" => data.push(value()),
            "-X" => method = Some(value()),
            option if option.starts_with('-') => panic!("{option} is not known here: {line}"),
            _ => assert!(url.replace(word).is_none(), "two URLs: {line}"),
        }
    }
    let url = url.expect(line);
    let (authority, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let method = method.unwrap_or_else(|| if data.is_empty() { "GET" } else { "POST" }.to_owned());
    let body = data.join("&");
    let mut head = format!("{method} /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nAccept: */*\r\n");
    if let Some(user) = user {
        // Stripe takes a key in either scheme, and curl would make the other of it.
        head.extend(["Authorization: Bearer ", user.strip_suffix(':').expect(line), "\r\n"]);
    }
    if !data.is_empty() {
        let length = body.len().to_string();
        head.extend(["Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ", &length, "\r\n"]);
    }
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap())
}

#[test]
fn line_is_read_as_a_shell_would() {
    let line = "curl -u k: S/x -d 'metadata[case]=7' \"S?a=1&b=#2\"   # a 'comment'";
    assert_eq!(words(line), ["curl", "-u", "k:", "S/x", "-d", "metadata[case]=7", "S?a=1&b=#2"]);
}
