//! Tests the parser of errors with bodies of every kind.

use proptest::prelude::*;
use serde_json::{Value, json};
use stripe_identity_types::{ApiError, ApiErrorType, ErrorCode};

use crate::fixtures::of_kind;

fn read(body: &[u8]) -> ApiError {
    ApiError::from_slice(body).unwrap_or_else(|| panic!("no error in {}", String::from_utf8_lossy(body)))
}

fn is_rate_limit(error: &ApiError) -> bool {
    error.type_ == ApiErrorType::InvalidRequestError && error.code == Some(ErrorCode::RateLimit)
}

/// Returns JSON that does not fit into a `String`, an `f64`, or the stack.
fn junk() -> Vec<Vec<u8>> {
    let deep = [b"[".repeat(5000), b"]".repeat(5000)].concat();
    let texts: [&[u8]; 8] =
        [br#""\ud800""#, br#""\udfff\ud800""#, b"1e400", b"-1e-400", b"\"\xff\"", b"\"\xf0\x9f\"", b"[1e999]", b"null"];
    texts.iter().map(|text| text.to_vec()).chain([deep]).collect()
}

#[test]
fn type_and_code_survive_junk_in_other_fields() {
    for junk in junk() {
        let field = |key: &[u8]| [b"\"", key, b"\":", &junk[..]].concat();
        let known = br#""type":"invalid_request_error","code":"rate_limit""#;
        for key in [&b"message"[..], b"param", b"payment_intent", b"source", b"new", b"\xff", br"\ud800"] {
            let field = field(key);
            for body in [
                [b"{\"error\":{", &field[..], b",", known, b"}}"].concat(),
                [b"{\"error\":{", &known[..], b",", &field[..], b"}}"].concat(),
                [b"{", &field[..], b",\"error\":{", known, b"}}"].concat(),
                [b"{\"error\":{", &known[..], b"},", &field[..], b"}"].concat(),
            ] {
                assert!(is_rate_limit(&read(&body)), "{}", String::from_utf8_lossy(&body));
            }
        }
    }
}

#[test]
fn invalid_text_parses_with_replacement_characters() {
    let read =
        |text: &[u8]| read(&[b"{\"error\":{\"message\":\"", text, b"\"}}"].concat()).message.unwrap().into_inner();
    assert_eq!(read(br"a\ud800b"), "a\u{FFFD}b");
    assert_eq!(read(br"\udc00\ud83d\ude00\ud83d"), "\u{FFFD}\u{1F600}\u{FFFD}");
    assert_eq!(read(b"a\xffb"), "a\u{FFFD}b");
    assert_eq!(read(b"\\ud83d\xff\xff."), "\u{FFFD}\u{FFFD}\u{FFFD}.");
    assert_eq!(read(b"\\\\\xff"), "\\\u{FFFD}");
    assert_eq!(read("d\u{e9}j\u{e0} \u{1F600} \\u00e9".as_bytes()), "d\u{e9}j\u{e0} \u{1F600} \u{e9}");
}

#[test]
fn byte_order_mark_is_skipped() {
    for body in [
        &br#"{"error":{"type":"invalid_request_error","code":"rate_limit"}}"#[..],
        b"{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"rate_limit\",\"message\":\"\xff\"",
    ] {
        assert!(is_rate_limit(&read(&[b"\xef\xbb\xbf", body].concat())));
    }
}

#[test]
fn object_in_an_error_keeps_its_bytes() {
    let source = b"{\"a\":\"\xff \\uDc80\",\"\xf0\x9f\":1e400}";
    let error = read(&[b"{\"error\":{\"code\":\"rate_limit\",\"source\":", &source[..], b"}}"].concat());
    assert_eq!(error.source.as_ref().unwrap().expose().as_bytes(), source);
    let stored: ApiError = serde_json::from_value(serde_json::to_value(&error).unwrap()).unwrap();
    assert_eq!(stored, error);
}

#[test]
fn truncated_body_keeps_the_fields_before_its_end() {
    let known = r#""type":"invalid_request_error","code":"rate_limit""#;
    let whole = format!(r#"{{"error":{{{known},"message":"m","payment_intent":{{"id":"pi_1"}}}}}}"#).into_bytes();
    let begin = whole.windows(7).position(|at| at == b"message").unwrap();
    for end in begin..=whole.len() {
        for tail in [&b""[..], b"<html>", b"\x00", b"\xff"] {
            assert!(is_rate_limit(&read(&[&whole[..end], tail].concat())), "{end}");
        }
    }
    for end in 0..=whole.len() {
        let _ = ApiError::from_slice(&whole[..end]);
    }
    assert!(is_rate_limit(&read(&[&whole[..], b" and more"].concat())));
}

#[test]
fn repeated_key_takes_the_last_value() {
    let error = read(br#"{"error":{"type":"a"},"error":{"code":"b","code":"c","param":"p","param":5}}"#);
    assert!(error.type_.is_absent() && error.param.is_none());
    assert_eq!(error.code.unwrap().as_str(), "c");
    assert_eq!(ApiError::from_slice(br#"{"error":{"type":"a"},"error":null}"#), None);
    for end in ["}", ",", ",\"error_description\":\"", " x"] {
        let error = read(format!(r#"{{"error":{{"type":"a"}},"error":"b"{end}"#).as_bytes());
        assert!(error.type_.is_absent(), "{end}");
        assert_eq!(error.code.unwrap().as_str(), "b", "{end}");
    }
}

#[test]
fn field_of_an_unexpected_type_is_absent() {
    let fields = serde_json::to_value(read(everything().as_bytes())).unwrap();
    for wrong in ["5", "true", "[]", "[\"x\"]", "null", "\"text\"", "{}"] {
        for key in fields.as_object().unwrap().keys() {
            let body = format!(r#"{{"error":{{"{key}":{wrong},"new":1}}}}"#);
            let is_object = fields[key].is_object();
            let fits = if is_object { wrong == "{}" } else { wrong == "\"text\"" };
            let error = serde_json::to_value(read(body.as_bytes())).unwrap();
            assert_eq!(error.get(key).is_some(), fits, "{body}");
        }
    }
}

fn everything() -> String {
    let texts = "advice_code charge code decline_code doc_url message network_advice_code network_decline_code param \
                 payment_method_type request_log_url type user_message";
    let objects = "payment_intent payment_method setup_intent source";
    let texts = texts.split_whitespace().map(|key| format!(r#""{key}":"{key}""#));
    let objects = objects.split_whitespace().map(|key| format!(r#""{key}":{{"id":"{key}"}}"#));
    format!(r#"{{"error":{{{}}}}}"#, texts.chain(objects).collect::<Vec<_>>().join(","))
}

#[test]
fn each_field_parses_from_its_key() {
    let error: Value = serde_json::from_str(&everything()).unwrap();
    assert_eq!(serde_json::to_value(read(everything().as_bytes())).unwrap(), error["error"]);
}

#[test]
fn oauth_error_with_invalid_text_parses() {
    let error = read(br#"{"error_description":"\ud800","error":"inv\ud800"}"#);
    assert_eq!(error.code.unwrap().as_str(), "inv\u{FFFD}");
    assert_eq!(error.message.unwrap().expose(), "\u{FFFD}");
    let error = read(br#"{"error":"invalid_grant","error_description":5,"#);
    assert_eq!((error.code.unwrap().as_str(), error.message), ("invalid_grant", None));
}

#[test]
fn nested_error_parses_from_any_format() {
    for (_, fixture) in of_kind("errors") {
        let error = &fixture["body"]["error"];
        if error.is_object() {
            let body = fixture["body"].to_string();
            assert_eq!(serde_json::from_value::<ApiError>(error.clone()).unwrap(), read(body.as_bytes()));
            assert_eq!(serde_json::from_str::<ApiError>(&error.to_string()).unwrap(), read(body.as_bytes()));
        }
    }
    // Parsing never fails because of a field.
    let error: ApiError = serde_json::from_str(r#"{"type":"a","message":"\ud800","source":{"n":1e400}}"#).unwrap();
    assert_eq!(error.message.unwrap().expose(), "\u{FFFD}");
    assert_eq!(error.source.unwrap().expose().as_bytes(), br#"{"n":1e400}"#);
    assert_eq!(serde_json::from_value::<ApiError>(json!([])).unwrap(), ApiError::default());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_body_does_not_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = ApiError::from_slice(&body);
    }

    #[test]
    fn changed_byte_keeps_the_fields_before_it(at in 0..400_usize, byte: u8) {
        let head = r#"{"error":{"code":"rate_limit","type":"invalid_request_error","#;
        let body = everything().replacen(r#"{"error":{"#, head, 1);
        let mut body = body.replace(r#""code":"code","#, "").replace(r#","type":"type""#, "").into_bytes();
        let at = head.len() + at % (body.len() - head.len());
        body[at] = byte;
        let error = read(&body);
        // The change may turn one key into another.
        prop_assert!(is_rate_limit(&error) || error.code.is_some());
    }
}
