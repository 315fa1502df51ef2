//! The fields of the page of a session, and the values that are sent in them.

use bytes::Bytes;
use stripe_identity_core::types::{Date, DocumentType, Patch, Sensitive, Sex, VerificationSession};

use crate::detail::{InvalidDetail, Of, User, Value};
use crate::face::form::{Choice, Field};
use crate::outcome::{Check, Outcome};
use crate::person::Person;
use crate::refusal::Refusal;
use crate::submission::Submission;
use crate::world::call::Call;
use crate::world::checks;
use crate::world::record::file::format_of;

/// Returns whether a string can be the id of a request. No other string is stored.
fn is_request_id(text: &str) -> bool {
    let is_short = text.len() <= 40;
    is_short && text.strip_prefix("req_").is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// The text that removes a detail.
const NOTHING: &str = "-";

/// The values that were sent in the fields, and the errors in them.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) outcome: String,
    /// The id of the request in response to which the form was shown.
    pub(crate) rendering: Option<String>,
    /// The number of a made-up person.
    pub(crate) made_up: String,
    /// Whether the form is only to be shown again, with that person.
    pub(crate) asks_to_show: bool,
    /// The strings, with the names of their parameters.
    texts: Vec<(Of, String, String)>,
    images: Vec<(String, Bytes)>,
    errors: Vec<(String, String)>,
}

impl Sent {
    /// Returns the values of a form before anything was sent.
    pub(crate) fn nothing() -> Self {
        Self { outcome: Outcome::Verified.to_string(), ..Self::default() }
    }

    pub(crate) fn read(call: &mut Call<'_>) -> Result<Self, Refusal> {
        let mut sent = Self {
            outcome: text_of(call, "outcome")?,
            rendering: Some(text_of(call, "rendering")?).filter(|id| is_request_id(id)),
            asks_to_show: !text_of(call, "show")?.is_empty(),
            ..Self::default()
        };
        for (of, object) in [(Of::Person, "person"), (Of::Document, "document")] {
            let Patch::Set(fields) = call.form.object(object)? else { continue };
            for (name, text) in fields.into_pairs()? {
                match name.as_str() {
                    "seed" => text.trim().clone_into(&mut sent.made_up),
                    // If no file is chosen, a browser sends an empty text.
                    "front" | "back" | "selfie" => {}
                    _ => sent.texts.push((of, name, text.trim().to_owned())),
                }
            }
        }
        sent.images = std::mem::take(&mut call.images);
        sent.images.retain(|(_, contents)| !contents.is_empty());
        Ok(sent)
    }

    /// Returns the submission, or `None` if there are errors.
    pub(crate) fn submission(&mut self) -> Option<Submission> {
        let outcome = self.outcome.parse::<Outcome>();
        let mut submission = Submission::new(outcome.clone().unwrap_or(Outcome::Verified));
        if let Err(error) = outcome {
            let error = if self.outcome.is_empty() { "must be chosen".to_owned() } else { error.to_string() };
            self.refuse("outcome", error);
        }
        let made_up = (!self.made_up.is_empty()).then(|| (Of::Person, "seed".to_owned(), self.made_up.clone()));
        let texts = self.texts.iter().filter(|(_, _, text)| !text.is_empty()).cloned();
        let mut wrong = Vec::new();
        for (of, name, text) in made_up.into_iter().chain(texts) {
            let text = match text.as_str() {
                NOTHING => String::new(),
                _ if matches!(name.as_str(), "country" | "issuing_country") => text.to_ascii_uppercase(),
                _ => text,
            };
            match submission.clone().with_detail(of, &name, Value::Text(text.into())) {
                Ok(with_detail) => submission = with_detail,
                Err(error) => wrong.push((full_name(of, &name), expected(&error))),
            }
        }
        for (name, contents) in &self.images {
            let field = name.trim_start_matches("document[").trim_end_matches(']');
            let with_image = submission.clone().with_detail(Of::Document, field, Value::Image(contents.clone().into()));
            match with_image {
                Ok(with_image) if matches!(format_of(contents).0, "png" | "jpg") => submission = with_image,
                _ => wrong.push((name.clone(), "must be a PNG or JPEG image".to_owned())),
            }
        }
        self.errors.append(&mut wrong);
        self.errors.is_empty().then_some(submission)
    }

    pub(crate) fn refuse(&mut self, name: &str, error: String) {
        self.errors.push((name.to_owned(), error));
    }

