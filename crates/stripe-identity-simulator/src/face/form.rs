use askama::Template;

/// The page where a user submits a try.
#[derive(Template)]
#[template(path = "form.html")]
pub(crate) struct FormPage<'a> {
    pub(crate) session: &'a str,
    pub(crate) token: &'a str,
    /// Distinguishes this rendering of the page from others.
    pub(crate) rendering: &'a str,
    pub(crate) asked: Vec<Asked<'a>>,
    /// The reason for the last failure, and its code.
    pub(crate) last_failure: Option<(&'a str, &'a str)>,
    /// The choices, grouped by the check that fails. The first group has no name.
    pub(crate) outcomes: Vec<(&'static str, Vec<Choice>)>,
    pub(crate) outcome_error: Option<String>,
    /// The made-up person, as names and values.
    pub(crate) person: Vec<(&'static str, String)>,
    /// The field for the number that chooses the made-up person.
    pub(crate) number: Field,
    pub(crate) person_fields: Vec<Field>,
    pub(crate) document_fields: Vec<Field>,
    pub(crate) images: Vec<Field>,
    /// The origin of the page that shows this one in a dialog.
    pub(crate) opener: Option<&'a str>,
}

/// Something that a session asks for.
pub(crate) struct Asked<'a> {
    pub(crate) what: &'static str,
    pub(crate) detail: String,
    /// The value that the application has provided.
    pub(crate) given: Option<&'a str>,
}

/// One of the values of a field.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) is_chosen: bool,
}

/// A field of the form.
#[derive(Default)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) label: &'static str,
    pub(crate) value: String,
    /// The made-up value that an empty field gets.
    pub(crate) made_up: String,
    /// The values to choose from. Empty for a text field.
    pub(crate) choices: Vec<Choice>,
    pub(crate) error: Option<String>,
}

impl Field {
    /// Returns the id of the field in the page.
    pub(crate) fn id(&self) -> String {
        self.name.replace(['[', ']'], "_")
    }
}

impl FormPage<'_> {
    fn all_fields(&self) -> impl Iterator<Item = &Field> {
        std::iter::once(&self.number).chain(&self.person_fields).chain(&self.document_fields).chain(&self.images)
    }

    /// Returns the errors, each with the id and the label of its field.
    fn errors(&self) -> Vec<(String, &'static str, &str)> {
        let outcome = self.outcome_error.iter().map(|error| ("outcome".to_owned(), "Outcome", error.as_str()));
        let fields = self.all_fields().filter_map(|field| Some((field.id(), field.label, field.error.as_deref()?)));
        outcome.chain(fields).collect()
    }

    fn is_open(fields: &[Field]) -> bool {
        fields.iter().any(|field| field.error.is_some() || !field.value.is_empty())
    }
}
