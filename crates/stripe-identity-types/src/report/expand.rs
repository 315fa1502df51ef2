use crate::open_enum::open_enum;

open_enum! {
    /// A field of a report that Stripe omits unless a request expands it.
    ///
    /// The value is the path of the field. In a request for a list, the clients of
    /// `stripe-identity-core` add the prefix `data.`. A field without a name here is expanded by its
    /// path: `ReportExpand::from("document.new_part")`.
    pub enum ReportExpand {
        /// The document's date of birth. Needs a restricted key.
        DocumentDob = "document.dob",
        /// The document's expiration date. Needs a restricted key.
        DocumentExpirationDate = "document.expiration_date",
        /// The document's number. Needs a restricted key.
        DocumentNumber = "document.number",
        /// The sex that the document states.
        DocumentSex = "document.sex",
        /// The place of birth, as the document spells it.
        DocumentUnparsedPlaceOfBirth = "document.unparsed_place_of_birth",
        /// The sex, as the document spells it.
        DocumentUnparsedSex = "document.unparsed_sex",
        /// The id number. Needs a restricted key.
        IdNumber = "id_number.id_number",
        /// The date of birth of the id number check. Needs a restricted key.
        IdNumberDob = "id_number.dob",
    }
}
