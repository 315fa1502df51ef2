//! Reads the models from their source.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, GenericParam, Item, ItemStruct, LitStr, Meta, Token};

use super::rules::STORED;
use crate::behaviour::sources;
use crate::command::Failure;

/// All models of the types crate.
#[derive(Clone, Default)]
pub(super) struct Models {
    pub(super) structs: BTreeMap<String, Model>,
    /// The values of each open enum.
    pub(super) enums: BTreeMap<String, Vec<String>>,
}

#[derive(Clone)]
pub(super) struct Model {
    /// The name of its type parameter, if it has one.
    pub(super) parameter: Option<String>,
    /// Its fields by the names that they have in JSON.
    pub(super) fields: BTreeMap<String, Field>,
    pub(super) is_deserialized: bool,
    pub(super) is_serialized: bool,
    pub(super) serde: Options,
}

#[derive(Clone)]
pub(super) struct Field {
    /// The type as it is written, without spaces.
    pub(super) type_: String,
    pub(super) serde: Options,
}

/// The options in `#[serde(…)]`, without spaces: `default`, `rename="type"`.
#[derive(Clone)]
pub(super) struct Options(pub(super) BTreeSet<String>);

impl Options {
    fn new(attributes: &[Attribute]) -> Self {
        let attributes = attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
        let options = attributes.flat_map(|attribute| {
            let options = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            options.map_or_else(|_| vec![text(attribute)], |options| options.iter().map(text).collect())
        });
        Self(options.collect())
    }

    pub(super) fn has(&self, option: &str) -> bool {
        self.0.contains(option) || self.value(option).is_some()
    }

    pub(super) fn value(&self, option: &str) -> Option<&str> {
        let mut values = self.0.iter().filter_map(|it| it.strip_prefix(option)?.strip_prefix("=\""));
        values.next().map(|value| value.trim_end_matches('"'))
    }
}

impl Models {
    pub(super) fn read(folder: &Path) -> Result<Self, Failure> {
        let mut models = Self::default();
        for path in sources(folder)? {
            models.add(&fs::read_to_string(&path)?).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(models)
    }

    pub(super) fn add(&mut self, source: &str) -> syn::Result<()> {
        for item in syn::parse_file(source)?.items {
            match item {
                Item::Struct(item) if !STORED.contains(&item.ident.to_string().as_str()) => {
                    self.structs.insert(item.ident.to_string(), Model::new(&item));
                }
                Item::Macro(item) if item.mac.path.is_ident("open_enum") => {
                    let tokens: Vec<_> = item.mac.tokens.into_iter().collect();
                    if let [.., TokenTree::Ident(name), TokenTree::Group(variants)] = &tokens[..] {
                        let values = variants.stream().into_iter().filter_map(|token| match token {
                            TokenTree::Literal(value) => syn::parse_str::<LitStr>(&value.to_string()).ok(),
                            _ => None,
                        });
                        self.enums.insert(name.to_string(), values.map(|value| value.value()).collect());
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Model {
    fn new(item: &ItemStruct) -> Self {
        let derives = |name| {
            let mut derives = item.attrs.iter().filter(|attribute| attribute.path().is_ident("derive"));
            derives.any(|attribute| text(attribute).split(['(', ',', ')']).any(|derived| derived == name))
        };
        let fields = item.fields.iter().filter_map(|field| {
            let serde = Options::new(&field.attrs);
            let name = serde.value("rename").map_or(field.ident.as_ref()?.to_string(), str::to_owned);
            Some((name, Field { type_: text(&field.ty), serde }))
        });
        let parameter = item.generics.params.iter().find_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(parameter.ident.to_string()),
            _ => None,
        });
        Self {
            parameter,
            fields: fields.collect(),
            is_deserialized: derives("Deserialize"),
            is_serialized: derives("Serialize"),
            serde: Options::new(&item.attrs),
        }
    }
}

fn text(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}
