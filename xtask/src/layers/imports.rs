//! Import circles between the source files of a crate.
//!
//! A file imports another if it names an item that the other defines: in a `use`, in any other path, in an attribute
//! such as `#[serde(with = "crate::x")]`, or by calling its macro. A path through a re-export leads to the file that
//! defines the item. What a macro defines counts as defined in the module that calls the macro.
//!
//! These are not imports: a `mod` declaration; a re-export (`pub use`, `pub(crate) use`) whose name the file itself
//! does not use; a link in a doc comment; a method call; anything under `#[cfg(test)]`. A `$crate::…` path in a
//! macro's body is an import of the file that has the macro; its other paths belong to callers and are not followed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Item, ItemUse, UseTree, Visibility};

use crate::command::Failure;

/// Files that import each other, directly or through others of them.
pub(super) struct Circle {
    pub(super) files: BTreeSet<PathBuf>,
    /// For each file and each other one that it imports, one of the paths that do so.
    pub(super) imports: Vec<(PathBuf, PathBuf, String)>,
}

/// Returns the circles of the crate whose root is this file. `read` returns the content of a file that exists.
pub(super) fn circles(root: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Result<Vec<Circle>, Failure> {
    let mut source = Crate { read, modules: Vec::new(), macros: BTreeMap::new() };
    let folder = root.parent().unwrap_or(Path::new("")).to_owned();
    source.add_file(root, &folder, None)?;
    let imports = source.imports();
    let reached: BTreeMap<_, _> = imports.keys().map(|(from, _)| (from, reachable(from, &imports))).collect();
    let leads = |from: &PathBuf, to: &PathBuf| reached.get(from).is_some_and(|files| files.contains(to));
    let mut circles: Vec<Circle> = Vec::new();
    for &file in reached.keys().filter(|file| leads(file, file)) {
        if circles.iter().any(|circle| circle.files.contains(file)) {
            continue;
        }
        let others = reached.keys().copied().filter(|other| leads(file, other) && leads(other, file));
        let files: BTreeSet<_> = others.cloned().collect();
        let inside = imports.iter().filter(|((from, to), _)| files.contains(from) && files.contains(to));
        let imports = inside.map(|((from, to), path)| (from.clone(), to.clone(), path.clone())).collect();
        circles.push(Circle { files, imports });
    }
    Ok(circles)
}

type Imports = BTreeMap<(PathBuf, PathBuf), String>;

/// Returns the files that a file imports, directly or through others.
fn reachable(file: &PathBuf, imports: &Imports) -> BTreeSet<PathBuf> {
    let mut reached = BTreeSet::new();
    let mut next = vec![file];
    while let Some(file) = next.pop() {
        for (_, to) in imports.keys().filter(|(from, _)| from == file) {
            if reached.insert(to.clone()) {
                next.push(to);
            }
        }
    }
    reached
}

struct Crate<'a> {
    read: &'a dyn Fn(&Path) -> Option<String>,
    /// The crate's root comes first.
    modules: Vec<Module>,
    /// The files that have a `macro_rules!` of this name.
    macros: BTreeMap<String, BTreeSet<PathBuf>>,
}

struct Module {
    file: PathBuf,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    items: BTreeSet<String>,
    /// The names that a `use` brings into scope, with their paths.
    names: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    mentions: Vec<Mention>,
}

/// A path as it stands in the source.
struct Mention {
    path: Vec<String>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A module's name by itself imports nothing from its file.
    Path,
    MacroCall,
    /// `use path::*`, or a text in an attribute: a module's name imports what the module has.
    Whole,
}

/// What a path leads to.
enum Target {
    Module(usize),
    Item(PathBuf),
}

