//! Measures the memory that parsing of large input needs. This is a separate test binary, since it
//! measures the whole process.
#![allow(clippy::unwrap_used)]

use peak_alloc::PeakAlloc;
use stripe_identity_types::{ApiError, Event, Json, escape_invalid_utf8};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const MIB: usize = 1024 * 1024;

/// Returns a body of 16 MiB from its beginning and a text that is repeated.
fn body(begin: &str, go_on: &str) -> Vec<u8> {
    [begin, &go_on.repeat(16 * MIB / go_on.len())].concat().into_bytes()
}

#[test]
fn large_body_needs_little_memory() {
    let begin = r#"{"error":{"type":"api_error","code":"rate_limit","payment_intent":"#;
    for (begin, go_on, is_error) in [
        ("[", "0,", false),
        ("", "[", false),
        ("", " ", false),
        ("{\"error\":", "[", false),
        (r#"{"error":{"payment_intent":["#, "0,", true),
        (&format!("{begin}["), "0,", true),
        (&format!("{begin}{{"), r#""a":{"b":1},"#, true),
        (&format!("{begin}\""), r"\ud800", true),
        (begin, r#"{"a":"#, true),
        (r#"{"error":{"#, r#""payment_intent":{"a":1},"#, true),
    ] {
        let body = body(begin, go_on);
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let error = ApiError::from_slice(&body);
        let peak = MEMORY.peak_usage() - before;
        assert!(peak < 2 * MIB, "{begin}{go_on}: {peak} bytes");
        assert_eq!(error.is_some(), is_error, "{begin}{go_on}");
        if begin.contains("rate_limit") {
            let error = error.unwrap();
            assert_eq!((error.type_.as_str(), error.code.unwrap().as_str()), ("api_error", "rate_limit"));
        }
    }
    // An invalid byte needs more space when it is escaped, so only some of them are kept.
    let mut invalid = begin.as_bytes().to_vec();
    invalid.push(b'"');
    invalid.resize(16 * MIB, 0xFF);
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    assert!(ApiError::from_slice(&invalid).unwrap().code.is_some());
    let peak = MEMORY.peak_usage() - before;
    assert!(peak < 2 * MIB, "{peak} bytes");

    for (begin, go_on, end) in [
        (&b"\""[..], &b"\xff"[..], &b"\""[..]),
        (b"", b"\xff", b""),
        (b"{\"id\":\"evt_1\",\"object\":\"event\",\"data\":{\"object\":\"", b"\xf0\x9f", b"\"}}"),
        (b"[\"", b"a\xff", b"\"]"),
        (b"[", b"\"\xff\",", b"1]"),
        (b"\"", b"\\ud83d\xff", b"\""),
        (b"\"", b"\\\\\xff", b"\""),
    ] {
        let json = [begin, &go_on.repeat(16 * MIB / go_on.len()), end].concat();
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        assert!(serde_json::from_str::<Json>(&escape_invalid_utf8(&json)).is_err());
        assert!(serde_json::from_str::<Event>(&escape_invalid_utf8(&json)).is_err());
        let peak = MEMORY.peak_usage() - before;
        assert!(peak < 2 * MIB, "{}: {peak} bytes", String::from_utf8_lossy(go_on));
    }
    // A text with few of them is only copied.
    let json = [b"\"", &b"a".repeat(16 * MIB)[..], b"\xff\""].concat();
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    assert!(escape_invalid_utf8(&json).len() > 16 * MIB);
    let peak = MEMORY.peak_usage() - before;
    assert!(peak < 17 * MIB, "{peak} bytes");
}
