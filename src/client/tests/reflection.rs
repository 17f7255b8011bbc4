//! Server reflection against servers that speak one version, leave files out, or answer nonsense.

use prost::Message;
use prost_reflect::prost_types::{FileDescriptorProto, FileDescriptorSet, ServiceDescriptorProto};

use super::{
    server::Act::{Data, Head, ReadAll, Trailers},
    *,
};
use crate::client::{
    CallError, Reflection, reflect,
    reflect::{Answer, ErrorAnswer, FilesAnswer, Response, ServiceAnswer, ServicesAnswer},
};

const V1: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const V1ALPHA: &str = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

fn file(name: &str, imports: &[&str], package: &str, service_name: Option<&str>) -> FileDescriptorProto {
    let service = |name: &str| ServiceDescriptorProto { name: Some(name.to_owned()), ..Default::default() };
    FileDescriptorProto {
        name: Some(name.to_owned()),
        package: Some(package.to_owned()),
        dependency: imports.iter().map(|import| (*import).to_owned()).collect(),
        service: service_name.into_iter().map(service).collect(),
        ..Default::default()
    }
}

fn files(files: &[FileDescriptorProto]) -> Answer {
    Answer::Files(FilesAnswer {
        file_descriptor_proto: files.iter().map(|f| f.encode_to_vec().into()).collect(),
    })
}

fn services(names: &[&str]) -> Answer {
    let service = names.iter().map(|name| ServiceAnswer { name: (*name).to_owned() }).collect();
    Answer::Services(ServicesAnswer { service })
}

fn not_found() -> Answer {
    Answer::Error(ErrorAnswer { error_code: 5, error_message: "not here".to_owned() })
}

/// A server whose n-th reflection stream, and its n-th connection, is answered with the n-th list.
async fn reflected(path: &'static str, rounds: Vec<Vec<Answer>>) -> Result<Reflection, CallError> {
    let plays = rounds.into_iter().map(|answers| {
        let data = |answer| Data(frame(&Response { message_response: Some(answer) }.encode_to_vec()));
        let answers = answers.into_iter().map(data);
        let acts = [ReadAll, Head(200, GRPC)].into_iter().chain(answers).chain([Trailers(OK)]);
        Play::ByPath(vec![(path, acts.collect())])
    });
    let server = serve(plays.collect()).await;
    reflect(&OneByOne(transport(&server), path), &[]).await
}

/// Makes each call that the server knows on a connection of its own.
struct OneByOne(H2Transport, &'static str);

impl Transport for OneByOne {
    async fn call(&self, call: &Call) -> Result<Exchange, CallError> {
        if call.path == self.1 {
            return self.0.fresh().call(call).await;
        }
        let server = serve(vec![Play::ByPath(Vec::new())]).await;
        transport(&server).call(call).await
    }
}

/// `services | undescribed | files in order`.
fn told(reflection: &Reflection) -> String {
    let undescribed: Vec<_> =
        reflection.undescribed.iter().map(|(name, why)| format!("{name}: {why}")).collect();
    let set = FileDescriptorSet::decode(reflection.file_set.clone()).unwrap();
    let files: Vec<_> = set.file.iter().map(|file| file.name()).collect();
    format!("{} | {} | {}", reflection.services.join(" "), undescribed.join(" "), files.join(" "))
}

#[tokio::test]
async fn fetches_every_import_and_puts_it_first() {
    for path in [V1, V1ALPHA] {
        let rounds = vec![
            vec![services(&["b.B", "a.A", "hidden.H"])],
            vec![
                files(&[file("a.proto", &["c.proto", "google/protobuf/empty.proto"], "a", Some("A"))]),
                files(&[
                    file("b.proto", &["c.proto"], "b", Some("B")),
                    file("c.proto", &["d.proto"], "c", None),
                ]),
                not_found(),
            ],
            vec![files(&[file("d.proto", &[], "d", None)]), not_found()],
        ];
        let reflection = reflected(path, rounds).await.unwrap();
        let expected = "a.A b.B hidden.H | hidden.H: not here | d.proto google/protobuf/empty.proto c.proto a.proto b.proto";
        assert_eq!(told(&reflection), expected);
        assert!(reflection.pool.get_service_by_name("a.A").is_some());
    }
}

/// An option nobody here knows: field 50000 of `FileOptions`, a string.
#[tokio::test]
async fn unknown_options_survive() {
    let mut bytes = file("a.proto", &[], "a", Some("A")).encode_to_vec();
    bytes.extend([0x42, 7, 0x82, 0xb5, 0x18, 3, b'y', b'e', b's']);
    let raw = Answer::Files(FilesAnswer { file_descriptor_proto: vec![bytes.into()] });
    let reflection = reflected(V1, vec![vec![services(&["a.A"])], vec![raw]]).await.unwrap();
    assert!(reflection.file_set.windows(3).any(|window| window == b"yes"));
}

#[tokio::test]
async fn what_makes_no_schema_is_said() {
    let a = || vec![services(&["a.A"])];
    let one = |imports| vec![files(&[file("a.proto", imports, "a", Some("A"))])];
    let circle =
        vec![files(&[file("a.proto", &["b.proto"], "a", None), file("b.proto", &["a.proto"], "b", None)])];
    let junk = Answer::Files(FilesAnswer { file_descriptor_proto: vec!["\x0a\x7f".into()] });
    for (rounds, problem) in [
        (vec![vec![not_found()]], "it lists no services: not here"),
        (vec![vec![]], "0 answers to 1 questions"),
        (vec![a(), vec![services(&[])]], "it answers what was not asked"),
        (vec![a(), vec![junk]], "a file is not a descriptor"),
        (
            vec![a(), one(&["x.proto"]), vec![not_found()]],
            "it does not have the imported `x.proto`: not here",
        ),
        (vec![a(), one(&["x.proto"]), one(&[])], "asked for `x.proto`, it sends other files"),
        (vec![a(), circle], "its files import each other in a circle"),
    ] {
        let error = reflected(V1, rounds).await.unwrap_err();
        assert!(error.to_string().contains(problem) && !error.is_no_reflection(), "{error}");
    }
}

#[tokio::test]
async fn no_reflection_is_its_own_answer() {
    let server = serve(vec![Play::ByPath(Vec::new())]).await;
    let error = reflect(&transport(&server), &[]).await.unwrap_err();
    assert!(error.is_no_reflection() && error.to_string().contains("give the schema as files"), "{error}");
}