impl Crate<'_> {
    fn add_file(&mut self, file: &Path, folder: &Path, parent: Option<usize>) -> Result<usize, Failure> {
        let text = (self.read)(file).ok_or_else(|| format!("{} cannot be read", file.display()))?;
        let syntax = syn::parse_file(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        self.add_module(syntax.items, file, folder, parent)
    }

    /// Adds a module, whose child modules have their files in `folder`.
    fn add_module(
        &mut self,
        items: Vec<Item>,
        file: &Path,
        folder: &Path,
        parent: Option<usize>,
    ) -> Result<usize, Failure> {
        let index = self.modules.len();
        let (file, children, items_) = (file.to_owned(), BTreeMap::new(), BTreeSet::new());
        let (names, globs, mentions) = (BTreeMap::new(), Vec::new(), Vec::new());
        self.modules.push(Module { file: file.clone(), parent, children, items: items_, names, globs, mentions });
        for item in items {
            match item {
                Item::Mod(item) if item.attrs.iter().any(|it| is_for_tests(&it.meta.to_token_stream())) => {}
                Item::Use(item) => self.modules[index].add_use(&item),
                Item::Mod(item) => {
                    let name = item.ident.to_string();
                    let inner = folder.join(&name);
                    let child = if let Some((_, items)) = item.content {
                        self.add_module(items, &file, &inner, Some(index))?
                    } else {
                        let files = [inner.with_extension("rs"), inner.join("mod.rs")];
                        let found = files.iter().find(|file| (self.read)(file).is_some());
                        let file = found.ok_or_else(|| format!("{} has no file", inner.display()))?;
                        self.add_file(file, &inner, Some(index))?
                    };
                    self.modules[index].children.insert(name, child);
                }
                Item::Macro(item) if item.ident.is_some() => {
                    let name = item.ident.map(|name| name.to_string()).unwrap_or_default();
                    self.macros.entry(name.clone()).or_default().insert(file.clone());
                    self.modules[index].items.insert(name);
                    self.modules[index].scan(item.mac.tokens, Scope::MacroBody);
                }
                item => {
                    self.modules[index].items.extend(name_of(&item));
                    self.modules[index].scan(item.to_token_stream(), Scope::Code);
                }
            }
        }
        Ok(index)
    }

    fn imports(&self) -> Imports {
        let mut imports = Imports::new();
        for (index, module) in self.modules.iter().enumerate() {
            for mention in &module.mentions {
                let target = self.resolve(index, &mention.path, &mut BTreeSet::new());
                let written = mention.path.join("::");
                let (target, written) = match (target, mention.kind) {
                    (Some(Target::Item(file)), Kind::MacroCall) => (file, format!("{written}!")),
                    (Some(Target::Item(file)), _) => (file, written),
                    (Some(Target::Module(it)), Kind::Whole) => (self.modules[it].file.clone(), written),
                    (None, Kind::MacroCall) => match self.macros.get(&written) {
                        // Macros may share a name; which one is called depends on the order of the modules.
                        Some(files) if files.len() == 1 => (files.iter().cloned().collect(), format!("{written}!")),
                        _ => continue,
                    },
                    _ => continue,
                };
                if target != module.file {
                    imports.entry((module.file.clone(), target)).or_insert(written);
                }
            }
        }
        imports
    }

    /// Follows a path from a module. `open` has the names that are being looked up, since a `use` may lead to itself.
    fn resolve(&self, module: usize, path: &[String], open: &mut BTreeSet<(usize, String)>) -> Option<Target> {
        let mut at = module;
        for (index, segment) in path.iter().enumerate() {
            let target = match segment.as_str() {
                "crate" => Target::Module(0),
                "self" => Target::Module(at),
                "super" => Target::Module(self.modules[at].parent?),
                name => match self.look_up(at, name, open) {
                    Some(target) => target,
                    // A name of another crate, of the standard library or of a function's body.
                    None if index == 0 => return None,
                    None => Target::Item(self.modules[at].file.clone()),
                },
            };
            match target {
                Target::Module(inner) => at = inner,
                // What follows is a variant or an associated item.
                Target::Item(_) => return Some(target),
            }
        }
        Some(Target::Module(at))
    }

    fn look_up(&self, module: usize, name: &str, open: &mut BTreeSet<(usize, String)>) -> Option<Target> {
        if !open.insert((module, name.to_owned())) {
            return None;
        }
        let it = &self.modules[module];
        let named = if it.items.contains(name) {
            Some(Target::Item(it.file.clone()))
        } else if let Some(child) = it.children.get(name) {
            Some(Target::Module(*child))
        } else if let Some(path) = it.names.get(name) {
            self.resolve(module, path, open)
        } else {
            it.globs.iter().find_map(|glob| match self.resolve(module, glob, open)? {
                Target::Module(inner) => self.look_up(inner, name, open),
                Target::Item(_) => None,
            })
        };
        open.remove(&(module, name.to_owned()));
        named
    }
}

