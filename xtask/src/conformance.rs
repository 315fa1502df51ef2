//! The models against the fact table, both ways round: nothing is missing, and nothing is there that Stripe does not have.

mod compare;
mod rules;
mod source;

use std::path::Path;

use crate::command::Failure;
use crate::openapi::{Document, ours};
use source::Models;

pub(crate) fn check() -> Result<(), Failure> {
    println!("$ checking the models against the fact table");
    let models = Models::read(Path::new("crates/stripe-identity-types/src"))?;
    let differences = differences(&models, &ours()?);
    if differences.is_empty() {
        return Ok(());
    }
    Err(format!("{} differences:\n  {}", differences.len(), differences.join("\n  ")).into())
}

fn differences(models: &Models, document: &Document) -> Vec<String> {
    compare::Check::differences(models, document)
}

#[cfg(test)]
mod tests {
    use super::rules::BEYOND;
    use super::*;

    fn models() -> Models {
        Models::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/stripe-identity-types/src")).unwrap()
    }

    #[test]
    fn the_models_are_what_the_fact_table_says() {
        assert_eq!(differences(&models(), &ours().unwrap()), Vec::<String>::new());
    }

    #[test]
    fn every_field_and_parameter_that_is_taken_out_is_missed() {
        let (models, document) = (models(), ours().unwrap());
        let mut taken_out = 0;
        for (name, model) in &models.structs {
            // What nothing on the wire corresponds to.
            if !model.is_read_from_json && !model.is_written {
                continue;
            }
            for field in model.fields.keys() {
                if BEYOND.iter().any(|(beyond, _)| *beyond == format!("{name}.{field}")) {
                    continue;
                }
                let mut poorer = models.clone();
                poorer.structs.get_mut(name).unwrap().fields.remove(field);
                assert!(!differences(&poorer, &document).is_empty(), "{name}.{field} is not missed");
                taken_out += 1;
            }
        }
        assert!(taken_out > 200, "{taken_out}");
    }

    #[test]
    fn every_enum_value_that_is_taken_out_or_put_in_is_seen() {
        let (models, document) = (models(), ours().unwrap());
        for (name, values) in &models.enums {
            // Ours: Stripe does not list which codes there are, and `list` is no object.
            if name == "ErrorCode" {
                continue;
            }
            for (index, value) in values.iter().enumerate().filter(|(_, value)| *value != "list") {
                let mut poorer = models.clone();
                poorer.enums.get_mut(name).unwrap().remove(index);
                assert!(!differences(&poorer, &document).is_empty(), "{name} `{value}` is not missed");
            }
            let mut richer = models.clone();
            richer.enums.get_mut(name).unwrap().push("made_up".to_owned());
            assert!(!differences(&richer, &document).is_empty(), "{name} `made_up` is not seen");
        }
    }

    #[test]
    fn a_field_that_is_made_up_or_of_another_kind_is_seen() {
        let document = ours().unwrap();
        for (file, from, to, difference) in [
            ("session", "pub status: VerificationSessionStatus", "pub status: RedactionStatus", "has no name for"),
            ("session", "pub created: Option<Timestamp>", "pub created: Option<String>", "should be Timestamp"),
            ("session", "pub metadata: Metadata", "pub metadata: Option<String>", "should be Metadata"),
            ("session", "pub livemode: Option<bool>", "pub livemode: bool", "cannot be absent"),
            ("session", "pub url: Option<", "pub uri: Option<", "is not in VerificationSession"),
            (
                "session",
                "pub last_error: Option<LastError>",
                "pub last_error: Option<ProvidedDetails>",
                "is not in ProvidedDetails",
            ),
            ("session", "pub url: Option<Sensitive<String>>", "pub url: Option<String>", "is private"),
            (
                "session/last_error",
                "#[serde(default)]\n#[non_exhaustive]\npub struct LastError",
                "#[serde(rename_all = \"camelCase\")]\npub struct LastError",
                "rename_all",
            ),
            (
                "session/outputs",
                "#[serde(crate = \"crate::maps\")]\n#[serde(default)]",
                "#[serde(default)]",
                "reads a list as an object",
            ),
            ("ephemeral_key", "pub secret: Option<Sensitive<String>>", "pub secret: Option<String>", "is private"),
            ("event", "pub account: Option<AccountId>", "pub account: Option<EventId>", "should be a text"),
            ("event", "pub pending_webhooks: Option<i64>", "pub pending_webhooks: Option<u32>", "should be i64"),
            (
                "event",
                "#[serde(default, deserialize_with = \"null_as_default\")]\n    pub data",
                "#[serde(deserialize_with = \"null_as_default\")]\n    pub data",
                "cannot be missing",
            ),
            ("file", "pub size: Option<u64>", "pub size: Option<u32>", "should be i64 or u64"),
            (
                "file",
                "#[serde(default, skip_serializing_if = \"Option::is_none\")]\n    pub created",
                "#[serde(default)]\n    pub created",
                "where Stripe never does",
            ),
            (
                "file",
                "skip_serializing_if = \"Option::is_none\"",
                "skip_serializing_if = \"Option::is_some\"",
                "is not known",
            ),
            (
                "file",
                "#[serde(default)]\n    pub expires_at",
                "#[serde(default, skip_deserializing)]\n    pub expires_at",
                "is not known",
            ),
            (
                "file",
                "#[serde(rename = \"type\", default)]",
                "#[serde(rename(serialize = \"type\"), default)]",
                "is not known",
            ),
            (
                "file/list",
                "    #[serde(skip_serializing_if = \"Option::is_none\")]\n    pub limit",
                "    pub limit",
                "always sent",
            ),
            ("file/params", "    pub file: FileId,", "    pub file: Option<FileId>,", "can be left out"),
            (
                "session/expand",
                "\"last_verification_report.document.number\"",
                "\"last_verification_report.document.numbr\"",
                "has a name for",
            ),
        ] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/stripe-identity-types/src");
            let source = std::fs::read_to_string(folder.join(file).with_extension("rs")).unwrap();
            assert!(source.contains(from), "{file}: {from}");
            let mut changed = models();
            changed.add(&source.replacen(from, to, 1)).unwrap();
            let found = differences(&changed, &document);
            assert!(found.iter().any(|found| found.contains(difference)), "{to}: {found:?}");
        }
    }
}
