use fastrand::Rng;
use serde::{Deserialize, Serialize};
use stripe_identity_core::types::{Address, Date, IdNumberType, Sensitive, Sex};

/// The person who submits a session, with all details that the checks can find out about them.
///
/// Everything is made up. Names come from a list, email addresses and phone numbers are from ranges that are reserved
/// for examples, and id numbers have a form that is never issued: an area that does not exist, or a wrong check digit.
/// A detail that is `None` is missing in the results.
///
/// ```
/// use stripe_identity_simulator::Person;
///
/// let person = Person::from_seed(7);
/// assert_eq!(person, Person::from_seed(7));
/// assert_ne!(person, Person::from_seed(8));
///
/// let minor = Person::from_seed(1).born(2012, 5, 1);
/// let unmatched = Person::from_seed(1).named("Ada", "Example").without_dob();
/// let german = Person::from_seed(1).country("DE");
/// assert_eq!(minor.dob.unwrap().expose().year, Some(2012));
/// assert_eq!((unmatched.first_name.unwrap().expose().as_str(), unmatched.dob), ("Ada", None));
/// assert_eq!(german.id_number, None);
/// ```
///
/// The outcome does not depend on the person: a minor is verified if the test says so. It is for the program under test
/// to decide what a person of that age may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Person {
    /// The first name.
    pub first_name: Option<Sensitive<String>>,
    /// The last name.
    pub last_name: Option<Sensitive<String>>,
    /// The date of birth.
    pub dob: Option<Sensitive<Date>>,
    /// The sex.
    pub sex: Option<Sensitive<Sex>>,
    /// The place of birth, as it is spelled on the document.
    pub place_of_birth: Option<Sensitive<String>>,
    /// The address. Its country is the country of the person.
    pub address: Option<Address>,
    /// The email address. The address in the `provided_details` of a session takes precedence.
    pub email: Option<Sensitive<String>>,
    /// The phone number. The number in the `provided_details` of a session takes precedence.
    pub phone: Option<Sensitive<String>>,
    /// The id number. `None` outside of Brazil, Singapore and the United States, unless it is set.
    pub id_number: Option<Sensitive<String>>,
    /// The type of the id number.
    pub id_number_type: Option<IdNumberType>,
    /// The number that id numbers are derived from.
    number: Sensitive<u32>,
}

const FEMALE: &[&str] = &["Ada", "Carla", "Dora", "Emilia", "Hanna", "Ines", "Lena", "Maria", "Nora", "Vera"];
const MALE: &[&str] = &["Anton", "Bruno", "Carlos", "David", "Emil", "Felix", "Hugo", "Jonas", "Oscar", "Viktor"];
const OTHER: &[&str] = &["Alex", "Jamie", "Kim", "Robin", "Sam"];
/// These are not names of families.
const LAST_NAMES: &[&str] = &[
    "Demoson",
    "Exampleton",
    "Fixturely",
    "Mockford",
    "Placeholt",
    "Sampleton",
    "Specimensen",
    "Stubbington",
    "Testwell",
];
const CITIES: &[&str] = &["Demoville", "Exampleton", "Mockburg", "Sampleville", "Testford"];

impl Person {
    /// Creates a person from a seed. The same seed gives the same person.
    ///
    /// The person is an adult who was born from 1950 to 1999, lives in the United States, and has all details.
    pub fn from_seed(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let (sex, first_names) = match random.u8(..10) {
            0 => (Sex::Unspecified, OTHER),
            1..=5 => (Sex::Female, FEMALE),
            _ => (Sex::Male, MALE),
        };
        let number = random.u32(1..100_000);
        let mut address = Address::default();
        address.city = Some(pick(&mut random, CITIES).into());
        address.line1 = Some(format!("{} Sample Street", random.u16(1..1000)).into());
        address.line2 = Some(format!("Apt {}", random.u8(1..100)).into());
        address.postal_code = Some("00000".into());
        address.state = Some("CA".into());
        Self {
            first_name: Some(pick(&mut random, first_names).into()),
            last_name: Some(pick(&mut random, LAST_NAMES).into()),
            dob: Some(Date::new(random.i64(1950..2000), random.i64(1..=12), random.i64(1..=28)).into()),
            sex: Some(sex.into()),
            place_of_birth: Some(pick(&mut random, CITIES).to_uppercase().into()),
            address: Some(address),
            email: Some(format!("person-{number}@example.com").into()),
            // The numbers 555-0100 to 555-0199 are reserved for fiction.
            phone: Some(format!("+1{}55501{:02}", random.u16(201..990), random.u8(..100)).into()),
            id_number: None,
            id_number_type: None,
            number: number.into(),
        }
        .country("US")
    }