/// Where tokens stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Code,
    Attribute,
    MacroBody,
}

impl Module {
    /// Collects the paths in some tokens.
    fn scan(&mut self, tokens: TokenStream, scope: Scope) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let is = |at: usize, mark: char| matches!(tokens.get(at), Some(TokenTree::Punct(it)) if it.as_char() == mark);
        // The identifier after a `::`.
        let next = |at: usize| match tokens.get(at + 2) {
            Some(TokenTree::Ident(next)) if is(at, ':') && is(at + 1, ':') => Some(next.to_string()),
            _ => None,
        };
        let mut index = 0;
        while let Some(token) = tokens.get(index) {
            index += 1;
            match token {
                TokenTree::Group(group) => self.scan(group.stream(), scope),
                TokenTree::Punct(mark) => match mark.as_char() {
                    // A lifetime.
                    '\'' => index += 1,
                    // A range, or else a field or a method.
                    '.' if is(index, '.') => index += 1,
                    '.' => index += usize::from(matches!(tokens.get(index), Some(TokenTree::Ident(_)))),
                    // What follows `<…>`, or the path of another crate.
                    ':' if is(index, ':') => {
                        let mut end = index - 1;
                        while next(end).is_some() {
                            end += 3;
                        }
                        index = end.max(index + 1);
                    }
                    '#' => {
                        index += usize::from(is(index, '!'));
                        if let Some(TokenTree::Group(group)) = tokens.get(index) {
                            let attribute = group.stream();
                            index += 1;
                            if is_for_tests(&attribute) {
                                index += length_of_item(&tokens[index..]);
                            } else if !attribute.to_string().starts_with("doc") {
                                self.scan(attribute, if scope == Scope::Code { Scope::Attribute } else { scope });
                            }
                        }
                    }
                    _ => {}
                },
                // In a function.
                TokenTree::Ident(word) if word == "use" && scope == Scope::Code && !is(index, '<') => {
                    let end = (index..tokens.len()).find(|at| is(*at, ';')).map_or(tokens.len(), |at| at + 1);
                    if let Ok(item) = syn::parse2::<ItemUse>(tokens[index - 1..end].iter().cloned().collect()) {
                        self.add_use(&item);
                    }
                    index = end;
                }
                TokenTree::Ident(first) => {
                    let mut path = vec![first.to_string()];
                    while let Some(segment) = next(index) {
                        path.push(segment);
                        index += 3;
                    }
                    let kind = if is(index, '!') && !is(index + 1, '=') { Kind::MacroCall } else { Kind::Path };
                    if scope != Scope::MacroBody || first == "crate" {
                        self.mentions.push(Mention { path, kind });
                    }
                }
                TokenTree::Literal(text) if scope == Scope::Attribute => {
                    let text = text.to_string();
                    let path: Vec<_> = text.trim_matches('"').split("::").map(str::to_owned).collect();
                    let kind = if path.len() > 1 { Kind::Whole } else { Kind::Path };
                    self.mentions.push(Mention { path, kind });
                }
                TokenTree::Literal(_) => {}
            }
        }
    }

    fn add_use(&mut self, item: &ItemUse) {
        if item.attrs.iter().any(|attribute| is_for_tests(&attribute.meta.to_token_stream())) {
            return;
        }
        let is_import = matches!(item.vis, Visibility::Inherited);
        let mut next = vec![(Vec::new(), &item.tree)];
        while let Some((mut path, tree)) = next.pop() {
            let (name, kind) = match tree {
                UseTree::Path(inner) => {
                    path.push(inner.ident.to_string());
                    next.push((path, &inner.tree));
                    continue;
                }
                UseTree::Group(group) => {
                    next.extend(group.items.iter().rev().map(|tree| (path.clone(), tree)));
                    continue;
                }
                UseTree::Glob(_) => {
                    self.globs.push(path.clone());
                    (None, Kind::Whole)
                }
                UseTree::Name(name) => (Some((&name.ident, &name.ident)), Kind::Path),
                UseTree::Rename(rename) => (Some((&rename.ident, &rename.rename)), Kind::Path),
            };
            if let Some((name, alias)) = name {
                if name != "self" {
                    path.push(name.to_string());
                }
                let alias = if alias == "self" { path.last().cloned() } else { Some(alias.to_string()) };
                self.names.entry(alias.unwrap_or_default()).or_insert_with(|| path.clone());
            }
            if is_import {
                self.mentions.push(Mention { path, kind });
            }
        }
    }
}

