//! The models, read from their source.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, GenericArgument, Ident, Item, LitStr, PathArguments, Token, Type, braced, parenthesized};

use super::rules;
use crate::behaviour::sources;
use crate::command::Failure;

/// All models of the types crate.
#[derive(Clone, Default)]
pub(crate) struct Models {
    pub(crate) structs: BTreeMap<String, Model>,
    /// The values of each open enum.
    pub(crate) enums: BTreeMap<String, Vec<String>>,
}

#[derive(Clone)]
pub(crate) struct Model {
    /// The names of its type parameters.
    pub(crate) generics: Vec<String>,
    pub(crate) fields: BTreeMap<String, Field>,
    pub(crate) is_read_from_json: bool,
    pub(crate) is_written: bool,
    /// What `#[serde(…)]` says about all of it.
    pub(crate) serde: Attributes,
}

#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) type_: Shape,
    /// What `#[serde(…)]` says about it.
    pub(crate) serde: Attributes,
}

/// The words of `#[serde(…)]`, each with its text if it has one.
pub(crate) type Attributes = BTreeMap<String, Option<String>>;

impl Field {
    /// Left out of the JSON when it is absent, and not written as null.
    pub(crate) fn is_skipped(&self) -> bool {
        self.serde.contains_key("skip_serializing_if")
    }

    /// Reads null as its default.
    pub(crate) fn reads_null(&self) -> bool {
        let with = self.serde.get("deserialize_with").and_then(Option::as_deref);
        with.is_some_and(|with| with == "null_as_default" || with.starts_with("own::"))
    }
}

/// A type: its name and what it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) name: String,
    pub(crate) of: Vec<Shape>,
}

impl Models {
    /// Reads every source file of a folder and of the folders in it.
    pub(crate) fn read(folder: &Path) -> Result<Self, Failure> {
        let mut models = Self::default();
        for path in sources(folder)? {
            models.add(&fs::read_to_string(&path)?).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(models)
    }

    pub(crate) fn add(&mut self, source: &str) -> syn::Result<()> {
        for item in syn::parse_file(source)?.items {
            match item {
                Item::Struct(item) if rules::STORED.iter().any(|stored| item.ident == stored) => {}
                Item::Struct(item) => {
                    let fields = item.fields.iter().filter_map(|field| {
                        let name = field.ident.as_ref()?.to_string();
                        let serde = attributes(&field.attrs);
                        let name = serde.get("rename").cloned().flatten().unwrap_or(name);
                        Some((name, Field { type_: shape(&field.ty), serde }))
                    });
                    let generics = item.generics.type_params().map(|parameter| parameter.ident.to_string());
                    let model = Model {
                        generics: generics.collect(),
                        fields: fields.collect(),
                        is_read_from_json: derives(&item.attrs, "Deserialize"),
                        is_written: derives(&item.attrs, "Serialize"),
                        serde: attributes(&item.attrs),
                    };
                    self.structs.insert(item.ident.to_string(), model);
                }
                Item::Macro(item) if item.mac.path.is_ident("open_enum") => {
                    let open_enum: OpenEnum = item.mac.parse_body()?;
                    self.enums.insert(open_enum.name, open_enum.values);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn shape(type_: &Type) -> Shape {
    let Type::Path(path) = type_ else { return Shape { name: "?".to_owned(), of: Vec::new() } };
    let Some(last) = path.path.segments.last() else { return Shape { name: "?".to_owned(), of: Vec::new() } };
    let of = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => {
            let inner = arguments.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(type_) => Some(shape(type_)),
                _ => None,
            });
            inner.collect()
        }
        _ => Vec::new(),
    };
    Shape { name: last.ident.to_string(), of }
}

fn attributes(all: &[Attribute]) -> Attributes {
    let mut words = Attributes::new();
    for attribute in all.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            let word = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            if meta.input.peek(syn::token::Paren) {
                // What stands in it is not read: a word of this form is either allowed as a whole or not at all.
                let inner;
                parenthesized!(inner in meta.input);
                inner.parse::<TokenStream>()?;
                words.insert(format!("{word}(…)"), None);
            } else if let Ok(value) = meta.value() {
                words.insert(word, Some(value.parse::<LitStr>()?.value()));
            } else {
                words.insert(word, None);
            }
            Ok(())
        });
        if parsed.is_err() {
            words.insert("unreadable".to_owned(), None);
        }
    }
    words
}

fn derives(attributes: &[Attribute], name: &str) -> bool {
    let mut found = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta.path.is_ident(name);
            Ok(())
        });
    }
    found
}

/// `pub enum Name { Variant = "value", … }`
struct OpenEnum {
    name: String,
    values: Vec<String>,
}

impl Parse for OpenEnum {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Attribute::parse_outer(input)?;
        input.parse::<Token![pub]>()?;
        input.parse::<Token![enum]>()?;
        let name: Ident = input.parse()?;
        let variants;
        braced!(variants in input);
        let mut values = Vec::new();
        while !variants.is_empty() {
            Attribute::parse_outer(&variants)?;
            variants.parse::<Ident>()?;
            variants.parse::<Token![=]>()?;
            values.push(variants.parse::<LitStr>()?.value());
            variants.parse::<Token![,]>()?;
        }
        Ok(Self { name: name.to_string(), values })
    }
}
