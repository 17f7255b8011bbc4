//! How much compatibility a team asks for.

use std::fmt;

/// A named set of rules, from the strictest promise to the weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Generated code keeps compiling, file by file. The default.
    File,
    /// Generated code keeps compiling, package by package: types may move between files.
    Package,
    /// JSON and the binary encoding keep their meaning; generated code may change.
    WireJson,
    /// The binary encoding keeps its meaning.
    Wire,
    /// What Confluent's Schema Registry asks of a Protobuf subject.
    Csr,
    /// What gRPC itself puts on the wire keeps its meaning: paths, streams, the type URLs of `Any`.
    Grpc,
    /// What is promised beyond types keeps its meaning: validation, HTTP routes, resources, contracts.
    Contract,
    /// Schemas of others that import these files keep compiling.
    Import,
    /// Rust code on top of prost and tonic keeps compiling.
    Rust,
    /// Every value that one side writes the other reads as it was meant, in bytes and in JSON.
    Proven,
}

impl Category {
    /// Every category.
    pub const ALL: [Category; 10] = [
        Category::File,
        Category::Package,
        Category::WireJson,
        Category::Wire,
        Category::Csr,
        Category::Grpc,
        Category::Contract,
        Category::Import,
        Category::Rust,
        Category::Proven,
    ];

    /// Whether buf has it as well. The rules of its categories are its own; ours have ours.
    pub fn is_bufs(self) -> bool {
        matches!(
            self,
            Category::File | Category::Package | Category::WireJson | Category::Wire | Category::Csr
        )
    }

    /// As it is written in a configuration.
    pub fn id(self) -> &'static str {
        match self {
            Category::File => "FILE",
            Category::Package => "PACKAGE",
            Category::WireJson => "WIRE_JSON",
            Category::Wire => "WIRE",
            Category::Csr => "CSR",
            Category::Grpc => "GRPC",
            Category::Contract => "CONTRACT",
            Category::Import => "IMPORT",
            Category::Rust => "RUST",
            Category::Proven => "PROVEN",
        }
    }

    /// One sentence.
    pub fn summary(self) -> &'static str {
        match self {
            Category::File => "Generated code keeps compiling, file by file.",
            Category::Package => "Generated code keeps compiling, package by package.",
            Category::WireJson => "The binary encoding and JSON keep their meaning.",
            Category::Wire => "The binary encoding keeps its meaning.",
            Category::Csr => "Confluent's Schema Registry accepts the change.",
            Category::Grpc => "Paths, streams and the type URLs of `Any` keep their meaning.",
            Category::Contract => "Validation, HTTP routes, resources and contracts keep their promises.",
            Category::Import => "Schemas that import these files keep compiling.",
            Category::Rust => "Rust code on top of prost and tonic keeps compiling.",
            Category::Proven => "Nothing is shown to break: each finding comes with the value that shows it.",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
