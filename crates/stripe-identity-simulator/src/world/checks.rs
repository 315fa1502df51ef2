//! The results of the checks of a try.

use stripe_identity_core::types::{
    DocumentReport, DocumentType, EmailReport, FileId, IdNumberReport, LastErrorCode, PhoneReport, ReportError,
    ReportOptions, ReportStatus, SelfieReport, Sex, Timestamp, VerificationReport, VerificationSession,
    VerifiedOutputs,
};

use crate::control_error::ControlError;
use crate::detail::User;
use crate::document::Document;
use crate::outcome::{Check, Outcome, reason};
use crate::person::Person;
use crate::submission::Submission;
use crate::world::ids::Ids;

/// Refuses a submission that is impossible for a session, by its checks and the types of document that it allows.
pub(crate) fn must_fit(session: &VerificationSession, submission: &Submission) -> Result<(), ControlError> {
    let outcome = submission.outcome();
    if !outcome.is_possible_for(session) {
        return Err(ControlError::ImpossibleOutcome(Outcome::possible_for(session).collect()));
    }
    let options = session.options.as_ref().and_then(|options| options.document.as_ref());
    let allowed = options.and_then(|document| document.allowed_types.as_deref());
    let passes_document =
        Check::Document.is_part_of(session) && outcome.leaves_report() && outcome.check() != Some(Check::Document);
    if let Some(allowed) = allowed.filter(|allowed| passes_document && !allowed.is_empty()) {
        let document = submission.user(User::from_seed(0)).document;
        if !allowed.contains(&document_type(&document, Some(allowed))) {
            return Err(ControlError::DocumentNotAllowed(allowed.to_vec()));
        }
    }
    Ok(())
}

/// Returns the report of a try, or `None` if the try ends before the checks.
pub(crate) fn report(
    session: &VerificationSession,
    outcome: &Outcome,
    user: &User,
    now: Timestamp,
    ids: &mut Ids,
) -> Option<VerificationReport> {
    if !outcome.leaves_report() {
        return None;
    }
    let failed = |check: Check| match outcome {
        Outcome::Failed(code) if outcome.check() == Some(check) => Some(code),
        _ => None,
    };
    let has = |check: Check| check.is_part_of(session);
    let options = session.options.clone().unwrap_or_default();
    let allowed = options.document.as_ref().and_then(|document| document.allowed_types.as_deref());

    let mut report = VerificationReport::new(ids.id("vr_"));
    report.client_reference_id.clone_from(&session.client_reference_id);
    report.created = Some(now);
    report.livemode = Some(false);
    report.type_ = session.type_.clone();
    report.verification_flow.clone_from(&session.verification_flow);
    report.verification_session = Some(session.id.clone());
    report.document = has(Check::Document).then(|| document(failed(Check::Document), allowed, user, ids));
    report.selfie = has(Check::Selfie).then(|| {
        let files = report.document.as_ref().and_then(|document| document.files.as_ref());
        selfie(failed(Check::Selfie), files.and_then(|files| files.first().cloned()), ids)
    });
    report.id_number = has(Check::IdNumber).then(|| id_number(failed(Check::IdNumber), &user.person));
    let details = session.provided_details.clone().unwrap_or_default();
    report.email = has(Check::Email).then(|| {
        let mut email = EmailReport::default();
        email.email = details.email.or_else(|| user.person.email.clone());
        (email.status, email.error) = verdict(failed(Check::Email));
        email
    });
    report.phone = has(Check::Phone).then(|| {
        let mut phone = PhoneReport::default();
        phone.phone = details.phone.or_else(|| user.person.phone.clone());
        (phone.status, phone.error) = verdict(failed(Check::Phone));
        phone
    });
    let mut report_options = ReportOptions::default();
    report_options.document = options.document;
    report_options.id_number = options.id_number;
    report.options = Some(report_options);
    Some(report)
}

fn verdict<C: for<'a> From<&'a str>>(failed: Option<&LastErrorCode>) -> (ReportStatus, Option<ReportError<C>>) {
    match failed {
        None => (ReportStatus::Verified, None),
        Some(code) => {
            let error = ReportError::new(C::from(code.as_str()), Some(reason(code).to_owned()));
            (ReportStatus::Unverified, Some(error))
        }
    }
}

