//! Removes the personal data from a session and its reports. The verified outputs of a session come from its report.

use stripe_identity_core::types::{Address, Date, Sensitive, Sex, VerificationReport, VerificationSession};

pub(crate) fn session(session: &mut VerificationSession) {
    session.metadata.clear();
    if let Some(details) = &mut session.provided_details {
        redact_text(&mut details.email);
        redact_text(&mut details.phone);
    }
}

pub(crate) fn report(report: &mut VerificationReport) {
    if let Some(document) = &mut report.document {
        redact_address(&mut document.address);
        for text in [
            &mut document.first_name,
            &mut document.issuing_country,
            &mut document.last_name,
            &mut document.number,
            &mut document.unparsed_place_of_birth,
            &mut document.unparsed_sex,
        ] {
            redact_text(text);
        }
        for date in [&mut document.dob, &mut document.expiration_date, &mut document.issued_date] {
            redact_date(date);
        }
        redact_sex(&mut document.sex);
        document.files = Some(Vec::new());
    }
    if let Some(id_number) = &mut report.id_number {
        redact_date(&mut id_number.dob);
        for text in [&mut id_number.first_name, &mut id_number.id_number, &mut id_number.last_name] {
            redact_text(text);
        }
        id_number.id_number_type = None;
    }
    if let Some(selfie) = &mut report.selfie {
        (selfie.document, selfie.selfie) = (None, None);
    }
    if let Some(email) = &mut report.email {
        redact_text(&mut email.email);
    }
    if let Some(phone) = &mut report.phone {
        redact_text(&mut phone.phone);
    }
}

fn redact_text(text: &mut Option<Sensitive<String>>) {
    *text = text.take().map(|_| "[redacted]".into());
}

fn redact_date(date: &mut Option<Sensitive<Date>>) {
    *date = date.take().map(|_| Date::new(1, 1, 1).into());
}

fn redact_sex(sex: &mut Option<Sensitive<Sex>>) {
    *sex = sex.take().map(|_| Sex::Redacted.into());
}

/// Redacts an address, except for its country.
fn redact_address(address: &mut Option<Address>) {
    if let Some(address) = address {
        for line in
            [&mut address.city, &mut address.line1, &mut address.line2, &mut address.postal_code, &mut address.state]
        {
            redact_text(line);
        }
    }
}
