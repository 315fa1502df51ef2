use std::time::Duration;

use stripe_identity_core::types::{
    CreateVerificationSession as Create, DocumentOptions, DocumentType, LastErrorCode, RedactionStatus, ReportStatus,
    SessionExpand, UpdateVerificationSession as Update, VerificationReport, VerificationSession,
    VerificationSessionOptions, VerificationSessionStatus as Status, VerificationSessionType as Type,
};
use stripe_identity_core::{ApiKey, ErrorKind};
use stripe_identity_simulator::{ControlError, Document, Outcome, Person, Submission};

use super::start;

/// Returns the codes of the checks that failed. It reads the JSON, in which all checks have the same form.
fn failed_checks(report: &VerificationReport) -> Vec<String> {
    let report = serde_json::to_value(report).unwrap();
    let checks = ["document", "selfie", "id_number", "email", "phone"].into_iter();
    checks.filter_map(|check| report[check]["error"]["code"].as_str().map(str::to_owned)).collect()
}

/// Returns the parameters of a session that can have every outcome.
fn every_check() -> Create {
    Create::verification_flow("vf_1").require_matching_selfie(true).require_id_number(true)
}

fn wrong_status(actual: Status, expected: Status) -> Result<(), ControlError> {
    Err(ControlError::WrongStatus { actual, expected })
}

fn secrets(session: &VerificationSession) -> (Option<&str>, Option<&str>) {
    (
        session.client_secret.as_ref().map(|secret| secret.expose().as_str()),
        session.url.as_ref().map(|url| url.expose().as_str()),
    )
}

#[test]
fn new_session_requires_input_and_has_its_parameters() {
    let (stripe, sessions) = start();
    let params = Create::document()
        .allowed_types([DocumentType::Passport])
        .require_matching_selfie(true)
        .client_reference_id("user-42")
        .metadata("case", "7")
        .provided_email("robin@example.test")
        .related_customer("cus_1")
        .related_customer_account("acct_2")
        .related_person("acct_1", "person_1")
        .return_url("https://example.test/done");
    let session = sessions.create(params).send().unwrap();

    assert!(session.id.as_str().starts_with("vs_"));
    assert_eq!(session.created, Some(stripe.time()));
    assert_eq!((&session.status, &session.type_), (&Status::RequiresInput, &Type::Document));
    assert_eq!(session.livemode, Some(false));
    assert_eq!(session.metadata.get("case"), Some("7"));
    assert_eq!(session.client_reference_id.as_ref().unwrap().expose(), "user-42");
    assert_eq!(session.provided_details.as_ref().unwrap().email.as_ref().unwrap().expose(), "robin@example.test");
    assert_eq!(session.related_customer.as_ref().unwrap(), &"cus_1");
    assert_eq!(session.related_customer_account.as_ref().unwrap(), &"acct_2");
    assert_eq!(session.related_person.as_ref().unwrap().person.as_ref().unwrap(), &"person_1");
    let document = session.options.as_ref().unwrap().document.as_ref().unwrap();
    assert_eq!(document.allowed_types.as_deref(), Some(&[DocumentType::Passport][..]));
    assert_eq!((document.require_matching_selfie, document.require_live_capture), (Some(true), None));
    let (secret, url) = secrets(&session);
    assert!(secret.unwrap().starts_with(&format!("{}_secret_", session.id)));
    assert!(url.unwrap().starts_with("https://simulator.test/start/"));
    assert!(session.last_error.is_none() && session.redaction.is_none() && session.verified_outputs.is_none());

    // While its secrets are valid, a retrieve returns the same session.
    assert_eq!(*sessions.retrieve(&session.id).send().unwrap(), *session);
}

