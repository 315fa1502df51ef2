//! Tests that raw JSON is kept unchanged.

use std::borrow::Cow;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stripe_identity_types::{Event, Json, SessionView, ThinEvent, VerificationSession, escape_invalid_utf8};

/// Returns JSON that a `Value` can't hold.
pub(crate) fn beyond_value() -> Vec<Vec<u8>> {
    let deep = [b"[".repeat(1000), b"]".repeat(1000)].concat();
    let texts: [&[u8]; 9] = [
        br#""\ud800""#,
        br#""\udc00 \uD800""#,
        b"1e400",
        b"[-1E+999]",
        b"\"\xff\"",
        b"\"\xf0\x9f\"",
        b"\"\\ud83d\xff\\udc00\xc3\"",
        b"\"\\\\\xff\"",
        b"{\"\xff\":1}",
    ];
    texts.iter().map(|text| text.to_vec()).chain([deep]).collect()
}

fn read(json: &[u8]) -> Json {
    serde_json::from_str(&escape_invalid_utf8(json)).unwrap()
}

#[test]
fn json_keeps_its_bytes() {
    // This fails if serde_json changes the private name under which it returns the text of a value.
    let json: Json = serde_json::from_str(" {\"b\" : 1.5, \"a\":[ ]} ").unwrap();
    assert_eq!(json.as_bytes(), b"{\"b\" : 1.5, \"a\":[ ]}");
    assert_eq!(json.value(), Some(&json!({"a": [], "b": 1.5})));
    assert_eq!(json.get("b").and_then(Value::as_f64), Some(1.5));
    assert_eq!((json.get("c"), read(b"[1]").get("0"), read(b"null").get("a")), (None, None, None));
    assert_eq!(json.into_value(), Some(json!({"a": [], "b": 1.5})));
    let from_reader: Json = serde_json::from_reader(&b" [1e0 ] "[..]).unwrap();
    assert_eq!(from_reader.as_bytes(), b"[1e0 ]");
    let from_value: Json = serde_json::from_value(json!({"a": 1})).unwrap();
    assert_eq!(from_value, Json::from(json!({"a": 1})));
    assert_eq!(Json::from(json!({"a": 1})).as_bytes(), b"{\"a\":1}");
    assert_eq!((Json::default().as_bytes(), Json::default().value()), (&b"null"[..], Some(&Value::Null)));
}

#[test]
fn json_without_a_value_keeps_its_bytes() {
    #[derive(Deserialize)]
    struct Model {
        id: String,
    }
    let mut held = 0;
    for came in beyond_value() {
        let shown = String::from_utf8_lossy(&came);
        // With serde_json's feature `arbitrary_precision`, which any crate may enable, a number may
        // be of any size.
        if serde_json::from_slice::<Value>(&came).is_ok() {
            continue;
        }
        held += 1;
        for came in [came.clone(), [b"{\"id\":\"vs_1\",\"new\":", &came[..], b"}"].concat()] {
            let json = read(&came);
            assert_eq!(json.value(), None, "{shown}");
            assert_eq!(json.as_bytes(), came, "{shown}");
            assert_eq!((json.get("id"), json.clone().into_value()), (None, None), "{shown}");
            assert!(json == json.clone() && json != Json::default() && json != read(b"[1e401]"), "{shown}");
            // It survives a round trip.
            let written = serde_json::to_string(&json).unwrap();
            assert_eq!(serde_json::from_str::<Json>(&written).unwrap().as_bytes(), came, "{shown}");
        }
        let json = read(&[b"{\"id\":\"vs_1\",\"new\":", &came[..], b"}"].concat());
        assert_eq!(json.parse::<Model>().unwrap().id, "vs_1", "{shown}");
        let json = read(&[b"{\"id\":", &came[..], b"}"].concat());
        assert!(json.parse::<Model>().is_err(), "{shown}");
    }
    assert!(held >= 8, "{held}");
}

