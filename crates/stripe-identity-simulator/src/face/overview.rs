//! The read-only pages that show the contents of the simulator, without personal data.

use std::fmt;
use std::time::Duration;

use askama::Template;
use http::Uri;
use stripe_identity_core::types::Timestamp;

/// The path of the page that shows all worlds.
pub(crate) const OVERVIEW: &str = "/";

/// Returns whether a path is that of one of these pages.
#[cfg(feature = "server")]
pub(crate) fn is_at(path: &str) -> bool {
    path == OVERVIEW || path.starts_with("/_simulator/worlds/") || path.starts_with("/_simulator/sessions/")
}

/// The page of all worlds.
#[derive(Template)]
#[template(path = "overview.html")]
pub(crate) struct OverviewPage<'a> {
    /// The URL of the server, for the commands that the page shows.
    pub(crate) base_url: &'a str,
    pub(crate) worlds: Vec<World>,
    /// The number of worlds that the page does not show.
    pub(crate) other_worlds: usize,
    pub(crate) requests: Vec<RequestRow>,
    pub(crate) deliveries: Vec<DeliveryRow>,
    /// The relative path from the page to the root, a prefix of all links.
    pub(crate) root: &'static str,
    pub(crate) opener: Option<&'a str>,
}

impl OverviewPage<'_> {
    /// Returns whether there is no session yet.
    fn is_empty(&self) -> bool {
        self.worlds.iter().all(|world| world.sessions.is_empty())
    }
}

/// The page of one world.
#[derive(Template)]
#[template(path = "world.html")]
pub(crate) struct WorldPage<'a> {
    pub(crate) world: World,
    pub(crate) root: &'static str,
    pub(crate) opener: Option<&'a str>,
}

/// The page of one session: its history.
#[derive(Template)]
#[template(path = "session.html")]
pub(crate) struct SessionPage<'a> {
    pub(crate) world: &'a str,
    pub(crate) tag: &'a str,
    pub(crate) session: SessionRow,
    /// The type of the session.
    pub(crate) type_: String,
    pub(crate) created: Moment,
    /// The time of the clock of the world.
    pub(crate) now: Moment,
    pub(crate) is_frozen: bool,
    /// Everything that is due, the next action first.
    pub(crate) due: Vec<String>,
    /// The path of the page where the user submits, while it is open.
    pub(crate) page: Option<String>,
    pub(crate) requests: Vec<RequestRow>,
    pub(crate) events: Vec<EventRow>,
    pub(crate) attempts: Vec<AttemptRow>,
    pub(crate) reports: Vec<ReportRow>,
    /// Whether earlier entries are left out.
    pub(crate) has_more: bool,
    pub(crate) root: &'static str,
    pub(crate) opener: Option<&'a str>,
}

pub(crate) struct World {
    /// The name, shortened if it may be a secret.
    pub(crate) name: String,
    /// The tag that all ids of the world contain.
    pub(crate) tag: String,
    pub(crate) now: Moment,
    pub(crate) is_frozen: bool,
    /// The newest first.
    pub(crate) sessions: Vec<SessionRow>,
    /// The id of the last session on the page, if there are earlier ones.
    pub(crate) more_after: Option<String>,
}

#[derive(Clone)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) status: &'static str,
    /// `good`, `bad`, `busy`, or empty for none.
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
    /// The code of the error, and the effects of faults.
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
    /// The status of the response, or the failure in words.
    pub(crate) answer: String,
    pub(crate) tone: &'static str,
    pub(crate) latency: Option<Milliseconds>,
    /// The disorder that applied, and the trigger of an attempt that was not due.
    pub(crate) notes: Vec<String>,
}

pub(crate) struct ReportRow {
    pub(crate) time: Moment,
    pub(crate) id: String,
    /// Each check with its result.
    pub(crate) checks: Vec<String>,
}

/// A time that is displayed without its year.
#[derive(Clone, Copy)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl Moment {
    /// Returns the time with its year, for the attribute `datetime`.
    pub(crate) fn whole(self) -> String {
        self.0.to_string()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.whole();
        // Only for years with four digits.
        match whole.get(5..19).filter(|_| whole.len() == 20) {
            Some(short) => f.write_str(&short.replace('T', " ")),
            None => f.write_str(&whole),
        }
    }
}

/// A duration, in the largest unit of which it has at least two.
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

/// A duration in milliseconds, with a fraction if it is short.
#[derive(Clone, Copy)]
pub(crate) struct Milliseconds(pub(crate) Duration);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.0 < Duration::from_millis(10) { 2 } else { 0 };
        write!(f, "{:.digits$} ms", self.0.as_secs_f64() * 1_000.0)
    }
}

/// Returns the URL of an endpoint without the parts that may be secret, shortened if it is long.
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
    fn time_is_displayed_short() {
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
    fn place_of_endpoint_has_no_secret_and_is_short() {
        let url: Uri = "https://user:password@a.test:8443/hook?token=planted".parse().unwrap();
        assert_eq!(place(&url), "https://a.test:8443/hook");
        let long: Uri = format!("http://a.test/{}", "x".repeat(500)).parse().unwrap();
        assert_eq!(place(&long).chars().count(), 101);
    }
}