#[test]
fn failed_session_shows_its_code_and_accepts_another_try() {
    let codes = LastErrorCode::KNOWN;
    assert_eq!(codes.len(), 19);
    for code in codes {
        let (stripe, sessions) = start();
        let before = sessions.create(every_check()).send().unwrap();
        stripe.submit(&before.id, Outcome::Failed(code.clone())).unwrap();

        let expand = [SessionExpand::LastVerificationReport];
        let after = sessions.retrieve(&before.id).expand(expand).send().unwrap();
        assert_eq!(after.status, Status::RequiresInput);
        assert_eq!(after.last_error.as_ref().unwrap().code.as_ref(), Some(code));
        assert!(after.last_error.as_ref().unwrap().reason.is_some());
        let (old, new) = (secrets(&before), secrets(&after));
        assert!(new.0.is_some() && new.1.is_some() && new.0 != old.0 && new.1 != old.1);

        let report = after.last_verification_report.as_ref().map(|report| report.object().unwrap());
        let errors: Vec<_> = report.into_iter().flat_map(failed_checks).collect();
        let has_check = ["document_", "selfie_", "id_number_", "email_", "phone_"]
            .iter()
            .any(|check| code.as_str().starts_with(check));
        assert_eq!(errors, if has_check { vec![code.to_string()] } else { vec![] });

        stripe.submit(&before.id, Outcome::Verified).unwrap();
        let verified = sessions.retrieve(&before.id).send().unwrap();
        assert_eq!((&verified.status, &verified.last_error), (&Status::Verified, &None));
    }
}

#[test]
fn verified_session_shows_its_outputs_only_when_expanded() {
    let (stripe, sessions) = start();
    let session = sessions.create(Create::document().require_matching_selfie(true)).send().unwrap();
    let person = Person::from_seed(7);
    stripe.submit(&session.id, Submission::verified().person(person.clone())).unwrap();

    let plain = sessions.retrieve(&session.id).send().unwrap();
    assert!(plain.verified_outputs.is_none());
    assert!(plain.last_verification_report.as_ref().unwrap().object().is_none());
    assert_eq!(secrets(&plain), (None, None));

    let expand = [SessionExpand::VerifiedOutputs, SessionExpand::LastVerificationReport];
    let expanded = sessions.retrieve(&session.id).expand(expand).send().unwrap();
    let outputs = expanded.verified_outputs.as_ref().unwrap();
    assert_eq!((&outputs.first_name, &outputs.last_name), (&person.first_name, &person.last_name));
    assert!(outputs.address.is_some() && outputs.dob.is_none() && outputs.sex.is_none());
    let report = expanded.last_verification_report.as_ref().unwrap().object().unwrap();
    assert_eq!(report.verification_session.as_ref(), Some(&session.id));
    assert_eq!(report.document.as_ref().unwrap().status, ReportStatus::Verified);
    assert_eq!(report.selfie.as_ref().unwrap().status, ReportStatus::Verified);
    assert!(report.document.as_ref().unwrap().number.is_none());
}

#[test]
fn sensitive_fields_require_a_restricted_key() {
    let (stripe, sessions) = start();
    let session = sessions.create(Create::document()).send().unwrap();
    stripe.submit(&session.id, Submission::verified().person(Person::from_seed(7).born(1990, 6, 5))).unwrap();

    let sensitive = || sessions.retrieve(&session.id).expand([SessionExpand::Dob, SessionExpand::ReportDocumentNumber]);
    let refused = sensitive().send().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Permission);
    assert!(refused.message().unwrap().contains("rk_test_"), "the message names a key that may read them");

    let restricted = sensitive().api_key(ApiKey::new("rk_test_123").unwrap()).send().unwrap();
    let outputs = restricted.verified_outputs.as_ref().unwrap();
    assert_eq!(outputs.dob.as_ref().unwrap().expose().year, Some(1990));
    assert!(outputs.first_name.is_some() && outputs.id_number.is_none());
    let report = restricted.last_verification_report.as_ref().unwrap().object().unwrap();
    let document = report.document.as_ref().unwrap();
    assert!(document.number.is_some() && document.expiration_date.is_none());
}

