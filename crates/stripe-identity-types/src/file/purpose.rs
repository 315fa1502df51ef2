use crate::open_enum::open_enum;

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