    pub(crate) fn error(&self, name: &str) -> Option<String> {
        self.errors.iter().find(|(wrong, _)| wrong == name).map(|(_, error)| error.clone())
    }

    /// Returns the total size of the images.
    pub(crate) fn image_bytes(&self) -> usize {
        self.images.iter().map(|(_, contents)| contents.len()).sum()
    }

    /// Returns the field for the number of a made-up person.
    pub(crate) fn number(&self) -> Field {
        let name = full_name(Of::Person, "seed");
        let (value, error) = (self.made_up.clone(), self.error(&name));
        Field { name, label: "Made-up person number", value, error, ..Field::default() }
    }

    fn field(&self, of: Of, name: &str, label: &'static str, made_up: String) -> Field {
        let text = self.texts.iter().find(|(whose, known, _)| *whose == of && known == name);
        let value = text.map(|(_, _, text)| text.clone()).unwrap_or_default();
        let name = full_name(of, name);
        let error = self.error(&name);
        Field { name, label, value, made_up, error, ..Field::default() }
    }
}

/// Returns a string, or an empty string if it was not sent.
fn text_of(call: &mut Call<'_>, name: &str) -> Result<String, Refusal> {
    match call.form.clearable_text(name)? {
        Patch::Set(text) => Ok(text),
        Patch::Keep | Patch::Clear => Ok(String::new()),
    }
}

fn full_name(of: Of, name: &str) -> String {
    match of {
        Of::Person => format!("person[{name}]"),
        Of::Document => format!("document[{name}]"),
    }
}

fn expected(error: &InvalidDetail) -> String {
    match error {
        InvalidDetail::Unknown => "is unknown".to_owned(),
        // An empty field keeps the made-up value, so that it must not be suggested.
        InvalidDetail::Value { expected, .. } => format!("must be {}", expected.trim_end_matches(", or nothing")),
    }
}

fn text(text: Option<&Sensitive<String>>) -> String {
    text.map(|text| text.expose().clone()).unwrap_or_default()
}

fn date(date: Option<&Sensitive<Date>>) -> String {
    match date.map(Sensitive::expose) {
        Some(Date { year: Some(year), month: Some(month), day: Some(day), .. }) => {
            format!("{year:04}-{month:02}-{day:02}")
        }
        _ => String::new(),
    }
}

/// Returns the name of a type of document.
pub(crate) fn document_type(type_: &DocumentType) -> String {
    match type_ {
        DocumentType::DrivingLicense => "driving license".to_owned(),
        DocumentType::IdCard => "id card".to_owned(),
        other => other.as_str().replace('_', " "),
    }
}

fn has(check: Check, session: &VerificationSession) -> bool {
    check.is_part_of(session)
}

/// Returns whether a session has this check of an email address or a phone number, but the application has not provided
/// it.
fn lacks(check: Check, session: &VerificationSession) -> bool {
    let details = session.provided_details.as_ref();
    let is_given = match check {
        Check::Email => details.is_some_and(|details| details.email.is_some()),
        _ => details.is_some_and(|details| details.phone.is_some()),
    };
    has(check, session) && !is_given
}

/// Returns the details that the checks of a session find out about a person, in words.
pub(crate) fn summary(person: &Person, session: &VerificationSession) -> Vec<(&'static str, String)> {
    let join = |texts: &[Option<&Sensitive<String>>], by: &str| {
        let texts: Vec<_> = texts.iter().flatten().map(|text| text.expose().as_str()).collect();
        texts.join(by)
    };
    let mut summary = vec![("Name", join(&[person.first_name.as_ref(), person.last_name.as_ref()], " "))];
    summary.push(("Born", date(person.dob.as_ref())));
    if let Some(address) = person.address.as_ref().filter(|_| has(Check::Document, session)) {
        let street = [address.line1.as_ref(), address.line2.as_ref(), address.city.as_ref()];
        let area = [address.state.as_ref(), address.postal_code.as_ref()];
        let parts = [join(&street, ", "), join(&area, " "), join(&[address.country.as_ref()], "")];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        summary.push(("Address", parts.join(", ")));
    }
    if has(Check::IdNumber, session) {
        summary.push(("Id number", text(person.id_number.as_ref())));
    }
    if lacks(Check::Email, session) {
        summary.push(("Email", text(person.email.as_ref())));
    }
    if lacks(Check::Phone, session) {
        summary.push(("Phone", text(person.phone.as_ref())));
    }
    for (_, value) in &mut summary {
        if value.is_empty() {
            "none".clone_into(value);
        }
    }
    summary
}

