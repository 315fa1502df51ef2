use serde::{Deserialize, Serialize};

use crate::expandable::link;
use crate::lenient::{null_as_default, unreadable_as_absent};
use crate::object_type::own;
use crate::open_enum::open_enum;
use crate::{Expandable, FileId, FileLinkId, HasId, List, Metadata, ObjectType, Sensitive, Timestamp};

/// A file at Stripe: an image that a verification collected, or one that you uploaded.
///
/// This is what is known about it. For its contents, see the download call; those of identity documents and selfies
/// take a [restricted key](https://docs.stripe.com/identity/access-verification-results).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct File {
    /// The file's id, `file_…`.
    pub id: FileId,
    /// Always [`ObjectType::File`].
    #[serde(default, deserialize_with = "own::file", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// When the file was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When the file goes away; absent if it stays.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// The name it was uploaded under.
    #[serde(default)]
    pub filename: Option<Sensitive<String>>,
    /// The newest links to it. Comes with [`FileExpand::Links`](crate::FileExpand::Links) where it does not by itself.
    ///
    /// The file is worth more than its links: a list that can't be read, or in which one link can't be, reads as absent, and
    /// never as a part of itself. [`ListFileLinks`](crate::ListFileLinks) gives the links by themselves.
    #[serde(default, deserialize_with = "unreadable_as_absent", skip_serializing_if = "Option::is_none")]
    pub links: Option<List<FileLink>>,
    /// What it is for.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "FilePurpose::is_absent")]
    pub purpose: FilePurpose,
    /// How large it is, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// A title fit to be shown to people.
    #[serde(default)]
    pub title: Option<Sensitive<String>>,
    /// Its format, such as `jpg`.
    #[doc(alias = "type")]
    #[serde(rename = "type", default)]
    pub type_: Option<String>,
    /// Where its contents can be read, with an API key.
    #[serde(default)]
    pub url: Option<Sensitive<String>>,
}

impl File {
    /// A file of which nothing but the id is known, to start from in tests and servers.
    pub fn new(id: impl Into<FileId>) -> Self {
        Self {
            id: id.into(),
            object: ObjectType::File,
            created: None,
            expires_at: None,
            filename: None,
            links: None,
            purpose: FilePurpose::default(),
            size: None,
            title: None,
            type_: None,
            url: None,
        }
    }
}

impl HasId for File {
    type Id = FileId;

    fn id(&self) -> &FileId {
        &self.id
    }
}

impl From<&File> for FileId {
    fn from(file: &File) -> Self {
        file.id.clone()
    }
}

open_enum! {
    /// What a file is for.
    pub enum FilePurpose {
        /// What an account must hand in.
        AccountRequirement = "account_requirement",
        /// More to verify an account with.
        AdditionalVerification = "additional_verification",
        /// A business's icon.
        BusinessIcon = "business_icon",
        /// A business's logo.
        BusinessLogo = "business_logo",
        /// A customer's signature.
        CustomerSignature = "customer_signature",
        /// Evidence in a dispute.
        DisputeEvidence = "dispute_evidence",
        /// A document from a provider that verifies identities. Only Stripe makes it.
        DocumentProviderIdentityDocument = "document_provider_identity_document",
        /// A report of finances. Only Stripe makes it.
        FinanceReportRun = "finance_report_run",
        /// A statement of a financial account. Only Stripe makes it.
        FinancialAccountStatement = "financial_account_statement",
        /// A document that an account's owner hands in.
        IdentityDocument = "identity_document",
        /// An image of a document that a verification collected. Only Stripe makes it.
        IdentityDocumentDownloadable = "identity_document_downloadable",
        /// A report to the regulators of card issuing.
        IssuingRegulatoryReporting = "issuing_regulatory_reporting",
        /// A document on the security of card data.
        PciDocument = "pci_document",
        /// A platform's terms of service.
        PlatformTermsOfService = "platform_terms_of_service",
        /// A selfie that a verification collected. Only Stripe makes it.
        Selfie = "selfie",
        /// The result of a scheduled query. Only Stripe makes it.
        SigmaScheduledQuery = "sigma_scheduled_query",
        /// A tax document that a user hands in.
        TaxDocumentUserUpload = "tax_document_user_upload",
        /// A program for a card terminal.
        TerminalAndroidApk = "terminal_android_apk",
        /// What a card reader shows while it waits.
        TerminalReaderSplashscreen = "terminal_reader_splashscreen",
        /// A certificate for a terminal's network.
        TerminalWifiCertificate = "terminal_wifi_certificate",
        /// A private key for a terminal's network.
        TerminalWifiPrivateKey = "terminal_wifi_private_key",
    }
}

/// A URL under which a file's contents can be read without an API key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct FileLink {
    /// The link's id, `link_…`.
    pub id: FileLinkId,
    /// Always [`ObjectType::FileLink`].
    #[serde(default, deserialize_with = "own::file_link", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// When the link was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// Whether it no longer works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired: Option<bool>,
    /// When it stops working; absent if it goes on.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// The file: its id, or with [`FileLinkExpand::File`](crate::FileLinkExpand::File) the file itself.
    #[serde(default, deserialize_with = "link", skip_serializing_if = "Option::is_none")]
    pub file: Option<Expandable<File>>,
    /// Whether this is live data (`true`) or test data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    /// Your own key-value pairs.
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata: Metadata,
    /// The URL. Whoever has it can read the file.
    #[serde(default)]
    pub url: Option<Sensitive<String>>,
}

impl FileLink {
    /// A link of which nothing but the id is known, to start from in tests and servers.
    pub fn new(id: impl Into<FileLinkId>) -> Self {
        Self {
            id: id.into(),
            object: ObjectType::FileLink,
            created: None,
            expired: None,
            expires_at: None,
            file: None,
            livemode: None,
            metadata: Metadata::new(),
            url: None,
        }
    }
}

impl HasId for FileLink {
    type Id = FileLinkId;

    fn id(&self) -> &FileLinkId {
        &self.id
    }
}

impl From<&FileLink> for FileLinkId {
    fn from(link: &FileLink) -> Self {
        link.id.clone()
    }
}
