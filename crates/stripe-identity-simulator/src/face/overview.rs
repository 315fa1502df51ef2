//! The pages that show what the simulator holds: they only show, and of persons they show nothing.

use std::fmt;
use std::time::Duration;

use askama::Template;
use http::Uri;
use stripe_identity_core::types::Timestamp;

/// Where all worlds are.
pub(crate) const OVERVIEW: &str = "/";

/// Whether one of these pages is at a path.
#[cfg(feature = "server")]
pub(crate) fn is_at(path: &str) -> bool {
    path == OVERVIEW || path.starts_with("/_simulator/worlds/") || path.starts_with("/_simulator/sessions/")
}

/// All worlds.
#[derive(Template)]
#[template(path = "overview.html")]
pub(crate) struct OverviewPage<'a> {
    /// Of the server, for what is to be typed.
    pub(crate) base_url: &'a str,
    pub(crate) worlds: Vec<World>,
    /// How many worlds there are besides.
    pub(crate) other_worlds: usize,
    pub(crate) requests: Vec<RequestRow>,
    pub(crate) deliveries: Vec<DeliveryRow>,
    /// Leads from the page to the root, with what comes before the links.
    pub(crate) root: &'static str,
    pub(crate) opener: Option<&'a str>,
}

impl OverviewPage<'_> {
    /// Whether there is no session yet.
    fn is_empty(&self) -> bool {
        self.worlds.iter().all(|world| world.sessions.is_empty())
    }
}

/// One world.
#[derive(Template)]
#[template(path = "world.html")]
pub(crate) struct WorldPage<'a> {
    pub(crate) world: World,
    pub(crate) root: &'static str,
    pub(crate) opener: Option<&'a str>,
}

/// What happened to a session.
#[derive(Template)]
#[template(path = "session.html")]
pub(crate) struct SessionPage<'a> {
    pub(crate) world: &'a str,
    pub(crate) tag: &'a str,
    pub(crate) session: SessionRow,
    /// What it asks for.
    pub(crate) type_: String,
    pub(crate) created: Moment,
    /// By the world's clock.
    pub(crate) now: Moment,
    pub(crate) is_frozen: bool,
    /// All that is due, the next first.
    pub(crate) due: Vec<String>,
    /// The path of its page, while it is open.
    pub(crate) page: Option<String>,
    pub(crate) requests: Vec<RequestRow>,
    pub(crate) events: Vec<EventRow>,
    pub(crate) attempts: Vec<AttemptRow>,
    pub(crate) reports: Vec<ReportRow>,
    /// Whether something earlier is left out.
    pub(crate) has_more: bool,
    pub(crate) root: &'static str,
    pub(crate) opener: Option<&'a str>,
}

pub(crate) struct World {
    /// As it may be shown.
    pub(crate) name: String,
    /// What its ids have in common.
    pub(crate) tag: String,
    pub(crate) now: Moment,
    pub(crate) is_frozen: bool,
    /// The newest first.
    pub(crate) sessions: Vec<SessionRow>,
    /// The id of the last one that is shown, if there are earlier ones.
    pub(crate) more_after: Option<String>,
}

#[derive(Clone)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) status: &'static str,
    /// `good`, `bad`, `busy`, or none.
    pub(crate) tone: &'static str,
    /// The code of the last failure.
    pub(crate) failure: Option<String>,
    pub(crate) age: Age,
    pub(crate) due: String,
}

pub(crate) struct RequestRow {
    pub(crate) time: Moment,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The session, if the request is to one.
    pub(crate) session: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) duration: Milliseconds,
    /// Why it was refused, and what was done to it on purpose.
    pub(crate) notes: Vec<String>,
}

pub(crate) struct EventRow {
    pub(crate) time: Moment,
    pub(crate) type_: String,
    pub(crate) id: String,
    pub(crate) pending: u32,
}

pub(crate) struct DeliveryRow {
    pub(crate) time: Moment,
    pub(crate) event_type: String,
    pub(crate) endpoint: String,
    pub(crate) status: &'static str,
    pub(crate) tone: &'static str,
    pub(crate) attempts: u32,
    pub(crate) next: Option<Moment>,
}

pub(crate) struct AttemptRow {
    pub(crate) time: Moment,
    pub(crate) event_type: String,
    pub(crate) endpoint: String,
    pub(crate) number: u32,
    /// What the receiver answered, in words.
    pub(crate) answer: String,
    pub(crate) tone: &'static str,
    pub(crate) latency: Option<Milliseconds>,
    /// What was done to it on purpose, and why it was made if it was not due.
    pub(crate) notes: Vec<String>,
}

pub(crate) struct ReportRow {
    pub(crate) time: Moment,
    pub(crate) id: String,
    /// Each check with its result.
    pub(crate) checks: Vec<String>,
}

/// A time without its year.
#[derive(Clone, Copy)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl Moment {
    /// Returns the whole time, for programs.
    pub(crate) fn whole(self) -> String {
        self.0.to_string()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.whole();
        // Only of years with four digits.
        match whole.get(5..19).filter(|_| whole.len() == 20) {
            Some(short) => f.write_str(&short.replace('T', " ")),
            None => f.write_str(&whole),
        }
    }
}

/// How long something is, in a unit of which it has at least two.
#[derive(Clone, Copy)]
pub(crate) struct Age(pub(crate) Duration);

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            0..=119 => write!(f, "{seconds} s"),
            120..=7_199 => write!(f, "{} min", seconds / 60),
            7_200..=172_799 => write!(f, "{} h", seconds / 3_600),
            _ => write!(f, "{} d", seconds / 86_400),
        }
    }
}

/// A duration in milliseconds, with a fraction while it is short.
#[derive(Clone, Copy)]
pub(crate) struct Milliseconds(pub(crate) Duration);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.0 < Duration::from_millis(10) { 2 } else { 0 };
        write!(f, "{:.digits$} ms", self.0.as_secs_f64() * 1_000.0)
    }
}

/// Shows where an endpoint is, without what may be secret in its URL.
pub(crate) fn place(url: &Uri) -> String {
    const LONGEST: usize = 100;
    let authority = url.authority().map_or("", |authority| authority.as_str());
    let host = authority.rsplit('@').next().unwrap_or_default();
    let shown = format!("{}://{host}{}", url.scheme_str().unwrap_or_default(), url.path());
    match shown.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_few_letters() {
        assert_eq!(Moment(Timestamp::from_secs(1_793_000_000)).to_string(), "10-26 07:33:20");
        assert_eq!(Moment(Timestamp::from_secs(i64::MAX)).to_string(), Timestamp::from_secs(i64::MAX).to_string());
        for (seconds, shown) in
            [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (172_799, "47 h"), (172_800, "2 d")]
        {
            assert_eq!(Age(Duration::from_secs(seconds)).to_string(), shown);
        }
        assert_eq!(Milliseconds(Duration::from_micros(340)).to_string(), "0.34 ms");
        assert_eq!(Milliseconds(Duration::from_micros(30_400)).to_string(), "30 ms");
    }

    #[test]
    fn place_of_an_endpoint_has_no_secret() {
        let url: Uri = "https://user:password@a.test:8443/hook?token=planted".parse().unwrap();
        assert_eq!(place(&url), "https://a.test:8443/hook");
        let long: Uri = format!("http://a.test/{}", "x".repeat(500)).parse().unwrap();
        assert_eq!(place(&long).chars().count(), 101);
    }
}