#[test]
fn session_of_an_id_number_or_a_flow_has_its_type() {
    let (stripe, sessions) = start();
    let id_number = sessions.create(Create::id_number()).send().unwrap();
    assert_eq!(id_number.type_, Type::IdNumber);
    stripe.submit(&id_number.id, Outcome::Verified).unwrap();
    let expand = [SessionExpand::VerifiedOutputs];
    let outputs =
        sessions.retrieve(&id_number.id).expand(expand).send().unwrap().into_inner().verified_outputs.unwrap();
    assert!(outputs.id_number_type.is_some() && outputs.address.is_none());

    let flow = sessions.create(Create::verification_flow("vf_1")).send().unwrap();
    assert_eq!(flow.type_, Type::VerificationFlow);
    assert_eq!(flow.verification_flow.as_ref().unwrap(), &"vf_1");
}

#[test]
fn session_is_processing_between_submission_and_outcome() {
    let (stripe, sessions) = start();
    let id = sessions.create(Create::document()).send().unwrap().id.clone();
    assert_eq!(
        stripe.finish_processing(&id, Outcome::Verified),
        wrong_status(Status::RequiresInput, Status::Processing)
    );
    stripe.start_processing(&id).unwrap();
    let session = sessions.retrieve(&id).send().unwrap();
    assert_eq!((&session.status, secrets(&session)), (&Status::Processing, (None, None)));
    for error in [
        sessions.cancel(&id).send().unwrap_err(),
        sessions.redact(&id).send().unwrap_err(),
        sessions.update(&id, Update::new().require_id_number(true)).send().unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.code()), (ErrorKind::InvalidRequest, None));
    }
    assert_eq!(stripe.start_processing(&id), wrong_status(Status::Processing, Status::RequiresInput));
    stripe.finish_processing(&id, Outcome::Verified).unwrap();
    assert_eq!(sessions.retrieve(&id).send().unwrap().status, Status::Verified);
    assert_eq!(stripe.submit("vs_none", Outcome::Verified), Err(ControlError::NoSuchSession));
}

#[test]
fn update_changes_only_the_fields_that_it_names() {
    let (_stripe, sessions) = start();
    let params = Create::document().require_live_capture(true).metadata("a", "1").metadata("b", "2");
    let id = sessions.create(params).send().unwrap().id.clone();

    let params =
        Update::new().require_id_number(true).metadata("b", "3").unset_metadata("a").provided_phone("+15550100");
    let session = sessions.update(&id, params).send().unwrap();
    let document = session.options.as_ref().unwrap().document.as_ref().unwrap();
    assert_eq!((document.require_live_capture, document.require_id_number), (Some(true), Some(true)));
    assert_eq!((session.metadata.get("a"), session.metadata.get("b")), (None, Some("3")));
    assert_eq!(session.provided_details.as_ref().unwrap().phone.as_ref().unwrap().expose(), "+15550100");

    let cleared = sessions.update(&id, Update::new().clear_document_options()).send().unwrap();
    assert_eq!(cleared.options.as_ref().unwrap().document, Some(DocumentOptions::default()));
    let unchanged = sessions.update(&id, Update::new()).send().unwrap();
    assert_eq!(*unchanged, *cleared);
    let other_type = sessions.update(&id, Update::new().type_(Type::IdNumber)).send().unwrap();
    assert_eq!(
        (&other_type.type_, &other_type.options),
        (&Type::IdNumber, &Some(VerificationSessionOptions::default()))
    );
}

#[test]
fn canceled_session_cannot_be_changed() {
    let (stripe, sessions) = start();
    let id = sessions.create(Create::document()).send().unwrap().id.clone();
    stripe.submit(&id, Outcome::Failed(LastErrorCode::DocumentExpired)).unwrap();

    let session = sessions.cancel(&id).send().unwrap();
    assert_eq!((&session.status, secrets(&session)), (&Status::Canceled, (None, None)));
    assert!(session.last_error.is_none() && session.last_verification_report.is_none());
    for error in [
        sessions.cancel(&id).send().unwrap_err(),
        sessions.redact(&id).send().unwrap_err(),
        sessions.update(&id, Update::new().require_id_number(true)).send().unwrap_err(),
    ] {
        assert_eq!(error.status().unwrap(), 400);
    }
    assert_eq!(stripe.submit(&id, Outcome::Verified), wrong_status(Status::Canceled, Status::RequiresInput));
}

