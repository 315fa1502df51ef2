use std::error::Error;
use std::fmt;
use std::panic::Location;

use bytes::Bytes;

/// What a script expects of one request. What is `None` may be anything.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) method: http::Method,
    pub(crate) path: String,
    pub(crate) params: Option<Vec<(String, String)>>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) at: &'static Location<'static>,
}

/// In what way a request is not what the script expects.
#[derive(Clone)]
pub(crate) struct Difference(String);

impl Difference {
    /// `None` if the request is as expected.
    pub(crate) fn between(expected: &Expected, request: &http::Request<Bytes>) -> Option<Self> {
        let mut lines = Lines::default();
        lines.compare("method", Some(expected.method.as_str()), Some(request.method().as_str()));
        lines.compare("path", Some(&expected.path), Some(request.uri().path()));
        if let Some(params) = &expected.params {
            let mut unexpected = params_of(request);
            for pair in params {
                match unexpected.iter().position(|actual| actual == pair) {
                    Some(index) => drop(unexpected.remove(index)),
                    None => lines.compare("params", Some(&show(pair)), None),
                }
            }
            for pair in &unexpected {
                lines.compare("params", None, Some(&show(pair)));
            }
        }
        for (name, value) in &expected.headers {
            let actual = request.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
            lines.compare(name, Some(value), actual.as_deref());
        }
        let text = lines.0;
        (!text.is_empty()).then(|| Self(format!("expected at {}, and a request differs:\n{text}", expected.at)))
    }

    pub(crate) fn not_expected(request: &http::Request<Bytes>) -> Self {
        Self(format!("no further request is expected, and there came:\n{}", show_request(request)))
    }

    pub(crate) fn never_came(expected: &Expected) -> Self {
        Self(format!("expected at {}, and never came:\n    {} {}\n", expected.at, expected.method, expected.path))
    }
}

/// The parameters, from the query or the body.
fn params_of(request: &http::Request<Bytes>) -> Vec<(String, String)> {
    let query = request.uri().query().unwrap_or_default().as_bytes();
    [query, request.body()].into_iter().flat_map(|form| form_urlencoded::parse(form).into_owned()).collect()
}

fn show((name, value): &(String, String)) -> String {
    format!("{name}={value}")
}

fn show_request(request: &http::Request<Bytes>) -> String {
    let params: String = params_of(request).iter().map(|pair| format!("        {}\n", show(pair))).collect();
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

/// As `unwrap` on the failed call shows it.
impl fmt::Debug for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Difference {}
