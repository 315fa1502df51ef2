use askama::Template;

/// A page that says where things stand.
#[derive(Default, Template)]
#[template(path = "state.html")]
pub(crate) struct StatePage<'a> {
    pub(crate) title: &'a str,
    /// Which colour its mark has: `good`, `bad`, `busy`, or none.
    pub(crate) tone: &'a str,
    pub(crate) paragraphs: Vec<String>,
    /// The reason of a failure, and its code.
    pub(crate) failure: Option<(&'a str, &'a str)>,
    /// Where to go on, and what that is.
    pub(crate) link: Option<(&'a str, &'a str)>,
    pub(crate) session: Option<&'a str>,
    /// The origin of the page that shows this in a dialog, and what it learns.
    pub(crate) opener: Option<&'a str>,
    pub(crate) news: &'a str,
}

impl StatePage<'_> {
    pub(crate) fn nowhere() -> Self {
        let text = "No verification is at this address. A link leads to one for 48 hours, until it is used, and while it \
                    is the latest of its session.";
        let remedy = "Go back to the application and start again there: it gets a fresh link when it retrieves the \
                      session.";
        Self {
            title: "This link leads nowhere",
            paragraphs: vec![text.to_owned(), remedy.to_owned()],
            ..Self::default()
        }
    }

    pub(crate) fn refused(reason: &str) -> Self {
        Self {
            title: "This cannot be taken",
            tone: "bad",
            paragraphs: vec![reason.to_owned(), "Nothing was submitted. Go back to the page and try again.".to_owned()],
            ..Self::default()
        }
    }
}
