use serde::Serialize;

use crate::id::{AccountId, CustomerAccountId, CustomerId, PersonId, VerificationFlowId};
use crate::metadata::MetadataParams;
use crate::patch::Patch;
use crate::sensitive::Sensitive;
use crate::session::options::{DocumentOptions, DocumentType, VerificationSessionType};

/// The parameters to create a session.
///
/// ```
/// use stripe_identity_types::{CreateVerificationSession, DocumentType};
///
/// let params = CreateVerificationSession::document()
///     .allowed_types([DocumentType::Passport, DocumentType::IdCard])
///     .require_matching_selfie(true)
///     .client_reference_id("user-42")
///     .return_url("https://example.com/done");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct CreateVerificationSession {
    /// Your own reference to the user or the case. Stripe returns it, and can filter lists by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_reference_id: Option<Sensitive<String>>,
    /// Your own key-value pairs; see [`Metadata`](crate::Metadata) for the limits.
    #[serde(skip_serializing_if = "MetadataParams::is_empty")]
    pub metadata: MetadataParams,
    /// The checks that run, with their settings.
    #[serde(skip_serializing_if = "VerificationSessionOptionsParams::is_empty")]
    pub options: VerificationSessionOptionsParams,
    /// What you already know about the user.
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
    /// What to verify. Either this or a flow is required.
    #[doc(alias = "type")]
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<VerificationSessionType>,
    /// The flow from the Dashboard that defines what to verify.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification_flow: Option<VerificationFlowId>,
}

impl CreateVerificationSession {
    /// Creates parameters for a session of a type that has no constructor of its own.
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

    /// Creates parameters for a session that a flow from the Dashboard defines.
    pub fn verification_flow(flow: impl Into<VerificationFlowId>) -> Self {
        Self { verification_flow: Some(flow.into()), ..Self::default() }
    }

    /// Sets your own reference to the user or the case. Stripe returns it, and can filter lists by
    /// it.
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

/// The parameters to update a session, which must require input. Fields that are not set keep their
/// value.
///
/// ```
/// use stripe_identity_types::UpdateVerificationSession;
///
/// let params = UpdateVerificationSession::new()
///     .require_live_capture(true)
///     .metadata("case", "7")
///     .unset_metadata("draft");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct UpdateVerificationSession {
    /// Pairs to set or to remove. The others stay.
    #[serde(skip_serializing_if = "MetadataParams::is_empty")]
    pub metadata: MetadataParams,
    /// The checks that run, with their settings.
    #[serde(skip_serializing_if = "VerificationSessionOptionsParams::is_empty")]
    pub options: VerificationSessionOptionsParams,
    /// What you already know about the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provided_details: Option<ProvidedDetailsParams>,
    /// What to verify.
    #[doc(alias = "type")]
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<VerificationSessionType>,
}

impl UpdateVerificationSession {
    /// Creates parameters that change nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what to verify.
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
            /// Sets the accepted types of document.
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

            /// Sets a metadata pair.
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

/// The checks of a session, with their settings.
///
/// ```
/// use stripe_identity_types::{CreateVerificationSession, DocumentOptions, Patch};
///
/// let mut params = CreateVerificationSession::document();
/// assert!(params.options.is_empty());
/// params.options.document = Patch::Set(DocumentOptions::default());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct VerificationSessionOptionsParams {
    /// The check of an identity document.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub document: Patch<DocumentOptions>,
}

impl VerificationSessionOptionsParams {
    /// Returns whether nothing is set.
    pub const fn is_empty(&self) -> bool {
        self.document.is_keep()
    }
}

/// What you already know about the user.
///
/// ```
/// use stripe_identity_types::CreateVerificationSession;
///
/// let params = CreateVerificationSession::document().provided_email("robin@example.test");
/// let details = params.provided_details.expect("it has just been set");
/// assert_eq!(details.email.as_ref().map(|email| email.expose().as_str()), Some("robin@example.test"));
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

/// The person on a connected account that a session is about.
///
/// ```
/// use stripe_identity_types::{CreateVerificationSession, RelatedPersonParams};
///
/// let mut params = CreateVerificationSession::document();
/// params.related_person = Some(RelatedPersonParams::new("acct_123", "person_123"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RelatedPersonParams {
    /// The account.
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
