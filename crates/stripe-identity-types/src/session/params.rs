use serde::Serialize;

use crate::id::{AccountId, CustomerAccountId, CustomerId, PersonId, VerificationFlowId};
use crate::metadata::MetadataParams;
use crate::patch::Patch;
use crate::sensitive::Sensitive;
use crate::session::options::{DocumentOptions, DocumentType, VerificationSessionType};

/// The parameters of `POST /v1/identity/verification_sessions`, which creates a session.
///
/// ```
/// use stripe_identity_types::{CreateVerificationSession, DocumentType};
///
/// let params = CreateVerificationSession::document()
///     .allowed_types([DocumentType::Passport, DocumentType::IdCard])
///     .require_matching_selfie(true)
///     .client_reference_id("user-42")
///     .return_url("https://example.com/done");
/// let json = serde_json::to_value(&params)?;
/// assert_eq!(json["type"], "document");
/// assert_eq!(json["options"]["document"]["require_matching_selfie"], true);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct CreateVerificationSession {
    /// Your reference to the user or the case, of up to 5000 characters. Stripe returns it with the
    /// session, and filters lists by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_reference_id: Option<Sensitive<String>>,
    /// Your key-value pairs. [`Metadata`](crate::Metadata) has the limits.
    #[serde(skip_serializing_if = "MetadataParams::is_empty")]
    pub metadata: MetadataParams,
    /// The settings of the checks.
    #[serde(skip_serializing_if = "VerificationSessionOptionsParams::is_empty")]
    pub options: VerificationSessionOptionsParams,
    /// The details of the user that you already know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provided_details: Option<ProvidedDetailsParams>,
    /// The customer that the session is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_customer: Option<CustomerId>,
    /// The customer that the session is about, if your customers are accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_customer_account: Option<CustomerAccountId>,
    /// The person on a connected account that the session is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_person: Option<RelatedPersonParams>,
    /// The URL that Stripe's page sends the user to after they have submitted. Hidden in `Debug`,
    /// since it may name the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_url: Option<Sensitive<String>>,
    /// What to verify: a document or an id number. Either this or `verification_flow` is required.
    #[doc(alias = "type")]
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<VerificationSessionType>,
    /// The flow from the Dashboard that defines what to verify. Either this or `type_` is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification_flow: Option<VerificationFlowId>,
}

impl CreateVerificationSession {
    /// Creates parameters for a session of a type. Stripe accepts
    /// [`Document`](VerificationSessionType::Document) and
    /// [`IdNumber`](VerificationSessionType::IdNumber), which also have their own constructors.
    pub fn new(type_: impl Into<VerificationSessionType>) -> Self {
        Self { type_: Some(type_.into()), ..Self::default() }
    }

    /// Creates parameters for a session that verifies an identity document.
    pub fn document() -> Self {
        Self::new(VerificationSessionType::Document)
    }

    /// Creates parameters for a session that verifies an id number, without a document.
    pub fn id_number() -> Self {
        Self::new(VerificationSessionType::IdNumber)
    }

    /// Creates parameters for a session whose checks are defined by a flow from the Dashboard.
    pub fn verification_flow(flow: impl Into<VerificationFlowId>) -> Self {
        Self { verification_flow: Some(flow.into()), ..Self::default() }
    }

    /// Sets your reference to the user or the case, of up to 5000 characters. Stripe returns it with
    /// the session, and filters lists by it.
    pub fn client_reference_id(mut self, reference: impl Into<String>) -> Self {
        self.client_reference_id = Some(Sensitive::new(reference.into()));
        self
    }

    /// Sets the customer that the session is about.
    pub fn related_customer(mut self, customer: impl Into<CustomerId>) -> Self {
        self.related_customer = Some(customer.into());
        self
    }

    /// Sets the customer that the session is about, if your customers are accounts.
    pub fn related_customer_account(mut self, customer: impl Into<CustomerAccountId>) -> Self {
        self.related_customer_account = Some(customer.into());
        self
    }

    /// Sets the person on a connected account that the session is about.
    pub fn related_person(mut self, account: impl Into<AccountId>, person: impl Into<PersonId>) -> Self {
        self.related_person = Some(RelatedPersonParams::new(account, person));
        self
    }

    /// Sets the URL that Stripe's page sends the user to after they have submitted.
    pub fn return_url(mut self, url: impl Into<String>) -> Self {
        self.return_url = Some(Sensitive::new(url.into()));
        self
    }
}

/// The parameters of `POST /v1/identity/verification_sessions/{id}`, which updates a session. Fields
/// that are not set keep their values.
///
/// Stripe accepts changes of the checks and their options only while the session requires input, and
/// no changes at all after its redaction was requested.
///
/// ```
/// use stripe_identity_types::UpdateVerificationSession;
///
/// let params = UpdateVerificationSession::new()
///     .require_live_capture(true)
///     .metadata("case", "7")
///     .unset_metadata("draft");
/// let json = serde_json::to_value(&params)?;
/// assert_eq!(json["metadata"], serde_json::json!({"case": "7", "draft": null}));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct UpdateVerificationSession {
    /// The metadata pairs to set or to remove. The others stay.
    #[serde(skip_serializing_if = "MetadataParams::is_empty")]
    pub metadata: MetadataParams,
    /// The settings of the checks.
    #[serde(skip_serializing_if = "VerificationSessionOptionsParams::is_empty")]
    pub options: VerificationSessionOptionsParams,
    /// The details of the user that you already know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provided_details: Option<ProvidedDetailsParams>,
    /// What to verify: a document or an id number.
    #[doc(alias = "type")]
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<VerificationSessionType>,
}

