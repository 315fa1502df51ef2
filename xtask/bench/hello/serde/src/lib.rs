//! Builds serde and `serde_json`, and nothing else.
