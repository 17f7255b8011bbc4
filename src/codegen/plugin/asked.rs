//! Our own generators, asked by protoc or buf.

use std::collections::BTreeSet;

use prost::Message;
use prost_types::compiler::CodeGeneratorResponse;
use prost_types::compiler::code_generator_response::File as Piece;

use super::request::Request;
use crate::codegen::skeleton::TREE;
use crate::codegen::{Options, Output, generate};
use crate::diag::{Diagnostic, Place, Severity};
use crate::schema::{Source, load, nearest};

/// The generators that can be plugins, by the end of `protoc-gen-protogate-…`. Rust cannot: it needs the descriptor set
/// beside it, and an answer has room for text only.
pub const GENERATORS: [(&str, Output); 4] = [
    ("docs", Output::Docs),
    ("openapi", Output::OpenApi),
    ("python", Output::Python),
    ("skeleton", Output::Skeleton),
];

/// What the parameter may set.
const PARAMETERS: [&str; 4] = ["title", "rust_module", "templates", "http_default"];

/// What is said to protoc or buf.
#[derive(Debug, Default)]
pub struct Said {
    /// An encoded `CodeGeneratorResponse`.
    pub response: Vec<u8>,
    /// A line for each warning, which the protocol has no room for.
    pub warnings: String,
}

/// Answers an encoded `CodeGeneratorRequest`. What is wrong with the schema or the parameter is said in the response, as
/// the protocol asks.
///
/// # Errors
///
/// A sentence when the request is none.
pub fn answer(output: Output, request: &[u8]) -> Result<Said, String> {
    let request = Request::decode(request)
        .map_err(|error| format!("the request is no CodeGeneratorRequest: {error}"))?;
    let mut warnings = String::new();
    let response = match made(output, request, &mut warnings) {
        Ok(file) => CodeGeneratorResponse {
            // FEATURE_PROTO3_OPTIONAL; editions are not read, and so not declared.
            supported_features: Some(1),
            file,
            ..CodeGeneratorResponse::default()
        },
        Err(error) => CodeGeneratorResponse { error: Some(error), ..CodeGeneratorResponse::default() },
    };
    Ok(Said { response: response.encode_to_vec(), warnings })
}

fn made(output: Output, request: Request, warnings: &mut String) -> Result<Vec<Piece>, String> {
    let mut options = Options {
        outputs: vec![output],
        command: "protoc or buf, with protoc-gen-protogate".to_owned(),
        ..Options::default()
    };
    for setting in request.parameter().split(',').filter(|setting| !setting.is_empty()) {
        set(&mut options, setting)?;
    }
    let own: BTreeSet<String> = request.file_to_generate.into_iter().collect();
    let loaded = load(&Source::Compiled { files: request.proto_file, own });
    if loaded.diagnostics.iter().any(|it| it.severity == Severity::Failure) {
        return Err(in_words(&loaded.diagnostics, Severity::Failure));
    }
    let files = generate(&loaded.schema, &options).map_err(|said| in_words(&said, Severity::Failure))?;
    *warnings = in_words(files.warnings(), Severity::Warning);
    // The caller names the folder, so that the first part of the path, which is the kind's own, says nothing new.
    let piece = |(path, bytes): (&str, &[u8])| Piece {
        name: path.split_once('/').map(|(_, rest)| rest.to_owned()),
        content: Some(String::from_utf8_lossy(bytes).into_owned()),
        ..Piece::default()
    };
    // buf may ask once per folder of the schema, and each answer would have a module tree of its own.
    Ok(files.iter().filter(|(path, _)| *path != TREE).map(piece).collect())
}