#[test]
fn escapes_in_the_json_are_kept() {
    for came in [
        r#""\uDcFF""#,
        r#""\udcff""#,
        r#""\uDCff""#,
        r#""\uDc7f""#,
        r#""\\uDcff\ud800""#,
        r#""\ud83d\uDcff""#,
        r#""\uDbff\uDcff \ud800""#,
        r#""\uDcc3\uDca9""#,
        r#""\uDc80""#,
        r#""\uDb80\uDc80""#,
        r#"{"a":"\uDc80","b":1e400,"\uDbff":[]}"#,
    ] {
        assert_eq!(read(came.as_bytes()).as_bytes(), came.as_bytes(), "{came}");
        // The same holds next to invalid bytes.
        let beside = [b"[\"\xff\",\"\x80", came.trim_matches('"').as_bytes(), b"\xc3\"]"].concat();
        if came.starts_with('"') {
            assert_eq!(read(&beside).as_bytes(), beside, "{came}");
        }
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    mine: u8,
    #[serde(flatten)]
    event: Event,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    A(Event),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(i32),
    Any(Box<Event>),
}

/// Returns an event after it was stored and loaded in each format.
fn stored(event: &Event) -> Vec<(&'static str, Event)> {
    fn json<T: Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
        let text = serde_json::to_string(value).unwrap();
        // It is valid JSON for any other program.
        let _: Value = serde_json::from_str(&text).unwrap();
        serde_json::from_str(&text).unwrap()
    }
    let mut cbor = Vec::new();
    ciborium::into_writer(event, &mut cbor).unwrap();
    let message_pack = rmp_serde::to_vec_named(event).unwrap();
    let Tagged::A(tagged) = json(&Tagged::A(event.clone()));
    let Untagged::Any(untagged) = json(&Untagged::Any(event.clone().into())) else { panic!("it is an event") };
    let value = serde_json::to_value(event).unwrap();
    vec![
        ("JSON", json(event)),
        ("JSON with white space", serde_json::from_str(&serde_json::to_string_pretty(event).unwrap()).unwrap()),
        ("flattened", json(&Flat { mine: 1, event: event.clone() }).event),
        ("tagged", tagged),
        ("untagged", *untagged),
        ("a text of a Value", serde_json::from_str(&value.to_string()).unwrap()),
        ("a Value", serde_json::from_value(value).unwrap()),
        ("CBOR", ciborium::from_reader(&cbor[..]).unwrap()),
        ("MessagePack", rmp_serde::from_slice(&message_pack).unwrap()),
    ]
}

fn event_of(object: Json) -> Event {
    let mut event = Event::new("evt_1");
    event.data.object = object.clone().into();
    event.data.previous_attributes = Some(object.into());
    event
}

