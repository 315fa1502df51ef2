//! Reads `a=1&b[c]=2&d[0]=3` into a tree, and takes it apart as an endpoint asks for it.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use stripe_identity_core::types::{ErrorCode, Patch};

use crate::duration::duration;
use crate::journal::names::is_known;
use crate::refusal::Refusal;

/// More parameters than any request needs: with 50 metadata pairs and 20 event types there is room to spare. Looking each
/// one up in the order in which they came costs little up to here.
pub(crate) const MOST: usize = 1000;
/// Longer names than any parameter of the API has. Names of up to this length are compared quickly.
const LONGEST_NAME: usize = 500;
/// Deeper names than any parameter of the API has.
const DEEPEST: usize = 8;
const LONGEST_TEXT: usize = 5000;

/// The parameters of a request, or those below one name. What an endpoint does not take out is unknown to it.
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

/// Whether a form has more parameters than any request needs. This costs less than reading them.
pub(crate) fn is_too_long(encoded: &[u8]) -> bool {
    // There may be one before the first and one after the last.
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
            insert(&mut fields, &path, value.into_owned()).ok_or_else(|| Refusal::invalid(&name, "Invalid value"))?;
        }
        Ok(Self { name: String::new(), fields })
    }

    pub(crate) fn full_name(&self, field: &str) -> String {
        below(&self.name, field)
    }

    fn take(&mut self, field: &str) -> Option<Node> {
        debug_assert!(
            // The tests below take any names.
            cfg!(test) || is_known(field) || field.parse::<u16>().is_ok(),
            "the journal does not show {field}: expected it in WORDS of journal/names.rs"
        );
        let index = self.fields.iter().position(|(name, _)| name == field)?;
        Some(self.fields.remove(index).1)
    }

    /// A text that is not empty.
    pub(crate) fn text(&mut self, field: &str) -> Result<Option<String>, Refusal> {
        let name = self.full_name(field);
        match self.take(field) {
            None => Ok(None),
            Some(Node::Text(text)) if text.is_empty() => {
                let message = format!("You passed an empty string for '{name}'. Leave it out to leave it unset.");
                Err(Refusal::with_code(ErrorCode::ParameterInvalidEmpty, &name, message))
            }
            Some(Node::Text(text)) if is_too_long_a_text(&text) => Err(too_long_text(&name)),
            Some(Node::Text(text)) => Ok(Some(text)),
            Some(Node::Fields(_)) => Err(Refusal::invalid(&name, &format!("Invalid string for '{name}'"))),
        }
    }

    /// A text, where an empty one clears.
    pub(crate) fn clearable_text(&mut self, field: &str) -> Result<Patch<String>, Refusal> {
        if self.fields.iter().any(|(name, node)| name == field && matches!(node, Node::Text(text) if text.is_empty())) {
            self.take(field);
            return Ok(Patch::Clear);
        }
        Ok(self.text(field)?.map_or(Patch::Keep, Patch::Set))
    }

    /// One of some texts.
    pub(crate) fn one_of<T>(&mut self, field: &str, allowed: &[T]) -> Result<Option<T>, Refusal>
    where
        T: AsRef<str> + Clone,
    {
        let name = self.full_name(field);
        let Some(text) = self.text(field)? else { return Ok(None) };
        find(&name, &text, allowed).map(Some)
    }

    /// A text that stands for a value of a type.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&mut self, field: &str) -> Result<Option<T>, Refusal> {
        let name = self.full_name(field);
        let Some(text) = self.text(field)? else { return Ok(None) };
        text.parse().map(Some).map_err(|error: T::Err| Refusal::invalid(&name, &error.to_string()))
    }

    /// A time such as `30s`, `5m`, `24h` or `4d`.
    pub(crate) fn duration(&mut self, field: &str) -> Result<Option<Duration>, Refusal> {
        let name = self.full_name(field);
        let Some(text) = self.text(field)? else { return Ok(None) };
        let refusal = || Refusal::invalid(&name, &format!("Invalid {name}: must be a time such as 30s, 5m, 24h or 4d"));
        duration(&text).ok_or_else(refusal).map(Some)
    }

    /// A number from 0 to 1.
    pub(crate) fn probability(&mut self, field: &str) -> Result<Option<f64>, Refusal> {
        let name = self.full_name(field);
        let Some(text) = self.text(field)? else { return Ok(None) };
        let probability = text.parse().ok().filter(|it| (0.0..=1.0).contains(it));
        let refusal = || Refusal::invalid(&name, &format!("Invalid {name}: must be from 0 to 1"));
        probability.ok_or_else(refusal).map(Some)
    }

    pub(crate) fn boolean(&mut self, field: &str) -> Result<Option<bool>, Refusal> {
        let name = self.full_name(field);
        match self.text(field)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Refusal::invalid(&name, "Invalid boolean")),
        }
    }

    pub(crate) fn integer(&mut self, field: &str) -> Result<Option<i64>, Refusal> {
        let name = self.full_name(field);
        let Some(text) = self.text(field)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            Refusal::with_code(ErrorCode::ParameterInvalidInteger, &name, format!("Invalid integer for '{name}'"))
        })
    }

    /// The parameters below a name, where an empty text clears them.
    pub(crate) fn object(&mut self, field: &str) -> Result<Patch<Self>, Refusal> {
        let name = self.full_name(field);
        match self.take(field) {
            None => Ok(Patch::Keep),
            Some(Node::Fields(fields)) => Ok(Patch::Set(Self { name, fields })),
            Some(Node::Text(text)) if text.is_empty() => Ok(Patch::Clear),
            Some(Node::Text(_)) => Err(Refusal::invalid(&name, "Invalid object")),
        }
    }

    /// Whether there are parameters below a name.
    pub(crate) fn has_fields(&self, field: &str) -> bool {
        self.fields.iter().any(|(name, node)| name == field && matches!(node, Node::Fields(_)))
    }

    /// Texts in a list.
    pub(crate) fn texts(&mut self, field: &str) -> Result<Option<Vec<String>>, Refusal> {
        let name = self.full_name(field);
        match self.take(field) {
            None => Ok(None),
            Some(Node::Text(_)) => Err(Refusal::invalid(&name, "Invalid array")),
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

    /// Values in a list, each one of some.
    pub(crate) fn list_of<T>(&mut self, field: &str, allowed: &[T]) -> Result<Option<Vec<T>>, Refusal>
    where
        T: AsRef<str> + Clone,
    {
        let name = self.full_name(field);
        let Some(texts) = self.texts(field)? else { return Ok(None) };
        texts.iter().map(|text| find(&name, text, allowed)).collect::<Result<_, _>>().map(Some)
    }

    /// All that is left, as texts by name; an empty text is one too.
    pub(crate) fn into_pairs(self) -> Result<Vec<(String, String)>, Refusal> {
        let pair = |(field, node): (String, Node)| match node {
            Node::Text(text) if is_too_long_a_text(&text) => Err(too_long_text(&below(&self.name, &field))),
            Node::Text(text) => Ok((field, text)),
            Node::Fields(_) => {
                let name = below(&self.name, &field);
                Err(Refusal::invalid(&name, &format!("Invalid string for '{name}'")))
            }
        };
        self.fields.into_iter().map(pair).collect()
    }

    /// Refuses what was not taken out.
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
    Refusal::invalid(name, &format!("Invalid string: longer than {LONGEST_TEXT} characters"))
}

/// The full name of a parameter below another.
fn below(name: &str, field: &str) -> String {
    if name.is_empty() { field.to_owned() } else { format!("{name}[{field}]") }
}

fn find<T: AsRef<str> + Clone>(name: &str, text: &str, allowed: &[T]) -> Result<T, Refusal> {
    allowed.iter().find(|value| value.as_ref() == text).cloned().ok_or_else(|| {
        let allowed: Vec<_> = allowed.iter().map(AsRef::as_ref).collect();
        Refusal::invalid(name, &format!("Invalid {name}: must be one of {}", allowed.join(", ")))
    })
}

/// `a[b][c]` as `a`, `b`, `c`; `None` if it is written in another way.
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
    // `a[]` goes on with the next index.
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
    fn names_nest_and_values_are_unescaped() {
        let mut form = form("a[b][0]=x%20y&a[b][1]=%C3%A9&c=1+2");
        let Patch::Set(mut a) = form.object("a").unwrap() else { panic!("it is an object") };
        assert_eq!(a.texts("b").unwrap().unwrap(), ["x y", "é"]);
        assert_eq!(form.text("c").unwrap().unwrap(), "1 2");
        a.finish().unwrap();
        form.finish().unwrap();
    }

    #[test]
    fn what_is_left_is_unknown_and_named_in_full() {
        let mut left = form("a[b][c]=1");
        let Patch::Set(a) = left.object("a").unwrap() else { panic!("it is an object") };
        assert_eq!(a.finish().unwrap_err().param(), Some("a[b][c]"));
        assert_eq!(form("x[y][0]=1").finish().unwrap_err().param(), Some("x[y][0]"));
    }

    #[test]
    fn malformed_names_and_contradictions_are_refused() {
        for encoded in ["a[b=1", "a[b]c=1", "[a]=1", "=1", "a=1&a[b]=2", "a[b]=2&a=1", "a[b][c][d][e][f][g][h][i]=1"] {
            assert!(Form::parse(encoded.as_bytes()).is_err(), "{encoded}");
        }
    }

    #[test]
    fn an_empty_index_goes_on_after_the_last() {
        assert_eq!(form("a[1]=x&a[]=y&a[]=z").texts("a").unwrap().unwrap(), ["x", "y", "z"]);
        assert!(Form::parse(b"a[65535]=x&a[]=y").is_err());
        assert!(form(&format!("a[{}]=x&a[]=y", usize::MAX)).texts("a").is_err());
    }

    #[test]
    fn there_is_an_end_to_how_many_parameters_there_are() {
        let many = |count| (0..count).map(|index| format!("k{index}=v")).collect::<Vec<_>>().join("&");
        assert!(Form::parse(many(1000).as_bytes()).is_ok());
        assert!(Form::parse(many(1001).as_bytes()).is_err());
    }

    #[test]
    fn name_longer_than_any_is_refused() {
        let named = |length: usize| format!("{}=v", "k".repeat(length));
        assert!(Form::parse(named(500).as_bytes()).is_ok());
        assert!(Form::parse(named(501).as_bytes()).is_err());
    }

    #[test]
    fn types_are_checked() {
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