/// Whether an attribute leaves an item out of everything but tests.
fn is_for_tests(attribute: &TokenStream) -> bool {
    let text = attribute.to_string();
    let has = |word| text.split(|letter: char| !letter.is_alphanumeric()).any(|it| it == word);
    text.starts_with("cfg") && has("test") && !has("not") && !has("any")
}

/// Returns how many of these tokens belong to the first item, field or statement.
fn length_of_item(tokens: &[TokenTree]) -> usize {
    const ITEMS: [&str; 9] = ["const", "enum", "fn", "impl", "let", "static", "struct", "trait", "use"];
    let mut is_item = false;
    let end = tokens.iter().position(|token| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(mark) => mark.as_char() == ';' || mark.as_char() == ',' && !is_item,
        TokenTree::Ident(word) => {
            is_item |= ITEMS.iter().any(|item| word == item);
            false
        }
        TokenTree::Literal(_) => false,
    });
    end.map_or(tokens.len(), |end| end + 1)
}

/// Returns the name that an item defines in its module.
fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the circles of a crate with these files, each as its imports.
    fn circles_of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let read =
            |path: &Path| files.iter().find(|(name, _)| Path::new(name) == path).map(|(_, text)| (*text).to_owned());
        let circles = circles(Path::new("lib.rs"), &read).unwrap();
        let sorted = |circle: Circle| {
            let imports = circle.imports.iter();
            let imports = imports.map(|(from, to, path)| format!("{} {} {path}", from.display(), to.display()));
            imports.collect::<BTreeSet<_>>().into_iter().collect()
        };
        circles.into_iter().map(sorted).collect()
    }

    const NONE: &[&[&str]] = &[];

    #[test]
    fn imports_in_one_direction_are_no_circle() {
        let found = circles_of(&[
            ("lib.rs", "mod a; mod b; mod c; pub use a::A;"),
            ("a.rs", "use crate::b::B; use crate::c::C; pub struct A(B, C);"),
            ("b.rs", "use crate::c::C; pub struct B(C);"),
            ("c.rs", "pub struct C; impl C { fn f(&self, b: u8) { self.b(); b::<u8>(); std::a::A } }"),
        ]);
        assert_eq!(found, NONE);
    }

    #[test]
    fn circles_of_two_and_of_three_are_found() {
        let found = circles_of(&[
            ("lib.rs", "mod a; mod b; mod c; mod d; mod e; mod f;"),
            ("a.rs", "use crate::b::{B, C}; pub struct A;"),
            ("b.rs", "pub struct B; pub struct C; fn f() -> Vec<super::a::A> {}"),
            ("c.rs", "use crate::d; pub struct C(d::D, crate::a::A);"),
            ("d.rs", "fn f() { use super::e::*; E } pub struct D;"),
            ("e.rs", "pub struct E; impl From<crate::c::C> for E {}"),
            ("f.rs", "use crate::{a::A, c::C};"),
        ]);
        let expected: &[&[&str]] = &[
            &["a.rs b.rs crate::b::B", "b.rs a.rs super::a::A"],
            &["c.rs d.rs d::D", "d.rs e.rs super::e", "e.rs c.rs crate::c::C"],
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn reexport_leads_to_the_file_that_defines_the_item() {
        let parent = "mod kind; mod input; pub use self::kind::Kind; pub(crate) use self::input::*; pub struct Error;
            fn field(it: u8) { it.Kind; 0..it.Input() }";
        let files = |kind, input, other| {
            circles_of(&[
                ("lib.rs", "mod error; mod other; pub use error::{Kind as ErrorKind, Error, Input};"),
                ("error.rs", parent),
                ("error/kind.rs", kind),
                ("error/input.rs", input),
                ("other.rs", other),
            ])
        };
        let (kind, input) = ("pub struct Kind;", "pub struct Input;");
        // Children may import from their parent, which only re-exports them.
        assert_eq!(files("use super::Error; pub struct Kind;", input, "use crate::error::Kind;"), NONE);
        let circle = files(kind, "use crate::other::O; pub struct Input;", "pub struct O(crate::Input);");
        assert_eq!(circle, [["error/input.rs other.rs crate::other::O", "other.rs error/input.rs crate::Input"]]);
        let circle = files("use crate::other::O; pub struct Kind;", input, "pub struct O(crate::error::Kind);");
        assert_eq!(circle, [["error/kind.rs other.rs crate::other::O", "other.rs error/kind.rs crate::error::Kind"]]);
        // A file that uses the name that it re-exports imports it.
        let circle = circles_of(&[
            ("lib.rs", "mod error;"),
            ("error.rs", "mod kind; pub use self::kind::Kind; pub struct Error(Kind);"),
            ("error/kind.rs", "impl From<super::Error> for Kind {} pub struct Kind;"),
        ]);
        assert_eq!(circle, [["error.rs error/kind.rs Kind", "error/kind.rs error.rs super::Error"]]);
    }

    #[test]
    fn macros_and_attributes_import() {
        let found = circles_of(&[
            ("lib.rs", "mod a; mod b; mod serde;"),
            (
                "a.rs",
                "macro_rules! make { ($it:ident) => { $crate::b::B; $it::C } } pub(crate) use make; fn f() { c!() }",
            ),
            ("b.rs", "use crate::a::make; make! { x } pub struct B;"),
            ("serde.rs", "macro_rules! c { () => {} } #[serde(crate = \"crate::a\")] struct D;"),
        ]);
        let imports =
            ["a.rs b.rs crate::b::B", "a.rs serde.rs c!", "b.rs a.rs crate::a::make", "serde.rs a.rs crate::a"];
        assert_eq!(found, [imports]);
    }

    #[test]
    fn tests_and_docs_do_not_import() {
        let test = "#[cfg(test)] mod tests { use crate::a::A; } #[cfg(test)] use crate::a::A;
            #[cfg(all(test, unix))] mod more;";
        let other = "impl B { #[cfg(test)] fn f<A, C>(a: crate::a::A) {} fn g() { #[cfg(test)] crate::a::f(); } }";
        let fields = "struct D { #[cfg(test)] a: crate::a::A, b: u8 } /// [a](crate::a::A)\n pub struct B;";
        let b = format!("{test} {other} {fields}");
        let a = ("a.rs", "use crate::b::B; pub struct A; pub fn f() {}");
        assert_eq!(circles_of(&[("lib.rs", "mod a; mod b;"), a, ("b.rs", &b)]), NONE);
        let b = b.replace("#[cfg(test)] fn", "#[cfg(not(test))] fn");
        assert_eq!(circles_of(&[("lib.rs", "mod a; mod b;"), a, ("b.rs", &b)]).len(), 1);
    }
}
