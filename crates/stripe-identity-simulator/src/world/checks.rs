//! What the checks of a try found.

use stripe_identity_core::types::{
    Date, DocumentReport, DocumentType, EmailReport, FileId, IdNumberReport, IdNumberType, LastErrorCode, PhoneReport,
    ReportError, ReportOptions, ReportStatus, SelfieReport, Sensitive, Sex, Timestamp, VerificationReport,
    VerificationSession, VerificationSessionType, VerifiedOutputs,
};

use crate::outcome::{Outcome, reason};
use crate::world::ids::Ids;
use crate::world::person::PERSON;

/// The check that a failure belongs to; some end a try before any check has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    Document,
    IdNumber,
    Selfie,
    Email,
    Phone,
}

fn check_of(code: &LastErrorCode) -> Option<Check> {
    let name = code.as_str();
    let checks = [
        ("document_", Check::Document),
        ("id_number_", Check::IdNumber),
        ("selfie_", Check::Selfie),
        ("email_", Check::Email),
        ("phone_", Check::Phone),
    ];
    checks.into_iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, check)| check)
}

/// The report of a try, or `None` where no check had run.
pub(crate) fn report(
    session: &VerificationSession,
    outcome: &Outcome,
    now: Timestamp,
    ids: &mut Ids,
) -> Option<VerificationReport> {
    let failure = match outcome {
        Outcome::Verified => None,
        Outcome::Failed(code) => Some((check_of(code)?, code)),
    };
    let failed = |check| failure.and_then(|(failed, code)| (failed == check).then_some(code));

    let options = session.options.clone().unwrap_or_default();
    let document_options = options.document.clone().unwrap_or_default();
    let by_document = session.type_ != VerificationSessionType::IdNumber;
    let with_document = by_document || matches!(failure, Some((Check::Document | Check::Selfie, _)));
    let with_id_number =
        !by_document || document_options.require_id_number == Some(true) || failed(Check::IdNumber).is_some();
    let with_selfie = document_options.require_matching_selfie == Some(true) || failed(Check::Selfie).is_some();

    let mut report = VerificationReport::new(ids.id("vr_"));
    report.client_reference_id.clone_from(&session.client_reference_id);
    report.created = Some(now);
    report.livemode = Some(false);
    report.type_ = session.type_.clone();
    report.verification_flow.clone_from(&session.verification_flow);
    report.verification_session = Some(session.id.clone());
    let mut report_options = ReportOptions::default();
    report_options.document = options.document;
    report_options.id_number = options.id_number;
    report.options = Some(report_options);

    if with_document {
        report.document = Some(document(failed(Check::Document), document_options.allowed_types.as_deref(), ids));
    }
    if with_selfie {
        let files = report.document.as_ref().and_then(|document| document.files.as_ref());
        let front = files.and_then(|files| files.first().cloned());
        report.selfie = Some(selfie(failed(Check::Selfie), front, ids));
    }
    if with_id_number {
        report.id_number = Some(id_number(failed(Check::IdNumber)));
    }
    let details = session.provided_details.clone().unwrap_or_default();
    if options.email.is_some() || failed(Check::Email).is_some() {
        let mut email = EmailReport::default();
        email.email = details.email.or_else(|| Some(PERSON.email.into()));
        (email.status, email.error) = verdict(failed(Check::Email));
        report.email = Some(email);
    }
    if options.phone.is_some() || failed(Check::Phone).is_some() {
        let mut phone = PhoneReport::default();
        phone.phone = details.phone.or_else(|| Some(PERSON.phone.into()));
        (phone.status, phone.error) = verdict(failed(Check::Phone));
        report.phone = Some(phone);
    }
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

fn document(failed: Option<&LastErrorCode>, allowed: Option<&[DocumentType]>, ids: &mut Ids) -> DocumentReport {
    let mut document = DocumentReport::default();
    (document.status, document.error) = verdict(failed);
    document.type_ = Some(allowed.and_then(<[_]>::first).cloned().unwrap_or(DocumentType::DrivingLicense));
    document.issuing_country = Some(PERSON.country.into());
    document.files = Some(vec![FileId::new(ids.id("file_"))]);
    if failed.is_none() {
        document.address = Some(PERSON.address());
        document.dob = Some(PERSON.dob.into());
        document.expiration_date = Some(Date::new(2035, 4, 2).into());
        document.issued_date = Some(Date::new(2025, 4, 3).into());
        document.first_name = Some(PERSON.first_name.into());
        document.last_name = Some(PERSON.last_name.into());
        document.number = Some("X0000000".into());
        document.sex = Some(Sensitive::new(Sex::Unspecified));
        document.unparsed_place_of_birth = Some(PERSON.place_of_birth.into());
        document.unparsed_sex = Some("X".into());
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

fn id_number(failed: Option<&LastErrorCode>) -> IdNumberReport {
    let mut id_number = IdNumberReport::default();
    (id_number.status, id_number.error) = verdict(failed);
    id_number.dob = Some(PERSON.dob.into());
    id_number.first_name = Some(PERSON.first_name.into());
    id_number.id_number = Some(PERSON.id_number.into());
    id_number.id_number_type = Some(IdNumberType::UsSsn);
    id_number.last_name = Some(PERSON.last_name.into());
    id_number
}

/// The images that a report names, and whether each is a selfie.
pub(crate) fn images(report: &VerificationReport) -> impl Iterator<Item = (&FileId, bool)> {
    let documents = report.document.iter().flat_map(|document| document.files.iter().flatten());
    let selfie = report.selfie.iter().filter_map(|selfie| selfie.selfie.as_ref());
    documents.map(|image| (image, false)).chain(selfie.map(|image| (image, true)))
}

/// What was verified, read off the report as Stripe does.
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
