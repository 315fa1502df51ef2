use askama::Template;

/// A page that shows a state and has no form.
#[derive(Default, Template)]
#[template(path = "state.html")]
pub(crate) struct StatePage<'a> {
    pub(crate) title: &'a str,
    /// The colour of its mark: `good`, `bad`, `busy`, or empty for none.
    pub(crate) tone: &'a str,
    pub(crate) paragraphs: Vec<String>,
    /// The reason for a failure, and its code.
    pub(crate) failure: Option<(&'a str, &'a str)>,
    /// A link, as a URL and a label.
    pub(crate) link: Option<(&'a str, &'a str)>,
    pub(crate) session: Option<&'a str>,
    /// The origin of the page that shows this one in a dialog.
    pub(crate) opener: Option<&'a str>,
    /// The message that the opener gets.
    pub(crate) news: &'a str,
}

impl StatePage<'_> {
    pub(crate) fn nowhere() -> Self {
        let text = "There is no verification at this address. A link works once, for 48 hours, and only while it is \
                    the latest link of its session.";
        let remedy = "Go back to the application and start again there: it gets a new link when it retrieves the \
                      session.";
        Self {
            title: "This link leads nowhere",
            paragraphs: vec![text.to_owned(), remedy.to_owned()],
            ..Self::default()
        }
    }

    pub(crate) fn refused(reason: &str) -> Self {
        Self {
            title: "This request is refused",
            tone: "bad",
            paragraphs: vec![reason.to_owned(), "Nothing was submitted. Go back to the page and try again.".to_owned()],
            ..Self::default()
        }
    }
}