pub(crate) fn of_person(person: &Person, session: &VerificationSession, sent: &Sent) -> Vec<Field> {
    let field = |name: &str, label, made_up| sent.field(Of::Person, name, label, made_up);
    let address = person.address.clone().unwrap_or_default();
    let mut fields = vec![
        field("first_name", "First name", text(person.first_name.as_ref())),
        field("last_name", "Last name", text(person.last_name.as_ref())),
        field("dob", "Date of birth", date(person.dob.as_ref())),
        field("country", "Country", text(address.country.as_ref())),
    ];
    if has(Check::Document, session) {
        let mut sex = field("sex", "Sex", String::new());
        let made_up = match person.sex.as_ref().map(Sensitive::expose) {
            Some(Sex::Female) => "as made up: female",
            Some(Sex::Male) => "as made up: male",
            Some(_) => "as made up: unknown",
            None => "as made up: none",
        };
        let choices =
            [("", made_up), ("female", "female"), ("male", "male"), ("unknown", "unknown"), (NOTHING, "none")];
        sex.choices = choices.map(|(value, label)| choice(value, label.to_owned(), &sex.value)).into();
        fields.push(sex);
        fields.push(field("place_of_birth", "Place of birth", text(person.place_of_birth.as_ref())));
        fields.push(field("line1", "Address, line 1", text(address.line1.as_ref())));
        fields.push(field("line2", "Address, line 2", text(address.line2.as_ref())));
        fields.push(field("city", "City", text(address.city.as_ref())));
        fields.push(field("state", "State", text(address.state.as_ref())));
        fields.push(field("postal_code", "Postal code", text(address.postal_code.as_ref())));
    }
    if has(Check::IdNumber, session) {
        fields.push(field("id_number", "Id number", text(person.id_number.as_ref())));
    }
    if lacks(Check::Email, session) {
        fields.push(field("email", "Email address", text(person.email.as_ref())));
    }
    if lacks(Check::Phone, session) {
        fields.push(field("phone", "Phone number", text(person.phone.as_ref())));
    }
    fields
}

fn choice(value: &str, label: String, chosen: &str) -> Choice {
    Choice { value: value.to_owned(), label, is_chosen: value == chosen }
}

/// Returns the fields of a document, its type first. Empty if the session does not check documents.
pub(crate) fn of_document(user: &User, session: &VerificationSession, sent: &Sent) -> Vec<Field> {
    if !has(Check::Document, session) {
        return Vec::new();
    }
    let (person, document) = (&user.person, &user.document);
    let field = |name: &str, label, made_up| sent.field(Of::Document, name, label, made_up);
    let options = session.options.as_ref().and_then(|options| options.document.as_ref());
    let allowed = options.and_then(|options| options.allowed_types.as_deref()).filter(|types| !types.is_empty());
    let shown = checks::document_type(document, allowed);
    let mut type_ = field("type", "Type", String::new());
    let chosen = if type_.value.is_empty() { shown.as_str() } else { &type_.value };
    type_.choices = DocumentType::KNOWN
        .iter()
        .map(|known| {
            let is_allowed = allowed.is_none_or(|allowed| allowed.contains(known));
            let note = if is_allowed { "" } else { " (not allowed)" };
            choice(known.as_str(), format!("{}{note}", document_type(known)), chosen)
        })
        .collect();
    let country = person.address.as_ref().and_then(|address| address.country.as_ref());
    vec![
        type_,
        field("number", "Number", text(document.number.as_ref())),
        field("issuing_country", "Issuing country", text(document.issuing_country.as_ref().or(country))),
        field("issued_date", "Issued on", date(document.issued_date.as_ref())),
        field("expiration_date", "Expires on", date(document.expiration_date.as_ref())),
    ]
}

pub(crate) fn of_images(session: &VerificationSession, sent: &Sent) -> Vec<Field> {
    let image = |name: &str, label| {
        let name = full_name(Of::Document, name);
        Field { error: sent.error(&name), name, label, ..Field::default() }
    };
    let mut images = vec![image("front", "Front of the document"), image("back", "Back of the document")];
    if has(Check::Selfie, session) {
        images.push(image("selfie", "Selfie"));
    }
    images
}