#[test]
fn event_survives_a_round_trip_in_any_format() {
    for came in beyond_value() {
        for came in [
            came.clone(),
            [b"{\"id\":\"vs_1\",\"new\":", &came[..], b"}"].concat(),
            [b"[{\"a\\\\\":\"\\\"\"},", &came[..], b" ]"].concat(),
        ] {
            let event = event_of(read(&came));
            for (format, back) in stored(&event) {
                let shown = String::from_utf8_lossy(&came);
                assert_eq!(back, event, "{format}: {shown}");
                if event.data.object.expose().value().is_none() {
                    assert_eq!(back.data.object.expose().as_bytes(), came, "{format}: {shown}");
                }
            }
        }
    }
    // The same holds for a thin event, and for `Json` on its own.
    let json = read(b"[1e400,\"\\ud800\"]");
    let mut thin: ThinEvent = serde_json::from_str(r#"{"id":"evt_1"}"#).unwrap();
    thin.changes = Some(json.clone().into());
    assert_eq!(serde_json::from_value::<ThinEvent>(serde_json::to_value(&thin).unwrap()).unwrap(), thin);
    let all = std::collections::BTreeMap::from([("a", vec![json.clone(), Json::default()])]);
    let back: std::collections::BTreeMap<String, Vec<Json>> =
        serde_json::from_str(&serde_json::to_string(&all).unwrap()).unwrap();
    assert_eq!(back["a"], [json, Json::default()]);
}

#[test]
fn map_that_looks_like_a_stand_in_survives_a_round_trip() {
    let stands = |json: &Json| serde_json::to_value(json).unwrap();
    let lone = read(b"\"\\ud800\"");
    let once = stands(&lone);
    assert_eq!(once, json!({"$stripe_identity::Json": "\"\\ud800\""}));
    assert_eq!(stands(&read(b"[\"\xff\"]")), json!({"$stripe_identity::Json": [91, 34, 255, 34, 93]}));
    assert_eq!(serde_json::from_value::<Json>(once.clone()).unwrap(), lone);
    // A program that stores such a map itself loads the same map.
    for value in [
        once.clone(),
        stands(&once.clone().into()),
        json!({"$stripe_identity::Json": "1"}),
        json!({"$stripe_identity::Json": "{"}),
        json!({"$stripe_identity::Json": ""}),
        json!({"$stripe_identity::Json": 5}),
        json!({"$stripe_identity::Json": [256]}),
        json!({"$stripe_identity::Json": [-1, null]}),
        json!({"$stripe_identity::Json": [49]}),
        json!({"$stripe_identity::Json": "\"\\ud800\"", "a": 1}),
        json!({"a": {"$stripe_identity::Json": "\"\\ud800\""}}),
        json!([once]),
        json!({"$serde_json::private::RawValue": "not json{"}),
        json!({"$serde_json::private::RawValue": "[1]"}),
        json!({"$serde_json::private::RawValue": 5, "id": "vs_1"}),
        json!({"a": [{"$serde_json::private::RawValue": "not json{", "id": "vs_1"}]}),
        json!({"$serde_json::private::Number": "x"}),
    ] {
        let event = event_of(value.clone().into());
        for (format, back) in stored_as_it_is(&event) {
            assert_eq!(back.data.object.expose().value(), Some(&value), "{format}");
        }
    }
}

/// Does the same as [`stored`], but only for formats that are not parsed into a `Value` first, since
/// `Value` misinterprets the private keys of `serde_json`.
fn stored_as_it_is(event: &Event) -> Vec<(&'static str, Event)> {
    let text = serde_json::to_string(event).unwrap();
    let flat = serde_json::to_string(&Flat { mine: 1, event: event.clone() }).unwrap();
    let mut cbor = Vec::new();
    ciborium::into_writer(event, &mut cbor).unwrap();
    let value = serde_json::to_value(event).unwrap();
    vec![
        ("JSON", serde_json::from_str(&text).unwrap()),
        ("flattened", serde_json::from_str::<Flat>(&flat).unwrap().event),
        ("a Value", serde_json::from_value(value).unwrap()),
        ("CBOR", ciborium::from_reader(&cbor[..]).unwrap()),
    ]
}

#[test]
fn model_parses_without_keys_that_are_not_text() {
    for key in [&br#""\ud800""#[..], br#""\udc00\ud83d""#, b"\"\xff\"", b"\"\xf0\x9f\""] {
        for session in [
            [b"{\"id\":\"vs_1\",\"object\":\"identity.verification_session\",", key, b":1}"].concat(),
            [b"{", key, b":[1e400,{}],\"object\":\"identity.verification_session\",\"id\":\"vs_1\"}"].concat(),
        ] {
            let shown = String::from_utf8_lossy(&session).into_owned();
            let json = read(&session);
            let parsed: VerificationSession = json.parse().unwrap_or_else(|error| panic!("{shown}: {error}"));
            assert_eq!(event_of(json).verification_session().as_ref(), Some(&parsed), "{shown}");
        }
    }
    // The error is about the original JSON.
    let error = read(br#"{"id":"vs_1","created":"today"}"#).parse::<VerificationSession>().unwrap_err();
    assert!(error.to_string().contains("line 1 column 31"), "{error}");
    assert!(read(b"[1]").parse::<VerificationSession>().is_err());
}

#[test]
fn byte_order_mark_is_skipped_only_at_the_beginning() {
    assert_eq!(escape_invalid_utf8(b"\xef\xbb\xbf{}"), "{}");
    assert_eq!(escape_invalid_utf8(b"\xef\xbb\xbf\xef\xbb\xbf{}"), "\u{feff}{}");
    assert_eq!(escape_invalid_utf8(b"{}\xef\xbb\xbf"), "{}\u{feff}");
    let invalid = read(b"\xef\xbb\xbf\"\xff\xef\xbb\xbf\"");
    assert_eq!(invalid.as_bytes(), b"\"\xff\xef\xbb\xbf\"");
}

#[test]
fn text_with_too_many_invalid_bytes_is_not_json() {
    let is_json = |json: &[u8]| serde_json::from_str::<serde::de::IgnoredAny>(&escape_invalid_utf8(json)).is_ok();
    for (before, after) in [
        (&b""[..], &b"\""[..]),
        (b"", b"\" \xff"),
        (b"", b"\"\xff"),
        (b"", b"\"\xff\xff "),
        (b"\\\\", b"\\\\\""),
        (b"\\ud83d", b"\\udc00\""),
    ] {
        for many in [9_000, 100_000] {
            let json = [b"\"", before, &b"\xff".repeat(many)[..], after].concat();
            assert!(!is_json(&json) && escape_invalid_utf8(&json).len() < 1_000_000);
        }
        // Close to the limit, a text parses as itself or not at all.
        for many in 8_185..8_200 {
            let json = [b"\"", before, &b"\xff".repeat(many)[..], after].concat();
            if let Ok(read) = serde_json::from_str::<Json>(&escape_invalid_utf8(&json)) {
                assert_eq!(read.as_bytes(), json);
            }
        }
    }
    let some = [b"\"", &b"\xff\xc3 ".repeat(2_000)[..], b"\""].concat();
    assert!(is_json(&some));
    assert_eq!(read(&some).as_bytes(), some);
}

#[test]
fn json_equality_ignores_formatting() {
    assert_eq!(read(br#"{"a":1,"b":"\u00e9"}"#), read("{ \"b\": \"\u{e9}\", \"a\": 1 }".as_bytes()));
    assert_ne!(read(b"1"), read(b"2"));
}

#[test]
fn json_debug_shows_no_content() {
    for came in [&br#"{"name":"Robin"}"#[..], br#"{"name":"Robin\ud800"}"#] {
        assert!(!format!("{:?}", read(came)).contains("Robin"));
    }
}

#[test]
fn json_parses_through_the_buffers_of_serde() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Inner {
        json: Json,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        A(Inner),
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Number { json: i32 },
        Any(Inner),
    }
    for value in [
        json!({"a": [1, null, {"b": "c"}], "n": -1.5}),
        json!([true]),
        json!("x"),
        json!(null),
        json!(18_446_744_073_709_551_615_u64),
    ] {
        let inner = || Inner { json: Json::from(value.clone()) };
        let text = json!({"json": value, "kind": "A"}).to_string();
        assert_eq!(serde_json::from_str::<Flat>(&text).unwrap().inner, inner());
        assert_eq!(serde_json::from_str::<Tagged>(&text).unwrap(), Tagged::A(inner()));
        assert_eq!(serde_json::from_str::<Untagged>(&text).unwrap(), Untagged::Any(inner()));
        assert_eq!(serde_json::from_value::<Flat>(serde_json::from_str(&text).unwrap()).unwrap().inner, inner());
        assert_eq!(serde_json::from_str::<Option<Json>>(&value.to_string()).unwrap().unwrap_or_default(), inner().json);
    }
}

/// Formats without newtype structs visit the value itself.
#[test]
fn json_parses_from_any_format() {
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, MapDeserializer, SeqDeserializer, UnitDeserializer};

    fn through<'de, T: IntoDeserializer<'de, Error>>(value: T) -> Json {
        Json::deserialize(value.into_deserializer()).unwrap()
    }
    assert_eq!(through("x"), json!("x").into());
    assert_eq!(through(String::from("x")), json!("x").into());
    assert_eq!(through(5_u8), json!(5).into());
    assert_eq!(through(-5_i64), json!(-5).into());
    assert_eq!(through(0.5_f64), json!(0.5).into());
    assert_eq!(through(true), json!(true).into());
    assert_eq!(Json::deserialize(UnitDeserializer::<Error>::new()).unwrap(), Json::default());
    let seq = SeqDeserializer::<_, Error>::new([1, 2].into_iter());
    assert_eq!(Json::deserialize(seq).unwrap(), json!([1, 2]).into());
    let map = MapDeserializer::<_, Error>::new([("a", 1), ("b", 2)].into_iter());
    assert_eq!(Json::deserialize(map).unwrap(), json!({"a": 1, "b": 2}).into());
}

#[test]
fn escaping_changes_only_invalid_utf8() {
    assert!(matches!(escape_invalid_utf8("\u{e9} \\ud800".as_bytes()), Cow::Borrowed(_)));
    let escaped = escape_invalid_utf8(b"\"\xff\"");
    assert!(escaped.starts_with(r#""\uDcff"#) && escaped.ends_with('"'), "{escaped}");
    // Escaping does not turn invalid JSON into valid JSON.
    for senseless in [&b"\"\\\xff\""[..], b"\xff", b"\"\xff", b"{\xff}", b"\"\\u\xff\xff\xff\xff\""] {
        let escaped = escape_invalid_utf8(senseless);
        assert!(serde_json::from_str::<serde::de::IgnoredAny>(&escaped).is_err(), "{escaped}");
    }
    for no_text in [
        &b"\"\xff\""[..],
        b"\"\\ud83d\xff\"",
        b"\"\\ud83d\xff\xff\"",
        b"\"\\\\\xff\"",
        b"\"\\ud83d\xff\\udc00\"",
        b"\"\\\\ud83d\xff\\udc00\"",
    ] {
        let escaped = escape_invalid_utf8(no_text);
        assert!(serde_json::from_str::<serde::de::IgnoredAny>(&escaped).is_ok(), "{escaped}");
        assert!(serde_json::from_str::<String>(&escaped).is_err(), "{escaped}");
        assert!(serde_json::from_str::<Value>(&escaped).is_err(), "{escaped}");
    }
}

#[test]
fn event_with_junk_in_objects_and_unknown_fields_parses() {
    for junk in beyond_value() {
        let shown = String::from_utf8_lossy(&junk).into_owned();
        let session =
            [br#"{"object":"identity.verification_session","id":"vs_1","status":"verified","new":"#, &junk[..], b"}"]
                .concat();
        let event = [
            br#"{"id":"evt_1","type":"identity.verification_session.verified","created":1,"new":"#,
            &junk[..],
            br#","data":{"object":"#,
            &session,
            br#","previous_attributes":"#,
            &junk,
            b"}}",
        ]
        .concat();
        let event: Event = serde_json::from_str(&escape_invalid_utf8(&event)).unwrap();
        assert_eq!(event.data.object.expose().as_bytes(), session, "{shown}");
        assert_eq!(event.data.previous_attributes.as_ref().unwrap().expose().as_bytes(), junk, "{shown}");
        assert_eq!(event.verification_session().unwrap().id, "vs_1", "{shown}");
        assert_eq!(SessionView::from_event(&event).unwrap().id, "vs_1", "{shown}");

        let thin = [&b"{\"id\":\"evt_1\",\"changes\":"[..], &junk, b"}"].concat();
        let thin: ThinEvent = serde_json::from_str(&escape_invalid_utf8(&thin)).unwrap();
        assert_eq!(thin.changes.unwrap().expose().as_bytes(), junk, "{shown}");

        // If the model has a field for it, the session does not parse, and the type of the event
        // still implies a state.
        let session =
            [&br#"{"object":"identity.verification_session","metadata":{"a":"#[..], &junk, br#"},"id":"vs_1"}"#]
                .concat();
        let event = [
            br#"{"id":"evt_1","type":"identity.verification_session.verified","created":1,"data":{"object":"#,
            &session[..],
            b"}}",
        ]
        .concat();
        let event: Event = serde_json::from_str(&escape_invalid_utf8(&event)).unwrap();
        assert!(event.verification_session().is_none(), "{shown}");
        assert_eq!(SessionView::from_event(&event).unwrap().id, "vs_1", "{shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn every_byte_of_a_string_is_kept(
        pieces in prop::collection::vec(prop_oneof![
            3 => prop::collection::vec(0x80..=0xFF_u8, 1..4),
            1 => Just(br"\\".to_vec()), 1 => Just(br"\ud83d".to_vec()), 1 => Just(br"\udc00".to_vec()),
            1 => Just(br"\n".to_vec()), 1 => Just("\u{e9}".as_bytes().to_vec()), 1 => Just(b"ud83d".to_vec()),
        ], 0..8),
    ) {
        let came = [b"\"", &pieces.concat()[..], b"\""].concat();
        let json = read(&came);
        prop_assert_eq!(json.as_bytes(), &came[..]);
        // A string with invalid text never parses as text.
        let is_text = std::str::from_utf8(&came).is_ok() && serde_json::from_slice::<String>(&came).is_ok();
        prop_assert_eq!(json.value().is_some(), is_text);
    }

    #[test]
    fn every_byte_of_a_document_is_kept(
        pieces in prop::collection::vec(prop_oneof![
            prop::collection::vec(0x80..=0xFF_u8, 1..4),
            "\\\\u[dD][89abcfABCF][0-9a-fA-F]{2}".prop_map(String::into_bytes),
            "[ -!#-\\[\\]-~\u{e9}\u{1f600}]{0,3}".prop_map(String::into_bytes),
            Just(br"\\".to_vec()), Just(br#"\""#.to_vec()), Just(br#"",""#.to_vec()), Just(br#"":""#.to_vec()),
            Just(br#"",1e400,""#.to_vec()), Just(br#"",{"a":[],"b":""#.to_vec()), Just(br#""},""#.to_vec()),
        ], 0..10),
    ) {
        let came = [b"[\"", &pieces.concat()[..], b"\"]"].concat();
        if let Ok(json) = serde_json::from_str::<Json>(&escape_invalid_utf8(&came)) {
            prop_assert_eq!(json.as_bytes(), &came[..]);
            if let Ok(text) = std::str::from_utf8(&came) {
                let direct: Json = serde_json::from_str(text).unwrap();
                prop_assert_eq!(direct.as_bytes(), &came[..]);
            }
            for (format, back) in stored(&event_of(json.clone())) {
                prop_assert_eq!(back.data.object.expose(), &json, "{}", format);
                prop_assert!(json.value().is_some() || back.data.object.expose().as_bytes() == came, "{}", format);
            }
        }
    }
}
