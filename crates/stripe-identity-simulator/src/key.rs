//! API keys: their kinds, and the worlds that they name.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// The kind of a key that names a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyKind {
    /// A secret key of an account or of an organization.
    Secret,
    Restricted,
    Publishable,
}

/// The credentials of a request.
pub(crate) enum Credentials {
    Key {
        kind: KeyKind,
        world: String,
    },
    /// The secret of an ephemeral key, which a world has made.
    Ephemeral(String),
}

const PREFIXES: [(&str, KeyKind); 4] = [
    ("sk_test_", KeyKind::Secret),
    ("rk_test_", KeyKind::Restricted),
    ("pk_test_", KeyKind::Publishable),
    ("sk_org_test_", KeyKind::Secret),
];
pub(crate) const EPHEMERAL_PREFIX: &str = "ek_test_";
const LONGEST_NAME: usize = 100;
/// After its prefix, a real key has this text and the id of its account.
const REAL_KEY: &str = "51";
const ACCOUNT_ID: usize = 14;

/// Parses the `Authorization` header: `Bearer`, or `Basic` with the key as the user name. Returns `None` if there is no
/// key.
pub(crate) fn credentials(authorization: Option<&HeaderValue>) -> Result<Option<Credentials>, Refusal> {
    let key = sent(authorization);
    if key.is_empty() {
        return Ok(None);
    }
    if key.starts_with(EPHEMERAL_PREFIX) {
        return Ok(Some(Credentials::Ephemeral(key.into_owned())));
    }
    let (kind, world) = named(&key).ok_or_else(Refusal::invalid_key)?;
    Ok(Some(Credentials::Key { kind, world }))
}

/// Returns the key in the `Authorization` header as it was sent, or an empty string if there is none.
pub(crate) fn sent(authorization: Option<&HeaderValue>) -> Cow<'_, str> {
    let authorization = authorization.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (scheme, credentials) = authorization.split_once(' ').unwrap_or_default();
    if scheme.eq_ignore_ascii_case("bearer") {
        credentials.trim().into()
    } else if scheme.eq_ignore_ascii_case("basic") {
        user_name(credentials.trim()).unwrap_or_default().into()
    } else {
        Cow::default()
    }
}

/// Returns the kind of a key and the name of its world, which is the text before the next `_`, or the account of a key
/// that looks real. Returns `None` for a live key, since a program that sends one to a simulator is misconfigured.
pub(crate) fn named(key: &str) -> Option<(KeyKind, String)> {
    let (rest, kind) = PREFIXES.iter().find_map(|(prefix, kind)| Some((key.strip_prefix(prefix)?, *kind)))?;
    let name = rest.split('_').next().filter(|name| (1..=LONGEST_NAME).contains(&name.len()))?;
    if !name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let account = name.get(..REAL_KEY.len() + ACCOUNT_ID);
    let account = account.filter(|id| id.starts_with(REAL_KEY) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    Some((kind, account.unwrap_or(name).to_owned()))
}

/// Returns the world of the publishable key in a form.
pub(crate) fn publishable_in(form: &[u8]) -> Option<String> {
    let (_, key) = form_urlencoded::parse(form).find(|(name, _)| name == "key")?;
    let (kind, world) = named(&key)?;
    (kind == KeyKind::Publishable).then_some(world)
}

/// Returns the name of a world as logs may show it. In a key of the oldest form, the name of the world is the whole
/// secret.
pub(crate) fn shown(world: &str) -> String {
    const LONGEST_SHOWN: usize = 20;
    match world.get(..4) {
        Some(start) if world.len() > LONGEST_SHOWN => format!("{start}…"),
        _ => world.to_owned(),
    }
}

/// Returns the password of HTTP Basic authentication, if it is used.
#[cfg(feature = "server")]
pub(crate) fn password(authorization: Option<&HeaderValue>) -> Option<String> {
    let (scheme, credentials) = authorization?.to_str().ok()?.split_once(' ')?;
    let decoded = decoded(credentials.trim()).filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    Some(decoded.split_once(':')?.1.to_owned())
}

fn user_name(credentials: &str) -> Option<String> {
    Some(decoded(credentials)?.split(':').next()?.to_owned())
}

fn decoded(credentials: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(credentials).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(authorization: &'static str) -> Option<(KeyKind, String)> {
        match credentials(Some(&HeaderValue::from_static(authorization))).ok()?? {
            Credentials::Key { kind, world } => Some((kind, world)),
            Credentials::Ephemeral(_) => None,
        }
    }

    #[test]
    fn key_of_each_kind_names_the_same_world() {
        assert_eq!(key("Bearer sk_test_a").unwrap(), (KeyKind::Secret, "a".to_owned()));
        assert_eq!(key("Bearer sk_test_a_b_c").unwrap(), (KeyKind::Secret, "a".to_owned()));
        assert_eq!(key("bearer rk_test_a_1").unwrap(), (KeyKind::Restricted, "a".to_owned()));
        assert_eq!(key("Bearer pk_test_a").unwrap(), (KeyKind::Publishable, "a".to_owned()));
        assert_eq!(key("Bearer sk_org_test_a").unwrap(), (KeyKind::Secret, "a".to_owned()));
        // sk_test_123:
        assert_eq!(key("Basic c2tfdGVzdF8xMjM6").unwrap(), (KeyKind::Secret, "123".to_owned()));
    }

    #[test]
    fn real_looking_key_names_its_account() {
        let rolled = ["sk_test_51MadeUpAccount00FirstSecret", "rk_test_51MadeUpAccount00SecondSecret00"];
        for key in rolled {
            assert_eq!(named(key).unwrap().1, "51MadeUpAccount0");
        }
        assert_eq!(named("sk_test_51").unwrap().1, "51");
        assert_eq!(named("sk_test_51-made-up-name-of-a-world").unwrap().1, "51-made-up-name-of-a-world");
    }

    #[test]
    fn live_or_malformed_key_is_refused() {
        for authorization in [
            "Bearer sk_live_1",
            "Bearer rk_live_1",
            "Bearer sk_org_live_1",
            "Bearer sk_test_",
            "Bearer sk_test__x",
            "Bearer sk_test_a b",
            "Bearer x",
        ] {
            assert!(credentials(Some(&HeaderValue::from_static(authorization))).is_err(), "{authorization}");
        }
        for authorization in ["Bearer", "", "Digest x", "Basic !!", "Basic"] {
            assert!(credentials(Some(&HeaderValue::from_static(authorization))).unwrap().is_none(), "{authorization}");
        }
        assert!(credentials(None).unwrap().is_none());
        assert!(named(&format!("sk_test_{}", "a".repeat(101))).is_none());
    }

    #[test]
    fn long_name_is_shown_shortened() {
        assert_eq!(shown("51MadeUpAccount0"), "51MadeUpAccount0");
        assert_eq!(shown("madeUpSecretOfAnOldForm0"), "made…");
    }
}
