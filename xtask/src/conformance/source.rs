//! The models, read from their source.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use syn::parse::{Parse, ParseStream};
use syn::{Attribute, GenericArgument, Ident, Item, Lit, LitStr, PathArguments, Token, Type, braced};

use crate::Failure;

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
}

#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) type_: Shape,
    /// Left out of the JSON when it is absent, and not written as null.
    pub(crate) is_skipped: bool,
    /// Reads null as its default.
    pub(crate) reads_null: bool,
}

/// A type: its name and what it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) name: String,
    pub(crate) of: Vec<Shape>,
}

impl Models {
    pub(crate) fn read(folder: &Path) -> Result<Self, Failure> {
        let mut models = Self::default();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                models.add(&fs::read_to_string(&path)?).map_err(|error| format!("{}: {error}", path.display()))?;
            }
        }
        Ok(models)
    }

    pub(crate) fn add(&mut self, source: &str) -> syn::Result<()> {
        for item in syn::parse_file(source)?.items {
            match item {
                Item::Struct(item) => {
                    let fields = item.fields.iter().filter_map(|field| {
                        let name = field.ident.as_ref()?.to_string();
                        Some((serde_text(&field.attrs, "rename").unwrap_or(name), read_field(field)))
                    });
                    let generics = item.generics.type_params().map(|parameter| parameter.ident.to_string());
                    let model = Model {
                        generics: generics.collect(),
                        fields: fields.collect(),
                        is_read_from_json: derives(&item.attrs, "Deserialize"),
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

fn read_field(field: &syn::Field) -> Field {
    Field {
        type_: shape(&field.ty),
        is_skipped: serde_text(&field.attrs, "skip_serializing_if").is_some(),
        reads_null: serde_text(&field.attrs, "deserialize_with").is_some_and(|with| with == "null_as_default"),
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

/// The text of `name = "text"` in a `#[serde(…)]` attribute.
fn serde_text(attributes: &[Attribute], name: &str) -> Option<String> {
    let mut text = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // What is not of this form is of no interest here.
        let _ = attribute.parse_nested_meta(|meta| {
            if let Ok(value) = meta.value() {
                let value: Lit = value.parse()?;
                if let (true, Lit::Str(value)) = (meta.path.is_ident(name), value) {
                    text = Some(value.value());
                }
            } else if meta.input.peek(syn::token::Paren) {
                meta.parse_nested_meta(|inner| inner.value()?.parse::<Lit>().map(drop))?;
            }
            Ok(())
        });
    }
    text
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