impl UpdateVerificationSession {
    /// Creates parameters that change nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what to verify: a document or an id number.
    #[doc(alias = "type")]
    pub fn type_(mut self, type_: impl Into<VerificationSessionType>) -> Self {
        self.type_ = Some(type_.into());
        self
    }

    /// Removes a metadata pair.
    pub fn unset_metadata(mut self, key: impl Into<String>) -> Self {
        self.metadata.unset(key);
        self
    }

    /// Resets the document options to Stripe's defaults.
    pub fn clear_document_options(mut self) -> Self {
        self.options.document = Patch::Clear;
        self
    }
}

/// Implements the setters that create and update have in common.
macro_rules! shared_setters {
    ($($params:ident)+) => { $(
        impl $params {
            /// Sets the accepted types of document. Defaults to all of them.
            pub fn allowed_types(mut self, types: impl IntoIterator<Item = DocumentType>) -> Self {
                self.document_options().allowed_types = Some(types.into_iter().collect());
                self
            }

            /// Sets whether the user must enter an id number, which is compared with the document.
            pub fn require_id_number(mut self, require: bool) -> Self {
                self.document_options().require_id_number = Some(require);
                self
            }

            /// Sets whether images must come from the camera, and not from a file.
            pub fn require_live_capture(mut self, require: bool) -> Self {
                self.document_options().require_live_capture = Some(require);
                self
            }

            /// Sets whether the user must take a selfie, which is compared with the document's
            /// photo.
            pub fn require_matching_selfie(mut self, require: bool) -> Self {
                self.document_options().require_matching_selfie = Some(require);
                self
            }

            /// Sets a metadata pair. [`Metadata`](crate::Metadata) has the limits.
            pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
                self.metadata.set(key, value);
                self
            }

            /// Sets the user's email address, if you already know it.
            pub fn provided_email(mut self, email: impl Into<String>) -> Self {
                self.provided_details.get_or_insert_default().email = Some(Sensitive::new(email.into()));
                self
            }

            /// Sets the user's phone number, if you already know it.
            pub fn provided_phone(mut self, phone: impl Into<String>) -> Self {
                self.provided_details.get_or_insert_default().phone = Some(Sensitive::new(phone.into()));
                self
            }

            fn document_options(&mut self) -> &mut DocumentOptions {
                self.options.document.get_or_insert_default()
            }
        }
    )+ };
}
shared_setters! { CreateVerificationSession UpdateVerificationSession }

/// The settings of the checks, in the parameters to create or update a session.
///
/// The setters of the parameters, such as
/// [`require_matching_selfie`](CreateVerificationSession::require_matching_selfie), set them too.
///
/// ```
/// use stripe_identity_types::{CreateVerificationSession, DocumentOptions, Patch};
///
/// let mut document = DocumentOptions::default();
/// document.require_matching_selfie = Some(true);
/// let mut params = CreateVerificationSession::document();
/// params.options.document = Patch::Set(document);
/// assert_eq!(params, CreateVerificationSession::document().require_matching_selfie(true));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct VerificationSessionOptionsParams {
    /// The settings of the document check.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub document: Patch<DocumentOptions>,
}

impl VerificationSessionOptionsParams {
    /// Returns whether nothing is set.
    pub const fn is_empty(&self) -> bool {
        self.document.is_keep()
    }
}

/// The details of the user that you already know, in the parameters to create or update a session.
///
/// The setters `provided_email` and `provided_phone` of the parameters set them too.
///
/// ```
/// use stripe_identity_types::{CreateVerificationSession, ProvidedDetailsParams};
///
/// let mut details = ProvidedDetailsParams::default();
/// details.email = Some("robin@example.test".into());
/// let mut params = CreateVerificationSession::document();
/// params.provided_details = Some(details);
/// assert_eq!(params, CreateVerificationSession::document().provided_email("robin@example.test"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProvidedDetailsParams {
    /// The user's email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Sensitive<String>>,
    /// The user's phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Sensitive<String>>,
}

/// The person on a connected account that a session is about, in the parameters to create it.
///
/// ```
/// use stripe_identity_types::{CreateVerificationSession, RelatedPersonParams};
///
/// let mut params = CreateVerificationSession::document();
/// params.related_person = Some(RelatedPersonParams::new("acct_123", "person_123"));
/// assert_eq!(params, CreateVerificationSession::document().related_person("acct_123", "person_123"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RelatedPersonParams {
    /// The connected account.
    pub account: AccountId,
    /// The person on the account.
    pub person: PersonId,
}

impl RelatedPersonParams {
    /// Creates a reference to a person on an account.
    pub fn new(account: impl Into<AccountId>, person: impl Into<PersonId>) -> Self {
        Self { account: account.into(), person: person.into() }
    }
}
