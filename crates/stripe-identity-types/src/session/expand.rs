use crate::open_enum::open_enum;

open_enum! {
    /// A part of a session that Stripe leaves out, or gives as an id, unless a call asks for it.
    ///
    /// In a list, the prefix `data.` is put before it by the client. A part with no name here can be asked for by its
    /// path: `SessionExpand::from("verified_outputs.new_part")`.
    pub enum SessionExpand {
        /// The report of the last try, in place of its id.
        LastVerificationReport = "last_verification_report",
        /// The document's date of birth in that report. Takes a restricted key.
        ReportDocumentDob = "last_verification_report.document.dob",
        /// The document's expiration date in that report. Takes a restricted key.
        ReportDocumentExpirationDate = "last_verification_report.document.expiration_date",
        /// The document's number in that report. Takes a restricted key.
        ReportDocumentNumber = "last_verification_report.document.number",
        /// The sex that the document states, in that report.
        ReportDocumentSex = "last_verification_report.document.sex",
        /// The place of birth as the document spells it, in that report.
        ReportDocumentUnparsedPlaceOfBirth = "last_verification_report.document.unparsed_place_of_birth",
        /// The sex as the document spells it, in that report.
        ReportDocumentUnparsedSex = "last_verification_report.document.unparsed_sex",
        /// The id number in that report. Takes a restricted key.
        ReportIdNumber = "last_verification_report.id_number.id_number",
        /// The date of birth of the id number check in that report. Takes a restricted key.
        ReportIdNumberDob = "last_verification_report.id_number.dob",
        /// What was verified about the person.
        VerifiedOutputs = "verified_outputs",
        /// The verified date of birth. Takes a restricted key.
        Dob = "verified_outputs.dob",
        /// The verified id number. Takes a restricted key.
        IdNumber = "verified_outputs.id_number",
        /// The sex that was read.
        Sex = "verified_outputs.sex",
        /// The place of birth as the document spells it.
        UnparsedPlaceOfBirth = "verified_outputs.unparsed_place_of_birth",
        /// The sex as the document spells it.
        UnparsedSex = "verified_outputs.unparsed_sex",
    }
}
