//! One call of each method in several languages, with a sample as the request.

mod http;
mod python;
mod rust;
mod shell;

use prost_reflect::MethodDescriptor;
use serde_json::Value as Json;

use super::build::Shared;
use super::sample::Sample;
use super::view::{HttpBinding, Snippet};

/// What all snippets of a method are made from.
pub(super) struct Call<'a> {
    pub method: &'a MethodDescriptor,
    pub sample: Option<&'a Sample>,
    /// `localhost:50051`.
    pub address: &'a str,
}

impl Call<'_> {
    /// The request as JSON.
    fn json(&self) -> Json {
        self.sample.map_or_else(|| Json::Object(serde_json::Map::new()), |it| it.json.clone())
    }
}

pub(super) fn of(method: &MethodDescriptor, http: &[HttpBinding], shared: &Shared<'_>) -> Vec<Snippet> {
    let sample = shared.samples.brief(&method.input());
    let call = Call { method, sample: sample.as_ref(), address: &shared.options.address };
    let snippet = |language, syntax, code| Snippet { language, syntax, code };
    let mut made = vec![snippet("grpcurl", "sh", shell::grpcurl(&call))];
    made.extend(http.first().map(|binding| snippet("curl", "sh", http::curl(&call, binding))));
    made.push(snippet("Python", "python", python::python(&call)));
    made.push(snippet("Rust", "rust", rust::rust(&call, &shared.options.rust_module)));
    made
}
