use stripe_identity_core::types::{Address, Date};

/// The made-up person whom every verified session is about.
pub(crate) struct Person {
    pub(crate) first_name: &'static str,
    pub(crate) last_name: &'static str,
    pub(crate) email: &'static str,
    pub(crate) phone: &'static str,
    pub(crate) country: &'static str,
    pub(crate) place_of_birth: &'static str,
    pub(crate) id_number: &'static str,
    pub(crate) dob: Date,
}

pub(crate) const PERSON: Person = Person {
    first_name: "Robin",
    last_name: "Sample",
    email: "robin.sample@example.com",
    phone: "+15550100000",
    country: "US",
    place_of_birth: "SAMPLEVILLE",
    // No such number is ever given out.
    id_number: "000000000",
    dob: Date::new(1990, 6, 5),
};

impl Person {
    pub(crate) fn address(&self) -> Address {
        let mut address = Address::default();
        address.city = Some("Sampleville".into());
        address.country = Some(self.country.into());
        address.line1 = Some("1 Sample Street".into());
        address.postal_code = Some("00000".into());
        address.state = Some("CA".into());
        address
    }
}
