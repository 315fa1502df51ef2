//! The part of curl that the docs need, so that their commands also run where curl is not installed.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Splits a line into words as a shell does, with quotes and a comment.
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

/// Runs a command. Returns the status and the JSON of the response.
pub(crate) fn run(line: &str) -> (u16, Value) {
    let mut words = words(line).into_iter();
    assert_eq!(words.next().as_deref(), Some("curl"), "{line}");
    let (mut url, mut user, mut method, mut data, mut is_get) = (None, None, None, Vec::new(), false);
    while let Some(word) = words.next() {
        let mut value = || words.next().expect(line);
        match word.as_str() {
            "-u" => user = Some(value()),
            "-d" => data.push(value()),
            "-X" => method = Some(value()),
            "-G" => is_get = true,
            "-s" => {}
            option if option.starts_with('-') => panic!("{option} is not known here: {line}"),
            _ => assert!(url.replace(word).is_none(), "two URLs: {line}"),
        }
    }
    let mut url = url.expect(line);
    if is_get {
        url.extend(["?", &std::mem::take(&mut data).join("&")]);
    }
    let (authority, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let method = method.unwrap_or_else(|| if data.is_empty() { "GET" } else { "POST" }.to_owned());
    let body = data.join("&");
    let mut head = format!("{method} /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nAccept: */*\r\n");
    if let Some(user) = user {
        // curl would send the key as `Basic`, which is the same to Stripe.
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
fn line_is_split_into_the_words_of_a_shell() {
    let line = "curl -u k: S/x -d 'metadata[case]=7' \"S?a=1&b=#2\"   # a 'comment'";
    assert_eq!(words(line), ["curl", "-u", "k:", "S/x", "-d", "metadata[case]=7", "S?a=1&b=#2"]);
}
