use crate::open_enum::open_enum;

open_enum! {
    /// A field of a session that Stripe omits, or sends as an id, unless a request expands it.
    ///
    /// The value is the path of the field. In a request for a list, the clients of
    /// `stripe-identity-core` add the prefix `data.`. A field without a name here is expanded by its
    /// path: `SessionExpand::from("verified_outputs.new_part")`.
    pub enum SessionExpand {
        /// The report of the last try, in place of its id.
        LastVerificationReport = "last_verification_report",
        /// The document's date of birth, in that report. Needs a restricted key.
        ReportDocumentDob = "last_verification_report.document.dob",
        /// The document's expiration date, in that report. Needs a restricted key.
        ReportDocumentExpirationDate = "last_verification_report.document.expiration_date",
        /// The document's number, in that report. Needs a restricted key.
        ReportDocumentNumber = "last_verification_report.document.number",
        /// The sex that the document states, in that report.
        ReportDocumentSex = "last_verification_report.document.sex",
        /// The place of birth, as the document spells it, in that report.
        ReportDocumentUnparsedPlaceOfBirth = "last_verification_report.document.unparsed_place_of_birth",
        /// The sex, as the document spells it, in that report.
        ReportDocumentUnparsedSex = "last_verification_report.document.unparsed_sex",
        /// The id number, in that report. Needs a restricted key.
        ReportIdNumber = "last_verification_report.id_number.id_number",
        /// The date of birth of the id number check, in that report. Needs a restricted key.
        ReportIdNumberDob = "last_verification_report.id_number.dob",
        /// The verified data of the person.
        VerifiedOutputs = "verified_outputs",
        /// The verified date of birth. Needs a restricted key.
        Dob = "verified_outputs.dob",
        /// The verified id number. Needs a restricted key.
        IdNumber = "verified_outputs.id_number",
        /// The sex that the document states.
        Sex = "verified_outputs.sex",
        /// The place of birth, as the document spells it.
        UnparsedPlaceOfBirth = "verified_outputs.unparsed_place_of_birth",
        /// The sex, as the document spells it.
        UnparsedSex = "verified_outputs.unparsed_sex",
    }
}