/// Returns the type of the document that a user shows, given the allowed types.
pub(crate) fn document_type(document: &Document, allowed: Option<&[DocumentType]>) -> DocumentType {
    let first_allowed = || allowed.and_then(<[_]>::first).cloned();
    document.type_.clone().or_else(first_allowed).unwrap_or(DocumentType::DrivingLicense)
}

fn document(
    failed: Option<&LastErrorCode>,
    allowed: Option<&[DocumentType]>,
    user: &User,
    ids: &mut Ids,
) -> DocumentReport {
    let User { person, document: shown } = user;
    let mut document = DocumentReport::default();
    (document.status, document.error) = verdict(failed);
    let type_ = document_type(shown, allowed);
    let sides = if type_ == DocumentType::Passport { 1 } else { 2 };
    document.type_ = Some(type_);
    let country = person.address.as_ref().and_then(|address| address.country.clone());
    document.issuing_country = shown.issuing_country.clone().or(country);
    document.files = Some((0..sides).map(|_| FileId::new(ids.id("file_"))).collect());
    if failed.is_none() {
        document.address.clone_from(&person.address);
        document.dob = person.dob;
        document.expiration_date = shown.expiration_date;
        document.issued_date = shown.issued_date;
        document.first_name = shown.first_name.clone().or_else(|| person.first_name.clone());
        document.last_name = shown.last_name.clone().or_else(|| person.last_name.clone());
        document.number.clone_from(&shown.number);
        document.sex.clone_from(&person.sex);
        document.unparsed_place_of_birth.clone_from(&person.place_of_birth);
        document.unparsed_sex = person.sex.as_ref().map(|sex| match sex.expose() {
            Sex::Female => "F".into(),
            Sex::Male => "M".into(),
            _ => "X".into(),
        });
    }
    document
}

fn selfie(failed: Option<&LastErrorCode>, document: Option<FileId>, ids: &mut Ids) -> SelfieReport {
    let mut selfie = SelfieReport::default();
    (selfie.status, selfie.error) = verdict(failed);
    selfie.document = document;
    selfie.selfie = Some(FileId::new(ids.id("file_")));
    selfie
}

fn id_number(failed: Option<&LastErrorCode>, person: &Person) -> IdNumberReport {
    let mut id_number = IdNumberReport::default();
    (id_number.status, id_number.error) = verdict(failed);
    id_number.dob = person.dob;
    id_number.first_name.clone_from(&person.first_name);
    id_number.id_number.clone_from(&person.id_number);
    id_number.id_number_type.clone_from(&person.id_number_type);
    id_number.last_name.clone_from(&person.last_name);
    id_number
}

/// Returns the images that a report names, and whether each is a selfie.
pub(crate) fn images(report: &VerificationReport) -> impl Iterator<Item = (&FileId, bool)> {
    let documents = report.document.iter().flat_map(|document| document.files.iter().flatten());
    let selfie = report.selfie.iter().filter_map(|selfie| selfie.selfie.as_ref());
    documents.map(|image| (image, false)).chain(selfie.map(|image| (image, true)))
}

/// Returns the verified outputs of a session, which Stripe also takes from the report.
pub(crate) fn verified_outputs(report: &VerificationReport) -> VerifiedOutputs {
    let mut outputs = VerifiedOutputs::default();
    if let Some(id_number) = &report.id_number {
        outputs.dob.clone_from(&id_number.dob);
        outputs.first_name.clone_from(&id_number.first_name);
        outputs.id_number.clone_from(&id_number.id_number);
        outputs.id_number_type.clone_from(&id_number.id_number_type);
        outputs.last_name.clone_from(&id_number.last_name);
    }
    if let Some(document) = &report.document {
        outputs.address.clone_from(&document.address);
        outputs.dob.clone_from(&document.dob);
        outputs.first_name.clone_from(&document.first_name);
        outputs.last_name.clone_from(&document.last_name);
        outputs.sex.clone_from(&document.sex);
        outputs.unparsed_place_of_birth.clone_from(&document.unparsed_place_of_birth);
        outputs.unparsed_sex.clone_from(&document.unparsed_sex);
    }
    outputs.email = report.email.as_ref().and_then(|email| email.email.clone());
    outputs.phone = report.phone.as_ref().and_then(|phone| phone.phone.clone());
    outputs
}
