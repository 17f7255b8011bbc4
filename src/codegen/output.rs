//! The kinds of files a generation can hold.

/// One kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Output {
    /// Messages, clients and servers in Rust: `rust/`.
    Rust,
    /// A server skeleton per service, in Rust: `skeleton/`.
    Skeleton,
    /// The encoded descriptor set: `descriptor.binpb`. Rust includes it, so it comes with that.
    Descriptor,
    /// Pages in Markdown and HTML: `docs/`.
    Docs,
    /// Messages, clients, servers and their types in Python: `python/`.
    Python,
    /// A router that serves the schema as HTTP and JSON, in Rust: `rest/`. It needs what Rust makes.
    Rest,
    /// The OpenAPI document of that, in YAML and in JSON: `openapi/`.
    OpenApi,
    /// `serde` for the messages and enums of Rust, as ProtoJSON: `protojson/`. It needs what Rust makes.
    ProtoJson,
    /// The methods of the schema as a table in Rust: `methods/`. It needs nothing.
    Methods,
}

impl Output {
    /// Every one, by the name it has in a configuration.
    pub const ALL: [(&str, Output); 9] = [
        ("rust", Output::Rust),
        ("skeleton", Output::Skeleton),
        ("descriptor", Output::Descriptor),
        ("docs", Output::Docs),
        ("python", Output::Python),
        ("rest", Output::Rest),
        ("openapi", Output::OpenApi),
        ("protojson", Output::ProtoJson),
        ("methods", Output::Methods),
    ];

    /// What is made where nobody says what.
    pub const DEFAULT: [Output; 4] = [Output::Rust, Output::Skeleton, Output::Descriptor, Output::Docs];

    /// The one of this name.
    pub fn named(name: &str) -> Option<Output> {
        Output::ALL.iter().find(|(known, _)| *known == name).map(|(_, output)| *output)
    }

    /// Whether a path of the output folder is of this kind.
    pub(super) fn holds(self, path: &str) -> bool {
        let first = path.split('/').next().unwrap_or_default();
        match self {
            Output::Descriptor => path == "descriptor.binpb",
            _ => Output::ALL.iter().any(|(name, output)| *output == self && *name == first),
        }
    }
}
