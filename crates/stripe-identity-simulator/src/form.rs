//! Parses `a=1&b[c]=2&d[0]=3` into a tree, from which an endpoint takes the parameters that it knows.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use stripe_identity_core::types::{ErrorCode, Patch};

use crate::duration::duration;
use crate::journal::names::is_known;
use crate::refusal::Refusal;

/// The largest number of parameters. No request needs that many, and a linear search through them is still cheap.
pub(crate) const MOST: usize = 1000;
/// The largest length of a name, in bytes. The names of Stripe's parameters are shorter.
const LONGEST_NAME: usize = 500;
/// The largest number of segments in a name. The names of Stripe's parameters have fewer.
const DEEPEST: usize = 8;
/// The largest length of a value, in characters.
const LONGEST_TEXT: usize = 5000;

/// The parameters of a request, or those below one name. A parameter that an endpoint does not take out is unknown.
#[derive(Debug, Default)]
pub(crate) struct Form {
    name: String,
    fields: Vec<(String, Node)>,
}

#[derive(Debug)]
enum Node {
    Text(String),
    Fields(Vec<(String, Node)>),
}

/// Returns whether a form has more than [`MOST`] parameters. This costs less than parsing it.
pub(crate) fn is_too_long(encoded: &[u8]) -> bool {
    // There may be a `&` before the first and after the last parameter.
    memchr::memchr_iter(b'&', encoded).count() > MOST + 1
}

impl Form {
    pub(crate) fn parse(encoded: &[u8]) -> Result<Self, Refusal> {
        let mut fields = Vec::new();
        for (index, (name, value)) in form_urlencoded::parse(encoded).enumerate() {
            if index == MOST {
                return Err(Refusal::too_many_parameters());
            }
            if name.len() > LONGEST_NAME {
                return Err(Refusal::too_long_name());
            }
            let path = path_of(&name).ok_or_else(|| Refusal::unknown_parameter(&name))?;
            insert(&mut fields, &path, value.into_owned()).ok_or_else(|| Refusal::contradiction(&name))?;
        }
        Ok(Self { name: String::new(), fields })
    }

    pub(crate) fn full_name(&self, field: &str) -> String {
        below(&self.name, field)
    }

    fn take(&mut self, field: &str) -> Option<Node> {
        debug_assert!(
            // The tests below use other names.
            cfg!(test) || is_known(field) || field.parse::<u16>().is_ok(),
            "the journal does not show {field}: expected it in WORDS of journal/names.rs"
        );
        let index = self.fields.iter().position(|(name, _)| name == field)?;
        Some(self.fields.remove(index).1)
    }

    /// Takes a string that is not empty.
    pub(crate) fn text(&mut self, field: &str) -> Result<Option<String>, Refusal> {
        let name = self.full_name(field);
        match self.take(field) {
            None => Ok(None),
            Some(Node::Text(text)) if text.is_empty() => {
                let message =
                    format!("You passed an empty string for '{name}'. Leave the parameter out, or pass a value.");
                Err(Refusal::with_code(ErrorCode::ParameterInvalidEmpty, &name, message))
            }
            Some(Node::Text(text)) if is_too_long_a_text(&text) => Err(too_long_text(&name)),
            Some(Node::Text(text)) => Ok(Some(text)),
            Some(Node::Fields(_)) => Err(Refusal::invalid_string(&name)),
        }
    }

    /// Takes a string. An empty one clears the field.
    pub(crate) fn clearable_text(&mut self, field: &str) -> Result<Patch<String>, Refusal> {
        if self.fields.iter().any(|(name, node)| name == field && matches!(node, Node::Text(text) if text.is_empty())) {
            self.take(field);
            return Ok(Patch::Clear);
        }
        Ok(self.text(field)?.map_or(Patch::Keep, Patch::Set))
    }

