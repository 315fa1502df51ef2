//! JSON that is kept as it came.

use std::borrow::Cow;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stripe_identity_types::{Event, Json, ThinEvent, escape_invalid_utf8, reduce};

/// What a `Value` can't hold.
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
fn it_holds_what_came_to_the_byte() {
    // It also shows that serde_json still gives the text of a value under the name that it is asked for.
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
fn what_no_value_can_hold_is_held() {
    #[derive(Deserialize)]
    struct Model {
        id: String,
    }
    let mut held = 0;
    for came in beyond_value() {
        let shown = String::from_utf8_lossy(&came);
        // With a feature of serde_json that any other crate may turn on, a number may be of any size.
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
            // And it is written so that it can be read again.
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
fn an_escape_that_came_stays_an_escape() {
    for came in [
        r#""\uDcFF""#,
        r#""\udcff""#,
        r#""\uDCff""#,
        r#""\uDc7f""#,
        r#""\\uDcff\ud800""#,
        r#""\ud83d\uDcff""#,
        r#""\uDbff\uDcff \ud800""#,
        r#""\uDcc3\uDca9""#,
    ] {
        assert_eq!(read(came.as_bytes()).as_bytes(), came.as_bytes(), "{came}");
    }
}

#[test]
fn values_are_compared_as_values() {
    assert_eq!(read(br#"{"a":1,"b":"\u00e9"}"#), read("{ \"b\": \"\u{e9}\", \"a\": 1 }".as_bytes()));
    assert_ne!(read(b"1"), read(b"2"));
}

#[test]
fn debug_shows_no_content() {
    for came in [&br#"{"name":"Robin"}"#[..], br#"{"name":"Robin\ud800"}"#] {
        assert!(!format!("{:?}", read(came)).contains("Robin"));
    }
}

#[test]
fn it_is_read_through_the_buffers_of_serde() {
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

/// Formats that know no newtype structs visit what they have.
#[test]
fn it_is_read_from_any_format() {
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
fn escaping_touches_only_what_is_no_utf8() {
    assert!(matches!(escape_invalid_utf8("\u{e9} \\ud800".as_bytes()), Cow::Borrowed(_)));
    assert_eq!(escape_invalid_utf8(b"\"\xff\""), r#""\uDcff""#);
    // Neither may make sense of what had none.
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
fn an_event_is_read_with_junk_in_its_objects_and_unknown_fields() {
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
        assert_eq!(reduce(None, &event).unwrap().id, "vs_1", "{shown}");

        let thin = [&b"{\"id\":\"evt_1\",\"changes\":"[..], &junk, b"}"].concat();
        let thin: ThinEvent = serde_json::from_str(&escape_invalid_utf8(&thin)).unwrap();
        assert_eq!(thin.changes.unwrap().expose().as_bytes(), junk, "{shown}");

        // Where the model has a field for it, the session can't be read, and what the event says is still known.
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
        assert_eq!(reduce(None, &event).unwrap().id, "vs_1", "{shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn every_byte_of_a_string_comes_back(
        pieces in prop::collection::vec(prop_oneof![
            3 => prop::collection::vec(0x80..=0xFF_u8, 1..4),
            1 => Just(br"\\".to_vec()), 1 => Just(br"\ud83d".to_vec()), 1 => Just(br"\udc00".to_vec()),
            1 => Just(br"\n".to_vec()), 1 => Just("\u{e9}".as_bytes().to_vec()), 1 => Just(b"ud83d".to_vec()),
        ], 0..8),
    ) {
        let came = [b"\"", &pieces.concat()[..], b"\""].concat();
        let json = read(&came);
        prop_assert_eq!(json.as_bytes(), &came[..]);
        // A text is never made of what is none.
        let is_text = std::str::from_utf8(&came).is_ok() && serde_json::from_slice::<String>(&came).is_ok();
        prop_assert_eq!(json.value().is_some(), is_text);
    }
}
