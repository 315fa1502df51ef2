use crate::open_enum::open_enum;

open_enum! {
    /// A part of a report that Stripe leaves out unless a call asks for it.
    ///
    /// In a list, the prefix `data.` is put before it by the client. A part with no name here can be asked for by its
    /// path.
    pub enum ReportExpand {
        /// The document's date of birth. Takes a restricted key.
        DocumentDob = "document.dob",
        /// The document's expiration date. Takes a restricted key.
        DocumentExpirationDate = "document.expiration_date",
        /// The document's number. Takes a restricted key.
        DocumentNumber = "document.number",
        /// The sex that the document states.
        DocumentSex = "document.sex",
        /// The place of birth as the document spells it.
        DocumentUnparsedPlaceOfBirth = "document.unparsed_place_of_birth",
        /// The sex as the document spells it.
        DocumentUnparsedSex = "document.unparsed_sex",
        /// The id number. Takes a restricted key.
        IdNumber = "id_number.id_number",
        /// The date of birth of the id number check. Takes a restricted key.
        IdNumberDob = "id_number.dob",
    }
}
