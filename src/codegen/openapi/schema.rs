//! JSON Schema, draft 2020-12, as OpenAPI 3.1 takes it: an object of keywords in the order they are given.

use serde::Serialize;
use serde_json::{Map, Value as Json};

/// One schema.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub(super) struct Schema(Map<String, Json>);

impl Schema {
    /// One that takes values of this type.
    pub fn of(r#type: &str) -> Schema {
        Schema::default().with("type", r#type)
    }

    /// One that is written elsewhere.
    pub fn at(name: &str) -> Schema {
        Schema::default().with("$ref", format!("#/components/schemas/{name}"))
    }

    pub fn with(mut self, keyword: &str, value: impl Into<Json>) -> Schema {
        self.set(keyword, value);
        self
    }

    pub fn set(&mut self, keyword: &str, value: impl Into<Json>) {
        self.0.insert(keyword.to_owned(), value.into());
    }

    pub fn get(&self, keyword: &str) -> Option<&Json> {
        self.0.get(keyword)
    }

    /// Says that an object has no other properties.
    pub fn close(&mut self) {
        if self.get("type").and_then(Json::as_str) == Some("object") {
            self.set("additionalProperties", false);
        }
    }

    /// Says that an object may leave out a property.
    pub fn relax(&mut self, name: &str) {
        if let Some(Json::Array(required)) = self.0.get_mut("required") {
            required.retain(|it| it.as_str() != Some(name));
            if required.is_empty() {
                self.0.remove("required");
            }
        }
    }

    /// The names of the schemas that are written elsewhere.
    pub fn names(&self) -> Vec<String> {
        let (mut names, mut waiting) = (Vec::new(), self.0.iter().collect::<Vec<_>>());
        while let Some((keyword, value)) = waiting.pop() {
            match value {
                Json::String(at) if keyword == "$ref" => {
                    names.extend(at.strip_prefix("#/components/schemas/").map(str::to_owned));
                }
                Json::Object(inner) => waiting.extend(inner),
                Json::Array(items) => waiting.extend(items.iter().map(|item| (keyword, item))),
                _ => {}
            }
        }
        names
    }

    /// Every keyword of another one.
    pub fn extend(&mut self, other: Schema) {
        self.0.extend(other.0);
    }

    /// Adds a schema that has to hold too.
    pub fn and(&mut self, other: Schema) {
        if let Json::Array(all) = self.0.entry("allOf").or_insert_with(|| Json::Array(Vec::new())) {
            all.push(other.into());
        }
    }

    /// Adds to what is said of it.
    pub fn say(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let before = self.0.get("description").and_then(Json::as_str).unwrap_or_default();
        let whole = if before.is_empty() { text.to_owned() } else { format!("{before}\n\n{text}") };
        self.set("description", whole);
    }
}

impl From<Schema> for Json {
    fn from(schema: Schema) -> Json {
        Json::Object(schema.0)
    }
}
