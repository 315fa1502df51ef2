use std::collections::HashMap;

use http::Method;
use percent_encoding::percent_decode_str;

use stripe_identity_core::endpoint::Route;

/// Finds the item at the route of a request, one segment of its path at a time.
pub(crate) struct Router<T> {
    items: Vec<(Route, T)>,
    root: Node,
}

/// The routes that share their first segments.
#[derive(Default)]
struct Node {
    by_text: HashMap<String, Node>,
    by_id: Option<Box<Node>>,
    /// The routes that end here, by their indexes in the items.
    ends: Vec<usize>,
}

impl<T> Router<T> {
    pub(crate) fn new(items: Vec<(Route, T)>) -> Self {
        let mut root = Node::default();
        for (index, (route, _)) in items.iter().enumerate() {
            let mut node = &mut root;
            for segment in route.template().split('/') {
                node = if segment.starts_with('{') {
                    node.by_id.get_or_insert_default()
                } else {
                    node.by_text.entry(segment.to_owned()).or_default()
                };
            }
            node.ends.push(index);
        }
        Self { items, root }
    }

    /// Returns the item at the route of a request, and the id in its path, which is empty if the route has none.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Option<(&T, String)> {
        let (mut node, mut id) = (&self.root, String::new());
        for segment in path.split('/') {
            if let Some(next) = node.by_text.get(segment) {
                node = next;
                continue;
            }
            node = node.by_id.as_deref()?;
            id = percent_decode_str(segment).decode_utf8().ok().filter(|id| !id.is_empty())?.into_owned();
        }
        let mut items = node.ends.iter().map(|&index| &self.items[index]);
        items.find(|(route, _)| route.method() == method).map(|(_, item)| (item, id))
    }
}

/// Returns whether a path belongs to the control API.
pub(crate) fn is_control(path: &str) -> bool {
    path.strip_prefix("/_simulator").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