    /// Takes a string that is one of the allowed ones.
    pub(crate) fn one_of<T>(&mut self, field: &str, allowed: &[T]) -> Result<Option<T>, Refusal>
    where
        T: AsRef<str> + Clone,
    {
        let name = self.full_name(field);
        let Some(text) = self.text(field)? else { return Ok(None) };
        find(&name, &text, allowed).map(Some)
    }

    /// Takes a string and parses it.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&mut self, field: &str) -> Result<Option<T>, Refusal> {
        let name = self.full_name(field);
        let Some(text) = self.text(field)? else { return Ok(None) };
        text.parse().map(Some).map_err(|error: T::Err| Refusal::invalid(&name, &error.to_string()))
    }

    /// Takes a duration such as `30s`, `5m`, `24h` or `4d`.
    pub(crate) fn duration(&mut self, field: &str) -> Result<Option<Duration>, Refusal> {
        let name = self.full_name(field);
        let Some(text) = self.text(field)? else { return Ok(None) };
        let refusal =
            || Refusal::invalid(&name, &format!("Invalid {name}: must be a duration such as 30s, 5m, 24h or 4d"));
        duration(&text).ok_or_else(refusal).map(Some)
    }

    /// Takes a number from 0 to 1.
    pub(crate) fn probability(&mut self, field: &str) -> Result<Option<f64>, Refusal> {
        let name = self.full_name(field);
        let Some(text) = self.text(field)? else { return Ok(None) };
        let probability = text.parse().ok().filter(|it| (0.0..=1.0).contains(it));
        let refusal = || Refusal::invalid(&name, &format!("Invalid {name}: must be a number from 0 to 1"));
        probability.ok_or_else(refusal).map(Some)
    }

    pub(crate) fn boolean(&mut self, field: &str) -> Result<Option<bool>, Refusal> {
        let name = self.full_name(field);
        match self.text(field)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Refusal::invalid(&name, &format!("Invalid boolean for '{name}': must be true or false"))),
        }
    }

    pub(crate) fn integer(&mut self, field: &str) -> Result<Option<i64>, Refusal> {
        let name = self.full_name(field);
        let Some(text) = self.text(field)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            let message = format!("Invalid integer for '{name}': must be a whole number such as 10");
            Refusal::with_code(ErrorCode::ParameterInvalidInteger, &name, message)
        })
    }

    /// Takes a whole number from 0.
    pub(crate) fn count(&mut self, field: &str) -> Result<Option<u32>, Refusal> {
        let name = self.full_name(field);
        let Some(number) = self.integer(field)? else { return Ok(None) };
        u32::try_from(number).map(Some).map_err(|_| {
            Refusal::invalid(&name, &format!("Invalid {name}: must be a whole number from 0 to {}", u32::MAX))
        })
    }

    /// Takes the parameters below a name. An empty string clears them.
    pub(crate) fn object(&mut self, field: &str) -> Result<Patch<Self>, Refusal> {
        let name = self.full_name(field);
        match self.take(field) {
            None => Ok(Patch::Keep),
            Some(Node::Fields(fields)) => Ok(Patch::Set(Self { name, fields })),
            Some(Node::Text(text)) if text.is_empty() => Ok(Patch::Clear),
            Some(Node::Text(_)) => Err(Refusal::invalid_object(&name)),
        }
    }

    /// Returns whether there are parameters below a name.
    pub(crate) fn has_fields(&self, field: &str) -> bool {
        self.fields.iter().any(|(name, node)| name == field && matches!(node, Node::Fields(_)))
    }

    /// Takes a list of strings.
    pub(crate) fn texts(&mut self, field: &str) -> Result<Option<Vec<String>>, Refusal> {
        let name = self.full_name(field);
        match self.take(field) {
            None => Ok(None),
            Some(Node::Text(_)) => {
                Err(Refusal::invalid(&name, &format!("Invalid array: must have an index, such as {name}[0]")))
            }
            Some(Node::Fields(fields)) => {
                let mut list = Self { name, fields };
                let indexes: Vec<_> = list.fields.iter().map(|(index, _)| index.clone()).collect();
                if let Some(index) = indexes.iter().find(|index| index.parse::<u16>().is_err()) {
                    return Err(Refusal::unknown_parameter(&list.full_name(index)));
                }
                indexes.iter().filter_map(|index| list.text(index).transpose()).collect::<Result<_, _>>().map(Some)
            }
        }
    }

    /// Takes a list of strings that are all among the allowed ones.
    pub(crate) fn list_of<T>(&mut self, field: &str, allowed: &[T]) -> Result<Option<Vec<T>>, Refusal>
    where
        T: AsRef<str> + Clone,
    {
        let name = self.full_name(field);
        let Some(texts) = self.texts(field)? else { return Ok(None) };
        texts.iter().map(|text| find(&name, text, allowed)).collect::<Result<_, _>>().map(Some)
    }

    /// Returns all parameters that are left as pairs of name and value. A value may be empty.
    pub(crate) fn into_pairs(self) -> Result<Vec<(String, String)>, Refusal> {
        let pair = |(field, node): (String, Node)| match node {
            Node::Text(text) if is_too_long_a_text(&text) => Err(too_long_text(&below(&self.name, &field))),
            Node::Text(text) => Ok((field, text)),
            Node::Fields(_) => Err(Refusal::invalid_string(&below(&self.name, &field))),
        };
        self.fields.into_iter().map(pair).collect()
    }

    /// Refuses the request if a parameter was not taken out.
    pub(crate) fn finish(&self) -> Result<(), Refusal> {
        match self.fields.first() {
            None => Ok(()),
            Some((field, node)) => {
                let mut name = self.full_name(field);
                let mut node = node;
                while let Node::Fields(fields) = node
                    && let Some((inner, next)) = fields.first()
                {
                    name = below(&name, inner);
                    node = next;
                }
                Err(Refusal::unknown_parameter(&name))
            }
        }
    }
}

