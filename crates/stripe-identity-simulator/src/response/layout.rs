//! JSON with Stripe's indentation. It also formats JSON that is already a text.

use std::io::{self, Write};

use serde_json::ser::Formatter;

/// The format of Stripe's JSON: two spaces per level, and one line per item or field.
#[derive(Default)]
pub(super) struct Layout {
    level: usize,
    /// Whether the array or object that was opened last has items.
    has_items: bool,
}

impl Layout {
    fn new_line<W: ?Sized + Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.level).try_for_each(|_| writer.write_all(b"  "))
    }

    fn begin<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: u8) -> io::Result<()> {
        self.level += 1;
        self.has_items = false;
        writer.write_all(&[bracket])
    }

    fn begin_item<W: ?Sized + Write>(&mut self, writer: &mut W, is_first: bool) -> io::Result<()> {
        if !is_first {
            writer.write_all(b",")?;
        }
        self.has_items = true;
        self.new_line(writer)
    }

    fn end<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: u8) -> io::Result<()> {
        self.level = self.level.saturating_sub(1);
        if self.has_items {
            self.new_line(writer)?;
        }
        // The array or object is itself an item of the one around it.
        self.has_items = true;
        writer.write_all(&[bracket])
    }
}

impl Formatter for Layout {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b'[')
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, is_first: bool) -> io::Result<()> {
        self.begin_item(writer, is_first)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b']')
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b'{')
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, is_first: bool) -> io::Result<()> {
        self.begin_item(writer, is_first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b'}')
    }

    /// Formats JSON that has no white space between its tokens.
    fn write_raw_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let (mut rest, mut is_first) = (fragment.as_bytes(), false);
        while let [byte, after @ ..] = rest {
            if is_first && !matches!(byte, b'}' | b']') {
                self.begin_item(writer, true)?;
            }
            is_first = false;
            rest = after;
            match byte {
                b'{' | b'[' => {
                    self.begin(writer, *byte)?;
                    is_first = true;
                }
                b'}' | b']' => self.end(writer, *byte)?,
                b',' => self.begin_item(writer, false)?,
                b':' => self.begin_object_value(writer)?,
                b'"' => {
                    let length = string_length(after);
                    let (string, after) = after.split_at(length);
                    writer.write_all(b"\"")?;
                    writer.write_all(string)?;
                    rest = after;
                }
                _ => writer.write_all(&[*byte])?,
            }
        }
        Ok(())
    }
}

/// Returns the length of a string, including the quote at its end.
fn string_length(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found + 1;
        if text[at - 1] == b'"' {
            return at;
        }
        // Skips the escaped byte.
        at += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::to_raw_value;
    use serde_json::{Serializer, Value, json};

    use super::*;

    fn laid_out(json: &impl serde::Serialize) -> String {
        let mut text = Vec::new();
        json.serialize(&mut Serializer::with_formatter(&mut text, Layout::default())).unwrap();
        String::from_utf8(text).unwrap()
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            r#"[a-z"\\:,{}\[\]\n é]{0,6}"#.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            let key = r#"[a-z"\\:,{}\[\]]{0,3}"#;
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::vec((key, inner), 0..5).prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn layout_of_a_value_or_a_text_equals_that_of_serde_json(json in any_json()) {
            let text = to_raw_value(&json).unwrap();
            prop_assert_eq!(laid_out(&json), format!("{json:#}"));
            prop_assert_eq!(laid_out(&text), format!("{json:#}"));
            prop_assert_eq!(laid_out(&[(1, &text), (2, &text)]), format!("{:#}", json!([[1, json], [2, json]])));
        }
    }
}
