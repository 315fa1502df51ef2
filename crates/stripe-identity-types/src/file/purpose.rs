use crate::open_enum::open_enum;

open_enum! {
    /// The purpose of a file.
    pub enum FilePurpose {
        /// A document that an account is required to submit. Such a file has no links.
        AccountRequirement = "account_requirement",
        /// An additional document to verify an account. Such a file has no links.
        AdditionalVerification = "additional_verification",
        /// A business's icon.
        BusinessIcon = "business_icon",
        /// A business's logo.
        BusinessLogo = "business_logo",
        /// A customer's signature.
        CustomerSignature = "customer_signature",
        /// Evidence in a dispute.
        DisputeEvidence = "dispute_evidence",
        /// A document from a provider that verifies identities. Only Stripe creates it.
        DocumentProviderIdentityDocument = "document_provider_identity_document",
        /// A financial report. Only Stripe creates it.
        FinanceReportRun = "finance_report_run",
        /// A statement of a financial account. Only Stripe creates it.
        FinancialAccountStatement = "financial_account_statement",
        /// An identity document that the owner of an account submits. Such a file has no links.
        IdentityDocument = "identity_document",
        /// An image of a document that a verification collected. Only Stripe creates it.
        IdentityDocumentDownloadable = "identity_document_downloadable",
        /// A report to the regulators of card issuing.
        IssuingRegulatoryReporting = "issuing_regulatory_reporting",
        /// A document about the security of card data.
        PciDocument = "pci_document",
        /// A platform's terms of service. Such a file has no links.
        PlatformTermsOfService = "platform_terms_of_service",
        /// A selfie that a verification collected. Only Stripe creates it.
        Selfie = "selfie",
        /// The result of a scheduled query. Only Stripe creates it.
        SigmaScheduledQuery = "sigma_scheduled_query",
        /// A tax document that a user submits.
        TaxDocumentUserUpload = "tax_document_user_upload",
        /// An application for a card terminal.
        TerminalAndroidApk = "terminal_android_apk",
        /// The screen that a card reader shows while it waits.
        TerminalReaderSplashscreen = "terminal_reader_splashscreen",
        /// A certificate for the network of a terminal.
        TerminalWifiCertificate = "terminal_wifi_certificate",
        /// A private key for the network of a terminal.
        TerminalWifiPrivateKey = "terminal_wifi_private_key",
    }
}