fn is_too_long_a_text(text: &str) -> bool {
    text.chars().count() > LONGEST_TEXT
}

fn too_long_text(name: &str) -> Refusal {
    Refusal::invalid(name, &format!("Invalid string: must be at most {LONGEST_TEXT} characters long"))
}

/// Returns the full name of a parameter below another one.
fn below(name: &str, field: &str) -> String {
    if name.is_empty() { field.to_owned() } else { format!("{name}[{field}]") }
}

fn find<T: AsRef<str> + Clone>(name: &str, text: &str, allowed: &[T]) -> Result<T, Refusal> {
    allowed.iter().find(|value| value.as_ref() == text).cloned().ok_or_else(|| {
        let allowed: Vec<_> = allowed.iter().map(AsRef::as_ref).collect();
        Refusal::invalid(name, &format!("Invalid {name}: must be one of {}", allowed.join(", ")))
    })
}

/// Splits `a[b][c]` into `a`, `b` and `c`. Returns `None` if the name has another form.
fn path_of(name: &str) -> Option<Vec<&str>> {
    let (first, mut rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    let mut path = vec![first];
    while !rest.is_empty() {
        let (segment, after) = rest.strip_prefix('[')?.split_once(']')?;
        path.push(segment);
        rest = after;
    }
    (path.len() <= DEEPEST && !first.is_empty()).then_some(path)
}

fn insert(fields: &mut Vec<(String, Node)>, path: &[&str], value: String) -> Option<()> {
    let (&first, rest) = path.split_first()?;
    // `a[]` takes the next index.
    let next_index = || {
        let last = fields.iter().filter_map(|(name, _)| name.parse::<u16>().ok()).max();
        last.map_or(Some(0), |last| last.checked_add(1))
    };
    let first = if first.is_empty() { next_index()?.to_string() } else { first.to_owned() };
    let index = fields.iter().position(|(name, _)| *name == first);
    match (index, rest) {
        (Some(index), []) => match &mut fields[index].1 {
            Node::Text(text) => *text = value,
            Node::Fields(_) => return None,
        },
        (None, []) => fields.push((first, Node::Text(value))),
        (Some(index), rest) => match &mut fields[index].1 {
            Node::Text(_) => return None,
            Node::Fields(below) => insert(below, rest, value)?,
        },
        (None, rest) => {
            let mut below = Vec::new();
            insert(&mut below, rest, value)?;
            fields.push((first, Node::Fields(below)));
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(encoded: &str) -> Form {
        Form::parse(encoded.as_bytes()).unwrap()
    }

    #[test]
    fn nested_names_and_escaped_values_are_parsed() {
        let mut form = form("a[b][0]=x%20y&a[b][1]=%C3%A9&c=1+2");
        let Patch::Set(mut a) = form.object("a").unwrap() else { panic!("it is an object") };
        assert_eq!(a.texts("b").unwrap().unwrap(), ["x y", "é"]);
        assert_eq!(form.text("c").unwrap().unwrap(), "1 2");
        a.finish().unwrap();
        form.finish().unwrap();
    }

    #[test]
    fn parameter_that_is_left_is_unknown_by_its_full_name() {
        let mut left = form("a[b][c]=1");
        let Patch::Set(a) = left.object("a").unwrap() else { panic!("it is an object") };
        assert_eq!(a.finish().unwrap_err().param(), Some("a[b][c]"));
        assert_eq!(form("x[y][0]=1").finish().unwrap_err().param(), Some("x[y][0]"));
    }

    #[test]
    fn malformed_or_contradictory_names_are_refused() {
        for encoded in ["a[b=1", "a[b]c=1", "[a]=1", "=1", "a=1&a[b]=2", "a[b]=2&a=1", "a[b][c][d][e][f][g][h][i]=1"] {
            assert!(Form::parse(encoded.as_bytes()).is_err(), "{encoded}");
        }
    }

    #[test]
    fn empty_index_is_the_one_after_the_last() {
        assert_eq!(form("a[1]=x&a[]=y&a[]=z").texts("a").unwrap().unwrap(), ["x", "y", "z"]);
        assert!(Form::parse(b"a[65535]=x&a[]=y").is_err());
        assert!(form(&format!("a[{}]=x&a[]=y", usize::MAX)).texts("a").is_err());
    }

    #[test]
    fn more_than_1000_parameters_are_refused() {
        let many = |count| (0..count).map(|index| format!("k{index}=v")).collect::<Vec<_>>().join("&");
        assert!(Form::parse(many(1000).as_bytes()).is_ok());
        assert!(Form::parse(many(1001).as_bytes()).is_err());
    }

    #[test]
    fn name_longer_than_500_bytes_is_refused() {
        let named = |length: usize| format!("{}=v", "k".repeat(length));
        assert!(Form::parse(named(500).as_bytes()).is_ok());
        assert!(Form::parse(named(501).as_bytes()).is_err());
    }

    #[test]
    fn value_of_another_type_is_refused() {
        assert!(form("a=yes").boolean("a").is_err());
        assert!(form("a[b]=true").boolean("a").is_err());
        assert!(form("a=1.5").integer("a").is_err());
        assert!(form("a=").text("a").is_err());
        assert!(form("a=x").object("a").is_err());
        assert!(form("a=x").texts("a").is_err());
        assert!(form("a[x]=y").texts("a").is_err());
        assert!(form("a=c").one_of("a", &["b"]).is_err());
        assert!(form(&format!("a={}", "x".repeat(5001))).text("a").is_err());
        for (length, is_allowed) in [(5000, true), (5001, false)] {
            let Patch::Set(pairs) = form(&format!("a[b]={}", "é".repeat(length))).object("a").unwrap() else {
                panic!("it is an object")
            };
            assert_eq!(pairs.into_pairs().is_ok(), is_allowed);
        }
        assert_eq!(form("a=true").boolean("a").unwrap(), Some(true));
        assert_eq!(form("a=-5").integer("a").unwrap(), Some(-5));
    }
}
