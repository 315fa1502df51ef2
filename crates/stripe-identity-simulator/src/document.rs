use bytes::Bytes;
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use stripe_identity_core::types::{Date, DocumentType, Sensitive};

use crate::serial;

/// The identity document of a person, with the images that the person takes of it and of themselves.
///
/// ```
/// use stripe_identity_core::types::DocumentType;
/// use stripe_identity_simulator::Document;
///
/// let document = Document::from_seed(7).type_(DocumentType::Passport).issued_by("DE").expires(2031, 5, 1);
/// assert_eq!(document.expiration_date.unwrap().expose().year, Some(2031));
/// ```
///
/// As with a [`Person`](crate::Person), the outcome does not depend on the document: to have an expired document
/// refused, choose the outcome `document_expired`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Document {
    /// The type. `None` stands for the first type that the session allows or, if it allows all, a driving license.
    pub type_: Option<DocumentType>,
    /// The document number, or `None` if it is missing in the report.
    pub number: Option<Sensitive<String>>,
    /// The country that issued the document, as a two-letter code. `None` stands for the country of the person's
    /// address.
    pub issuing_country: Option<Sensitive<String>>,
    /// The date of issue, or `None` if it is missing in the report.
    pub issued_date: Option<Sensitive<Date>>,
    /// The expiration date, or `None` if it is missing in the report.
    pub expiration_date: Option<Sensitive<Date>>,
    /// The first name on the document. `None` stands for the person's.
    pub first_name: Option<Sensitive<String>>,
    /// The last name on the document. `None` stands for the person's.
    pub last_name: Option<Sensitive<String>>,
    /// The image of the front, or of the photo page of a passport.
    #[serde(with = "serial::image")]
    pub front: Sensitive<Bytes>,
    /// The image of the back. A report of a passport has none.
    #[serde(with = "serial::image")]
    pub back: Sensitive<Bytes>,
    /// The selfie. Only the report of a session that requires one has it.
    #[serde(with = "serial::image")]
    pub selfie: Sensitive<Bytes>,
}

const FRONT: &[u8] = include_bytes!("document/front.png");
const BACK: &[u8] = include_bytes!("document/back.png");
const SELFIE: &[u8] = include_bytes!("document/selfie.png");
const DRAWINGS: [(&str, &[u8]); 3] = [("front", FRONT), ("back", BACK), ("selfie", SELFIE)];

/// Returns the name of a default image, or `None` if the image is another one.
pub(crate) fn name_of_drawing(image: &[u8]) -> Option<&'static str> {
    DRAWINGS.into_iter().find(|(_, drawing)| *drawing == image).map(|(name, _)| name)
}

/// Returns the default image with this name.
pub(crate) fn drawing(name: &str) -> Option<Bytes> {
    DRAWINGS.into_iter().find(|(known, _)| *known == name).map(|(_, drawing)| Bytes::from_static(drawing))
}

impl Document {
    /// Creates a document from a seed. The same seed gives the same document, and another seed gives another number.
    ///
    /// The document was issued on 2024-02-03 and expires on 2044-02-02. Its images are small PNG drawings.
    pub fn from_seed(seed: u64) -> Self {
        // The person with the same seed uses the seed itself.
        let number = Rng::with_seed(!seed).u32(..10_000_000);
        let image = |bytes: &'static [u8]| Sensitive::new(Bytes::from_static(bytes));
        Self {
            type_: None,
            number: Some(format!("X{number:07}").into()),
            issuing_country: None,
            issued_date: Some(Date::new(2024, 2, 3).into()),
            expiration_date: Some(Date::new(2044, 2, 2).into()),
            first_name: None,
            last_name: None,
            front: image(FRONT),
            back: image(BACK),
            selfie: image(SELFIE),
        }
    }

    /// Sets the type.
    pub fn type_(mut self, type_: DocumentType) -> Self {
        self.type_ = Some(type_);
        self
    }

    /// Sets the document number.
    pub fn number(mut self, number: impl Into<String>) -> Self {
        self.number = Some(Sensitive::new(number.into()));
        self
    }

    /// Sets the country that issued the document, as a two-letter code such as `DE`.
    pub fn issued_by(mut self, country: impl Into<String>) -> Self {
        self.issuing_country = Some(Sensitive::new(country.into()));
        self
    }

    /// Sets the expiration date.
    pub fn expires(mut self, year: i64, month: i64, day: i64) -> Self {
        self.expiration_date = Some(Date::new(year, month, day).into());
        self
    }

    /// Sets the name on the document. Defaults to the person's.
    pub fn named(mut self, first_name: impl Into<String>, last_name: impl Into<String>) -> Self {
        self.first_name = Some(Sensitive::new(first_name.into()));
        self.last_name = Some(Sensitive::new(last_name.into()));
        self
    }

    /// Sets the images of the front and the back. Stripe's are PNG or JPEG, but any bytes are accepted.
    pub fn images(mut self, front: impl Into<Vec<u8>>, back: impl Into<Vec<u8>>) -> Self {
        let image = |contents: Vec<u8>| Sensitive::new(Bytes::from(contents));
        (self.front, self.back) = (image(front.into()), image(back.into()));
        self
    }

    /// Sets the image of the selfie.
    pub fn selfie(mut self, image: impl Into<Vec<u8>>) -> Self {
        self.selfie = Sensitive::new(Bytes::from(image.into()));
        self
    }
}
