//! Compares the models with the fact table in both directions.
//!
//! Each field, parameter, enum value and endpoint that Stripe has must be in the models, and the models must have no
//! others. A field must have the right type, must be optional and written as null only where Stripe's is, and must be
//! `Sensitive` if it holds a secret or personal data. No serde option may break this unnoticed.
//!
//! The models are read from their source. A round trip through serde would be shorter, but it proves less: it passes
//! for a model with a field that Stripe does not have, and no parameter can be deserialized. The check consists of
//! facts that no document has (`rules`), a reader of the source (`source`), and one function for each kind of
//! difference (`compare`).

mod compare;
mod rules;
mod source;

use std::path::Path;

use crate::command::Failure;
use crate::openapi::ours;
use compare::differences;
use source::Models;

pub(crate) fn check() -> Result<(), Failure> {
    println!("$ comparing the models with the fact table");
    let models = Models::read(Path::new("crates/stripe-identity-types/src"))?;
    let differences = differences(&models, &ours()?);
    if differences.is_empty() {
        return Ok(());
    }
    Err(format!("{} differences:\n  {}", differences.len(), differences.join("\n  ")).into())
}

#[cfg(test)]
mod tests {
    use super::rules::EXTRA_FIELDS;
    use super::*;

    fn models() -> Models {
        Models::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/stripe-identity-types/src")).unwrap()
    }

    #[test]
    fn models_match_the_fact_table() {
        assert_eq!(differences(&models(), &ours().unwrap()), Vec::<String>::new());
    }

    #[test]
    fn each_removed_field_and_parameter_is_reported() {
        let (models, document) = (models(), ours().unwrap());
        let mut removed = 0;
        for (name, model) in models.structs.iter().filter(|(_, model)| model.is_deserialized || model.is_serialized) {
            let is_extra = |field: &String| EXTRA_FIELDS.iter().any(|(extra, _)| *extra == format!("{name}.{field}"));
            for field in model.fields.keys().filter(|field| !is_extra(field)) {
                let mut changed = models.clone();
                changed.structs.get_mut(name).unwrap().fields.remove(field);
                assert!(!differences(&changed, &document).is_empty(), "removing {name}.{field} is not reported");
                removed += 1;
            }
        }
        assert!(removed > 200, "{removed}");
    }

    #[test]
    fn each_removed_and_added_enum_value_is_reported() {
        let (models, document) = (models(), ours().unwrap());
        // Stripe does not list its error codes, and no object is a `list`.
        for (name, values) in models.enums.iter().filter(|(name, _)| *name != "ErrorCode") {
            for (index, value) in values.iter().enumerate().filter(|(_, value)| *value != "list") {
                let mut changed = models.clone();
                changed.enums.get_mut(name).unwrap().remove(index);
                assert!(!differences(&changed, &document).is_empty(), "removing {name} `{value}` is not reported");
            }
            let mut changed = models.clone();
            changed.enums.get_mut(name).unwrap().push("made_up".to_owned());
            assert!(!differences(&changed, &document).is_empty(), "adding {name} `made_up` is not reported");
        }
    }

    #[test]
    fn each_wrong_declaration_is_reported() {
        // A declaration replaces the fields that it has, or the attributes of a struct if it has none.
        for (declaration, expected) in [
            (
                "struct VerificationSession { #[serde(default)] status: RedactionStatus }",
                "RedactionStatus has no variant for it",
            ),
            ("struct VerificationSession { #[serde(default)] created: Option<String> }", "should be Timestamp"),
            ("struct VerificationSession { #[serde(default)] metadata: Option<String> }", "should be Metadata"),
            ("struct VerificationSession { #[serde(default)] livemode: bool }", "livemode is required in the model"),
            (
                "struct VerificationSession { #[serde(default)] last_error: Option<ProvidedDetails> }",
                "is not in ProvidedDetails",
            ),
            ("struct VerificationSession { #[serde(default)] url: Option<String> }", "url is private"),
            ("#[serde(rename_all = \"camelCase\")] struct LastError;", "rename_all"),
            ("#[serde(default)] struct VerifiedOutputs;", "takes a list for an object"),
            ("struct EphemeralKey { #[serde(default)] secret: Option<String> }", "secret is private"),
            ("struct Event { #[serde(default)] account: Option<EventId> }", "should be a text"),
            ("struct Event { #[serde(default)] pending_webhooks: Option<u32> }", "should be i64 or u64"),
            ("struct Event { #[serde(deserialize_with = \"null_as_default\")] data: EventData }", "cannot be missing"),
            ("struct File { #[serde(default)] size: Option<u32> }", "should be i64 or u64"),
            ("struct File { #[serde(default)] created: Option<Timestamp> }", "is never null at Stripe"),
            ("struct File { #[serde(skip_serializing_if = \"Option::is_some\")] size: Option<u64> }", "is not known"),
            ("struct File { #[serde(default, skip_deserializing)] expires_at: Option<Timestamp> }", "is not known"),
            ("struct File { #[serde(default, skip)] expires_at: Option<Timestamp> }", "is not known"),
            ("struct File { #[serde(rename(serialize = \"size\"), default)] size: Option<u64> }", "is not known"),
            ("struct File { #[serde(serialize_with)] size: Option<u64> }", "is not known"),
            ("struct ListFiles { limit: Option<u32> }", "always sent"),
            ("struct CreateFileLink { file: Option<FileId> }", "can be left out"),
        ] {
            let mut changed = models();
            let mut wrong = Models::default();
            wrong.add(declaration).unwrap();
            for (name, wrong) in wrong.structs {
                let model = changed.structs.get_mut(&name).unwrap();
                if wrong.fields.is_empty() {
                    model.serde = wrong.serde;
                }
                for (name, field) in wrong.fields {
                    assert!(model.fields.insert(name, field).is_some(), "{declaration}");
                }
            }
            assert_reports(&changed, expected);
        }
        let mut changed = models();
        let fields = &mut changed.structs.get_mut("VerificationSession").unwrap().fields;
        let field = fields.remove("url").unwrap();
        fields.insert("uri".to_owned(), field);
        assert_reports(&changed, "url is not in VerificationSession");
        assert_reports(&changed, "VerificationSession.uri is in the model, but not in");
        let mut changed = models();
        let misspelt = "open_enum! { pub enum SessionExpand { X = \"last_verification_report.document.numbr\", } }";
        changed.add(misspelt).unwrap();
        assert_reports(&changed, "SessionExpand has a variant for `last_verification_report.document.numbr`");
    }

    fn assert_reports(models: &Models, expected: &str) {
        let found = differences(models, &ours().unwrap());
        assert!(found.iter().any(|difference| difference.contains(expected)), "no {expected:?} in {found:?}");
    }
}