    /// Sets the first and the last name.
    pub fn named(mut self, first_name: impl Into<String>, last_name: impl Into<String>) -> Self {
        self.first_name = Some(Sensitive::new(first_name.into()));
        self.last_name = Some(Sensitive::new(last_name.into()));
        self
    }

    /// Sets the date of birth.
    pub fn born(mut self, year: i64, month: i64, day: i64) -> Self {
        self.dob = Some(Date::new(year, month, day).into());
        self
    }

    /// Removes the date of birth.
    pub fn without_dob(mut self) -> Self {
        self.dob = None;
        self
    }

    /// Sets the country of the address, as a two-letter code such as `DE`, and the id number to one of that country.
    ///
    /// Stripe checks the id numbers of Brazil (`BR`), Singapore (`SG`) and the United States (`US`). For another
    /// country, the id number is removed. Outside of the United States, the address has no state.
    pub fn country(mut self, code: impl Into<String>) -> Self {
        let code = code.into();
        let id_number = id_number(&code, *self.number.expose());
        self.id_number_type = id_number.as_ref().map(|(type_, _)| type_.clone());
        self.id_number = id_number.map(|(_, number)| Sensitive::new(number));
        let address = self.address.get_or_insert_default();
        if code != "US" {
            address.state = None;
        }
        address.country = Some(Sensitive::new(code));
        self
    }
}

fn pick<'a>(random: &mut Rng, names: &[&'a str]) -> &'a str {
    random.choice(names).copied().unwrap_or_default()
}

/// Returns the type of a country's id numbers, and a number that belongs to nobody.
fn id_number(country: &str, number: u32) -> Option<(IdNumberType, String)> {
    match country {
        // The area 000 is never issued.
        "US" => Some((IdNumberType::UsSsn, format!("000{number:06}"))),
        "BR" => {
            let number = format!("{number:09}");
            let digits = number.bytes().map(|digit| u32::from(digit - b'0'));
            let sum: u32 = digits.zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum();
            let check = sum * 10 % 11 % 10;
            Some((IdNumberType::BrCpf, format!("{number}{}0", (check + 1) % 10)))
        }
        // K is not a check letter of this series.
        "SG" => Some((IdNumberType::SgNric, format!("S{number:07}K"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_of_different_seeds_differ() {
        let people: Vec<_> = (0..100).map(Person::from_seed).collect();
        let distinct: std::collections::HashSet<_> = people.iter().map(|person| &person.id_number).collect();
        assert!(distinct.len() > 95, "{} of 100", distinct.len());
        let sexes: std::collections::HashSet<_> = people.iter().map(|person| &person.sex).collect();
        assert_eq!(sexes.len(), 3);
    }

    #[test]
    fn id_number_is_of_the_country() {
        let of = |country: &str| {
            let person = Person::from_seed(7).country(country);
            (person.id_number_type, person.id_number.map_or(0, |number| number.expose().len()))
        };
        assert_eq!(of("US"), (Some(IdNumberType::UsSsn), 9));
        assert_eq!(of("BR"), (Some(IdNumberType::BrCpf), 11));
        assert_eq!(of("SG"), (Some(IdNumberType::SgNric), 9));
        assert_eq!(of("DE"), (None, 0));
        assert_eq!(Person::from_seed(7).country("DE").country("US").id_number, Person::from_seed(7).id_number);
    }

    #[test]
    fn checksum_of_a_brazilian_number_is_wrong() {
        // The first check digit of 123456789 is 0.
        assert_eq!(id_number("BR", 123_456_789), Some((IdNumberType::BrCpf, "12345678910".to_owned())));
    }

    #[test]
    fn debug_shows_no_detail() {
        let person = Person::from_seed(7).named("Ada", "Example");
        let shown = format!("{person:?}");
        for detail in ["Ada", "Example", "1 Sample", "person-", "555", "000"] {
            assert!(!shown.contains(detail), "{detail} is in {shown}");
        }
    }
}
