//! Parses the parameters of the endpoints for sessions.

use stripe_identity_core::types::{
    DocumentOptions, DocumentType, ErrorCode, Patch, ProvidedDetails, RelatedPerson, Sensitive, VerificationFlowId,
    VerificationSession, VerificationSessionOptions, VerificationSessionType,
};

use crate::form::Form;
use crate::receiver::Receivers;
use crate::refusal::Refusal;
use crate::return_url;
use crate::world::metadata;

/// The types with which a session may be created. The third type comes from a verification flow.
pub(crate) const TYPES: &[VerificationSessionType] =
    &[VerificationSessionType::Document, VerificationSessionType::IdNumber];

/// The parameters that creating and updating a session have in common.
pub(crate) struct Changes {
    metadata: Patch<Vec<(String, String)>>,
    document: Patch<DocumentOptions>,
    provided_details: Option<ProvidedDetails>,
    type_: Option<VerificationSessionType>,
}

impl Changes {
    pub(crate) fn parse(form: &mut Form) -> Result<Self, Refusal> {
        let metadata = metadata::parse(form)?;
        let document = match form.object("options")? {
            Patch::Set(mut options) => {
                let document = document_options(&mut options)?;
                options.finish()?;
                document
            }
            Patch::Keep => Patch::Keep,
            Patch::Clear => return Err(Refusal::invalid_object("options")),
        };
        let provided_details = match form.object("provided_details")? {
            Patch::Set(mut form) => {
                let mut details = ProvidedDetails::default();
                details.email = form.text("email")?.map(Sensitive::new);
                details.phone = form.text("phone")?.map(Sensitive::new);
                form.finish()?;
                Some(details)
            }
            Patch::Keep => None,
            Patch::Clear => return Err(Refusal::invalid_object("provided_details")),
        };
        Ok(Self { metadata, document, provided_details, type_: form.one_of("type", TYPES)? })
    }

    /// Returns whether they change only metadata, for which the session need not require input.
    pub(crate) fn are_of_metadata(&self) -> bool {
        matches!(self.document, Patch::Keep) && self.provided_details.is_none() && self.type_.is_none()
    }

    /// Applies all changes or, if one of them is refused, none.
    pub(crate) fn apply_to(self, session: &mut VerificationSession) -> Result<(), Refusal> {
        let mut metadata = session.metadata.clone();
        metadata::change(&mut metadata, self.metadata)?;
        session.metadata = metadata;
        let options = session.options.get_or_insert_default();
        if let Some(type_) = self.type_ {
            if type_ != session.type_ {
                // The options belong to the previous type.
                *options = VerificationSessionOptions::default();
                if type_ == VerificationSessionType::Document {
                    options.document = Some(DocumentOptions::default());
                }
            }
            session.type_ = type_;
        }
        match self.document {
            Patch::Keep => {}
            Patch::Clear => options.document = Some(DocumentOptions::default()),
            Patch::Set(changes) => {
                let document = options.document.get_or_insert_default();
                let old = std::mem::take(document);
                document.allowed_types = changes.allowed_types.or(old.allowed_types);
                document.require_id_number = changes.require_id_number.or(old.require_id_number);
                document.require_live_capture = changes.require_live_capture.or(old.require_live_capture);
                document.require_matching_selfie = changes.require_matching_selfie.or(old.require_matching_selfie);
            }
        }
        if let Some(changes) = self.provided_details {
            let details = session.provided_details.get_or_insert_default();
            details.email = changes.email.or(details.email.take());
            details.phone = changes.phone.or(details.phone.take());
        }
        Ok(())
    }
}

fn document_options(options: &mut Form) -> Result<Patch<DocumentOptions>, Refusal> {
    let mut form = match options.object("document")? {
        Patch::Set(form) => form,
        Patch::Clear => return Ok(Patch::Clear),
        Patch::Keep => return Ok(Patch::Keep),
    };
    let mut document = DocumentOptions::default();
    document.allowed_types = form.list_of("allowed_types", DocumentType::KNOWN)?;
    document.require_id_number = form.boolean("require_id_number")?;
    document.require_live_capture = form.boolean("require_live_capture")?;
    document.require_matching_selfie = form.boolean("require_matching_selfie")?;
    form.finish()?;
    Ok(Patch::Set(document))
}

/// A session to create. Its parameters are valid.
pub(crate) struct New {
    session: VerificationSession,
    return_url: Option<Sensitive<String>>,
}

impl New {
    pub(crate) fn parse(mut form: Form, receivers: &Receivers) -> Result<Self, Refusal> {
        // `into_session` sets the id.
        let mut session = VerificationSession::new("");
        let changes = Changes::parse(&mut form)?;
        session.client_reference_id = form.text("client_reference_id")?.map(Sensitive::new);
        session.related_customer = form.text("related_customer")?.map(Into::into);
        session.related_customer_account = form.text("related_customer_account")?.map(Into::into);
        session.verification_flow = form.text("verification_flow")?.map(VerificationFlowId::new);
        session.related_person = match form.object("related_person")? {
            Patch::Set(form) => Some(related_person(form)?),
            Patch::Keep => None,
            Patch::Clear => return Err(Refusal::invalid_object("related_person")),
        };
        // The session does not contain it.
        let return_url = form.text("return_url")?;
        if return_url.as_ref().is_some_and(|url| !return_url::is_allowed(url, receivers)) {
            let message = format!("Invalid return_url: {}", return_url::EXPECTED);
            return Err(Refusal::with_code(ErrorCode::UrlInvalid, "return_url", message));
        }
        form.finish()?;

        if session.verification_flow.is_some() {
            session.type_ = VerificationSessionType::VerificationFlow;
            let options = session.options.get_or_insert_default();
            options.document = Some(DocumentOptions::default());
            options.email.get_or_insert_default().require_verification = Some(true);
            options.phone.get_or_insert_default().require_verification = Some(true);
        } else if changes.type_.is_none() {
            return Err(Refusal::missing_parameter("type"));
        }
        let changes = if session.verification_flow.is_some() { Changes { type_: None, ..changes } } else { changes };
        changes.apply_to(&mut session)?;
        Ok(Self { session, return_url: return_url.map(Sensitive::new) })
    }

    pub(crate) fn session(&self) -> &VerificationSession {
        &self.session
    }

    pub(crate) fn return_url(&self) -> Option<Sensitive<String>> {
        self.return_url.clone()
    }

    pub(crate) fn into_session(self, id: String) -> VerificationSession {
        let mut session = self.session;
        session.id = id.into();
        session
    }
}

fn related_person(mut form: Form) -> Result<RelatedPerson, Refusal> {
    let mut person = RelatedPerson::default();
    person.account = form.text("account")?.map(Into::into);
    person.person = form.text("person")?.map(Into::into);
    form.finish()?;
    for (name, missing) in [("account", person.account.is_none()), ("person", person.person.is_none())] {
        if missing {
            return Err(Refusal::missing_parameter(&format!("related_person[{name}]")));
        }
    }
    Ok(person)
}
