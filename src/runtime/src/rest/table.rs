//! Which route a request is for.

use std::sync::Arc;

use http::Method;

use super::binding::Binding;

/// Every route, the most exact first.
#[derive(Debug)]
pub(super) struct Table(Vec<Arc<Binding>>);

/// What is at a path.
pub(super) enum Found<'a> {
    /// This route, with the values of its variables.
    Route(Arc<Binding>, Vec<String>),
    /// Others of these verbs.
    NotAllowed(Vec<&'a Method>),
    Nothing,
}

impl Table {
    pub fn new(mut routes: Vec<Binding>) -> Table {
        // Of two that match the same, the first one written is found.
        routes.sort_by_cached_key(|it| it.template.rank());
        Table(routes.into_iter().map(Arc::new).collect())
    }

    /// HEAD is answered as GET is (RFC 9110, 9.3.2); the server leaves the content out.
    pub fn find(&self, verb: &Method, path: &str) -> Found<'_> {
        let matching = || self.0.iter().filter_map(|it| it.template.matches(path).map(|values| (it, values)));
        if let Some((route, values)) = matching().find(|(it, _)| it.verb == *verb) {
            return Found::Route(Arc::clone(route), values);
        }
        if *verb == Method::HEAD {
            return self.find(&Method::GET, path);
        }
        let mut allowed: Vec<&Method> = matching().map(|(it, _)| &it.verb).collect();
        allowed.sort_by_key(|verb| verb.as_str());
        allowed.dedup();
        if allowed.is_empty() { Found::Nothing } else { Found::NotAllowed(allowed) }
    }
}