#[test]
fn finished_redaction_leaves_no_personal_data() {
    let (stripe, sessions) = start();
    let params = Create::document()
        .require_matching_selfie(true)
        .require_id_number(true)
        .metadata("case", "7")
        .provided_email("robin@example.test");
    let id = sessions.create(params).send().unwrap().id.clone();
    let person = Person::from_seed(7).named("Robin", "Sample").born(1990, 6, 5);
    let id_number = person.id_number.clone().unwrap().into_inner();
    let submission = Submission::verified().person(person).document(Document::from_seed(7).number("X-12345"));
    stripe.submit(&id, submission).unwrap();

    let processing = sessions.redact(&id).send().unwrap();
    assert_eq!(processing.redaction.as_ref().unwrap().status, RedactionStatus::Processing);
    assert_eq!(processing.status, Status::Verified);
    assert!(sessions.redact(&id).send().is_err());

    stripe.finish_redaction(&id).unwrap();
    assert_eq!(stripe.finish_redaction(&id), Err(ControlError::NoRedaction));
    let everything = sessions.retrieve(&id).expand(SessionExpand::KNOWN.iter().cloned());
    let redacted = everything.api_key(ApiKey::new("rk_test_123").unwrap()).send().unwrap();
    assert_eq!(redacted.redaction.as_ref().unwrap().status, RedactionStatus::Redacted);
    assert!(redacted.metadata.is_empty());
    assert_eq!(redacted.verified_outputs.as_ref().unwrap().first_name.as_ref().unwrap().expose(), "[redacted]");
    let body = String::from_utf8(redacted.meta().body().to_vec()).unwrap();
    let report = redacted.last_verification_report.as_ref().unwrap().object().unwrap();
    assert_eq!(report.document.as_ref().unwrap().sex.as_ref().unwrap().expose().as_str(), "[redacted]");
    assert_eq!(redacted.verified_outputs.as_ref().unwrap().sex.as_ref().unwrap().expose().as_str(), "[redacted]");
    for personal in ["Robin", "Sample", "1990", &id_number, "X-12345", "robin@", "\"7\"", "file_", "us_ssn"] {
        assert!(!body.contains(personal), "{personal} is still in {body}");
    }
}

#[test]
fn redaction_of_an_open_session_cancels_it() {
    let (_stripe, sessions) = start();
    let id = sessions.create(Create::document()).send().unwrap().id.clone();
    let session = sessions.redact(&id).send().unwrap();
    assert_eq!(session.status, Status::Canceled);
    assert_eq!(session.redaction.as_ref().unwrap().status, RedactionStatus::Processing);
}

#[test]
fn expired_secret_or_url_is_renewed_by_a_retrieve() {
    let (stripe, sessions) = start();
    let fresh = sessions.create(Create::document()).send().unwrap();
    let hours = |hours: u64| Duration::from_secs(hours * 60 * 60);

    stripe.advance(hours(24));
    let next_day = sessions.retrieve(&fresh.id).send().unwrap();
    assert_ne!(secrets(&next_day).0, secrets(&fresh).0);
    assert_eq!(secrets(&next_day).1, secrets(&fresh).1);

    stripe.advance(hours(24));
    let day_after = sessions.retrieve(&fresh.id).send().unwrap();
    assert_ne!(secrets(&day_after).1, secrets(&fresh).1);
}

#[test]
fn same_seed_gives_the_same_bytes() {
    let run = || {
        let (_stripe, sessions) = start();
        let first = sessions.create(Create::document()).send().unwrap();
        let second = sessions.create(Create::id_number()).send().unwrap();
        (first.meta().body().clone(), second.meta().body().clone(), second.meta().request_id().unwrap().to_owned())
    };
    assert_eq!(run(), run());
}
