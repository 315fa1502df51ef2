#![cfg_attr(doc, doc = include_str!("../docs/rustdoc.md"))]
#![doc = include_str!("../docs/guide/README.md")]

// A git host takes the links at the end of each page, which lead to files. Rustdoc takes those of `rustdoc.md`, since
// the first definition of a label counts. That file also holds the pictures, which rustdoc does not copy.
macro_rules! pages {
    ($($(#[$attribute:meta])* $page:ident),*) => {$(
        $(#[$attribute])*
        #[cfg_attr(doc, doc = include_str!("../docs/rustdoc.md"))]
        #[doc = include_str!(concat!("../docs/guide/", stringify!($page), ".md"))]
        pub mod $page {}
    )*

    #[cfg(test)]
    const PAGES: &[&str] = &[$(stringify!($page)),*];
    };
}

pages!(
    first_steps,
    program,
    // Its example is a program with a `Server`.
    #[cfg(any(not(doctest), feature = "server"))]
    clients,
    worlds,
    outcomes,
    clock,
    webhooks,
    faults,
    control_api,
    pages,
    journal,
    metrics,
    state,
    limits,
    security,
    fidelity
);

#[cfg_attr(doc, doc = include_str!("../docs/rustdoc.md"))]
#[doc = include_str!("../COMPATIBILITY.md")]
pub mod compatibility {}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::fs;
    use std::path::{Path, PathBuf};

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::PAGES;

    const IN_RUSTDOC: &str = include_str!("../docs/rustdoc.md");

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide")
    }

    /// Returns the labels of links with where they lead.
    fn links(text: &str) -> HashMap<&str, &str> {
        text.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: ")).collect()
    }

    #[test]
    fn page_of_the_folder_is_a_module_and_is_in_the_index() {
        let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
        let mut pages: Vec<_> = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        pages.retain(|page| page != "README");
        let index = fs::read_to_string(folder().join("README.md")).unwrap();
        for page in &pages {
            assert!(PAGES.contains(&page.as_str()), "{page} is not in `pages!`");
            assert!(links(&index).contains_key(page.as_str()), "{page} is not in README.md");
        }
        assert_eq!(pages.len(), PAGES.len());
    }

    #[test]
    fn link_of_a_page_leads_to_a_file_on_a_git_host_and_elsewhere_in_rustdoc() {
        let in_rustdoc = links(IN_RUSTDOC);
        let pages = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
        for page in pages.chain([folder().join("../../README.md")]) {
            let text = fs::read_to_string(&page).unwrap();
            for (label, link) in links(&text) {
                let file = page.parent().unwrap().join(link.split('#').next().unwrap());
                assert!(file.exists(), "{}: {link}", page.display());
                assert!(in_rustdoc.contains_key(label), "rustdoc.md has no [{label}]");
            }
        }
    }

    #[test]
    fn picture_in_rustdoc_is_that_of_its_file() {
        for (label, link) in links(IN_RUSTDOC).into_iter().filter(|(_, link)| link.starts_with("data:")) {
            let file = fs::read(folder().join(format!("../{label}.png"))).unwrap();
            let expected = format!("data:image/png;base64,{}", STANDARD.encode(file));
            assert!(link == expected, "put the output of `base64 -w0 docs/{label}.png` into docs/rustdoc.md");
        }
    }
}
