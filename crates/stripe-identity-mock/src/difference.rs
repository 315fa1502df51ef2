use std::error::Error;
use std::fmt;
use std::panic::Location;

use bytes::Bytes;

/// What a script expects of one request. A part that is not set matches anything.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) method: http::Method,
    pub(crate) path: String,
    /// `None` matches any parameters.
    pub(crate) params: Option<Vec<(String, String)>>,
    pub(crate) headers: Vec<(String, String)>,
    /// Where the test expects it.
    pub(crate) at: &'static Location<'static>,
}

/// How a request differs from what the script expects.
#[derive(Clone)]
pub(crate) struct Difference(String);

impl Difference {
    /// Compares a request with an expectation. Returns `None` if it matches.
    pub(crate) fn between(expected: &Expected, request: &http::Request<Bytes>) -> Option<Self> {
        let mut lines = Lines::default();
        lines.compare("method", Some(expected.method.as_str()), Some(request.method().as_str()));
        lines.compare("path", Some(&expected.path), Some(request.uri().path()));
        if let Some(params) = &expected.params {
            let mut unexpected = params_of(request);
            for pair in params {
                match unexpected.iter().position(|actual| actual == pair) {
                    Some(index) => drop(unexpected.remove(index)),
                    None => lines.compare("params", Some(&format_param(pair)), None),
                }
            }
            for pair in &unexpected {
                lines.compare("params", None, Some(&format_param(pair)));
            }
        }
        for (name, value) in &expected.headers {
            let actual = request.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
            lines.compare(name, Some(value), actual.as_deref());
        }
        let text = lines.0;
        (!text.is_empty())
            .then(|| Self(format!("the request differs from the expectation at {}:\n{text}", expected.at)))
    }

    pub(crate) fn not_expected(request: &http::Request<Bytes>) -> Self {
        Self(format!("unexpected request after the end of the script:\n{}", format_request(request)))
    }

    pub(crate) fn not_sent(expected: &Expected) -> Self {
        Self(format!(
            "the request expected at {} was not sent:\n    {} {}\n",
            expected.at, expected.method, expected.path
        ))
    }
}

/// Returns the parameters of the query and the body.
fn params_of(request: &http::Request<Bytes>) -> Vec<(String, String)> {
    let query = request.uri().query().unwrap_or_default().as_bytes();
    [query, request.body()].into_iter().flat_map(|form| form_urlencoded::parse(form).into_owned()).collect()
}

fn format_param((name, value): &(String, String)) -> String {
    format!("{name}={value}")
}

fn format_request(request: &http::Request<Bytes>) -> String {
    let params: String = params_of(request).iter().map(|pair| format!("        {}\n", format_param(pair))).collect();
    format!("    {} {}\n{params}", request.method(), request.uri().path())
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn compare(&mut self, what: &str, expected: Option<&str>, actual: Option<&str>) {
        if expected == actual {
            return;
        }
        let sides = [('-', expected), ('+', actual)];
        let lines = sides.into_iter().filter_map(|(sign, side)| Some(format!("    {what}: {sign} {}\n", side?)));
        self.0.extend(lines);
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The same as `Display`, so that `unwrap` on the failed call shows it readably.
impl fmt::Debug for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Difference {}