fn set(options: &mut Options, setting: &str) -> Result<(), String> {
    let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
    match name {
        "title" => options.title = value.to_owned(),
        "rust_module" => options.rust_module = value.to_owned(),
        "templates" => options.templates = Some(value.into()),
        "http_default" => {
            options.http_default =
                value.parse().map_err(|_| format!("`http_default` is true or false, not `{value}`"))?;
        }
        _ => {
            let help = match nearest(name, PARAMETERS.into_iter()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", PARAMETERS.join(", ")),
            };
            return Err(format!("there is no parameter `{name}`: {help}"));
        }
    }
    Ok(())
}

fn in_words(said: &[Diagnostic], severity: Severity) -> String {
    let one = |it: &Diagnostic| {
        let line = |place: &Place| place.span.map_or(String::new(), |span| format!(":{}", span.start_line));
        let place =
            it.place.as_ref().map(|place| format!("{}{}: ", place.file, line(place))).unwrap_or_default();
        format!("{place}{}", it.message)
    };
    said.iter().filter(|it| it.severity == severity).map(one).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;

    fn schema() -> Schema {
        let text = "syntax = \"proto3\"; package p; // A thing.\nmessage M { optional int32 a = 1; } service S { rpc Get(M) returns (M); }";
        load(&Source::Text(vec![("p/a.proto".to_owned(), text.to_owned())])).schema
    }

    fn ask(output: Output, parameter: &str) -> CodeGeneratorResponse {
        let answered = answer(output, &super::super::request(&schema(), parameter)).unwrap().response;
        CodeGeneratorResponse::decode(answered.as_slice()).unwrap()
    }

    #[test]
    fn each_generator_answers_its_own_request() {
        for (name, output) in GENERATORS {
            let answered = ask(output, "");
            let names: Vec<&str> = answered.file.iter().map(Piece::name).collect();
            let expected: &[&str] = match name {
                "docs" => &["index.html", "index.json", "index.md"],
                "openapi" => &["openapi.json", "openapi.yaml"],
                "python" => &["p/a_pb2.py", "p/a_pb2.pyi", "p/a_pb2_grpc.py", "p/a_pb2_grpc.pyi"],
                _ => &["s.rs"],
            };
            assert_eq!((answered.error(), names.as_slice()), ("", expected), "{name}");
        }
        let docs = ask(Output::Docs, "title=Shop");
        assert!(docs.file[2].content().contains("# Shop") && docs.file[2].content().contains("A thing."));
    }

    #[test]
    fn a_caller_that_lost_some_positions_is_served() {
        let positions = |path: &[i32]| prost_types::SourceCodeInfo {
            location: vec![prost_types::source_code_info::Location {
                path: path.to_vec(),
                ..Default::default()
            }],
        };
        let mut files: Vec<Vec<u8>> = schema().encoded_files().map(|(_, file)| file).collect();
        let some = prost_types::FileDescriptorProto {
            source_code_info: Some(positions(&[4, 0])),
            ..Default::default()
        };
        files.last_mut().unwrap().extend(some.encode_to_vec());
        let request = Request {
            file_to_generate: vec!["p/a.proto".to_owned()],
            proto_file: files.into_iter().map(Into::into).collect(),
            ..Request::default()
        };
        let answered = answer(Output::Skeleton, &request.encode_to_vec()).unwrap().response;
        let answered = CodeGeneratorResponse::decode(answered.as_slice()).unwrap();
        assert_eq!((answered.error(), answered.file.len()), ("", 1));
    }

    #[test]
    fn what_is_wrong_is_said_in_the_answer() {
        assert_eq!(
            ask(Output::Docs, "titel=x").error(),
            "there is no parameter `titel`: did you mean `title`?"
        );
        assert!(answer(Output::Docs, b"\xff").unwrap_err().contains("no CodeGeneratorRequest"));
        let broken = Request { proto_file: vec![b"\x0a".to_vec().into()], ..Request::default() };
        let answered = answer(Output::Docs, &broken.encode_to_vec()).unwrap().response;
        assert_ne!(CodeGeneratorResponse::decode(answered.as_slice()).unwrap().error(), "");
    }
}
