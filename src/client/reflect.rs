//! The schema of a running server, through server reflection. Interprets no descriptor beyond its imports.
//!
//! The messages are those of `grpc/reflection/v1/reflection.proto`, as far as they are used here; v1alpha has the
//! same under another package.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use bytes::Bytes;
use prost::Message;
use prost_reflect::DescriptorPool;

use super::{Call, CallError, Code, Step, Transport};

const PATHS: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];
const DEADLINE: Duration = Duration::from_secs(10);

/// More files than any schema has: googleapis as a whole has 7,227.
const MOST_FILES: usize = 50_000;

/// What a server says about itself.
#[derive(Debug, Clone)]
pub struct Reflection {
    /// Every service the server lists, sorted.
    pub services: Vec<String>,
    /// Services it lists and cannot describe, with its words.
    pub undescribed: Vec<(String, String)>,
    /// An encoded `FileDescriptorSet`, imports first: the bytes the server sent, so that custom options survive.
    pub file_set: Bytes,
    /// The same, resolved.
    pub pool: DescriptorPool,
}

/// Which protocol of reflection is spoken; their messages are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReflectionVersion {
    /// `grpc.reflection.v1`
    V1,
    /// `grpc.reflection.v1alpha`
    V1Alpha,
}

impl ReflectionVersion {
    /// Both, the newer one first.
    pub const ALL: [ReflectionVersion; 2] = [ReflectionVersion::V1, ReflectionVersion::V1Alpha];

    /// The package of its service.
    pub fn package(self) -> &'static str {
        match self {
            ReflectionVersion::V1 => "grpc.reflection.v1",
            ReflectionVersion::V1Alpha => "grpc.reflection.v1alpha",
        }
    }

    fn path(self) -> &'static str {
        match self {
            ReflectionVersion::V1 => PATHS[0],
            ReflectionVersion::V1Alpha => PATHS[1],
        }
    }
}

/// Asks a server for its services and all files they need; `metadata` goes with each call. Speaks v1, or v1alpha
/// where v1 is not implemented.
///
/// # Errors
/// When the server cannot be called, offers no reflection, or its answers do not make a schema.
pub async fn reflect<T: Transport>(
    transport: &T,
    metadata: &[(String, Vec<u8>)],
) -> Result<Reflection, CallError> {
    for version in ReflectionVersion::ALL {
        if let Some(reflection) = reflect_version(transport, version, metadata).await? {
            return Ok(reflection);
        }
    }
    Err(CallError::no_reflection())
}

/// The same in this version alone. `None`: the server does not implement it.
///
/// # Errors
/// When the server cannot be called, or its answers do not make a schema.
pub async fn reflect_version<T: Transport>(
    transport: &T,
    version: ReflectionVersion,
    metadata: &[(String, Vec<u8>)],
) -> Result<Option<Reflection>, CallError> {
    let path = version.path();
    let Some(services) = list_services(transport, path, metadata).await? else { return Ok(None) };

    let mut files = Files::default();
    let mut undescribed = Vec::new();
    let asked = services.iter().map(|name| Ask::FileContainingSymbol(name.clone())).collect();
    let answers = ask(transport, path, metadata, asked).await?.ok_or_else(CallError::no_reflection)?;
    for (service, answer) in services.iter().zip(answers) {
        match answer {
            Answer::Files(sent) => files.add(sent.file_descriptor_proto)?,
            Answer::Error(error) => undescribed.push((service.clone(), error.error_message)),
            Answer::Services(_) => return Err(unasked()),
        }
    }
    loop {
        let missing = files.missing();
        if missing.is_empty() {
            break;
        }
        let asked = missing.iter().map(|name| Ask::FileByFilename(name.clone())).collect();
        let answers = ask(transport, path, metadata, asked).await?.ok_or_else(CallError::no_reflection)?;
        for (name, answer) in missing.iter().zip(answers) {
            match answer {
                Answer::Files(sent) => files.add(sent.file_descriptor_proto)?,
                Answer::Error(error) => files.add_well_known(name, &error.error_message)?,
                Answer::Services(_) => return Err(unasked()),
            }
            if !files.by_name.contains_key(name) {
                return Err(CallError::reflection(format!("asked for `{name}`, it sends other files")));
            }
        }
    }

    let file_set = files.imports_first()?;
    let mut pool = DescriptorPool::new();
    pool.decode_file_descriptor_set(file_set.clone())
        .map_err(|error| CallError::reflection(format!("its descriptors do not fit together: {error}")))?;
    Ok(Some(Reflection { services, undescribed, file_set, pool }))
}

/// `None`: this version of reflection is not implemented.
async fn list_services<T: Transport>(
    transport: &T,
    path: &str,
    metadata: &[(String, Vec<u8>)],
) -> Result<Option<Vec<String>>, CallError> {
    let Some(answers) = ask(transport, path, metadata, vec![Ask::ListServices(String::new())]).await? else {
        return Ok(None);
    };
    match answers.into_iter().next() {
        Some(Answer::Services(list)) => {
            Ok(Some(list.service.into_iter().map(|s| s.name).collect::<BTreeSet<_>>().into_iter().collect()))
        }
        Some(Answer::Error(error)) => {
            Err(CallError::reflection(format!("it lists no services: {}", error.error_message)))
        }
        _ => Err(unasked()),
    }
}

/// Asks everything on one stream; one answer for each question, in order.
async fn ask<T: Transport>(
    transport: &T,
    path: &str,
    metadata: &[(String, Vec<u8>)],
    questions: Vec<Ask>,
) -> Result<Option<Vec<Answer>>, CallError> {
    let count = questions.len();
    let send = |ask| Step::Send(Request { message_request: Some(ask) }.encode_to_vec().into());
    let script = questions.into_iter().map(send).chain([Step::HalfClose]).collect();
    let call = Call { path: path.to_owned(), metadata: metadata.to_vec(), deadline: DEADLINE, script };
    let exchange = transport.call(&call).await?;
    let status = exchange.status();
    match status.code {
        // Some servers answer and then end the stream with an error; their answers are good.
        _ if exchange.messages.len() == count => {}
        Code::Unimplemented => return Ok(None),
        Code::Ok => {
            return Err(CallError::reflection(format!(
                "{} answers to {count} questions",
                exchange.messages.len()
            )));
        }
        _ => return Err(CallError::reflection_status(&status)),
    }
    let answers = exchange.messages.into_iter().map(|(_, message)| {
        let response =
            Response::decode(message).map_err(|e| CallError::reflection(format!("{path}: {e}")))?;
        response.message_response.ok_or_else(unasked)
    });
    answers.collect::<Result<Vec<_>, _>>().map(Some)
}

fn unasked() -> CallError {
    CallError::reflection("it answers what was not asked")
}

#[derive(Default)]
struct Files {
    by_name: BTreeMap<String, (Bytes, Vec<String>)>,
}

impl Files {
    fn add(&mut self, sent: Vec<Bytes>) -> Result<(), CallError> {
        for bytes in sent {
            let head = Imports::decode(bytes.clone())
                .map_err(|error| CallError::reflection(format!("a file is not a descriptor: {error}")))?;
            self.by_name.entry(head.name).or_insert((bytes, head.dependency));
        }
        if self.by_name.len() > MOST_FILES {
            return Err(CallError::reflection(format!("it has more than {MOST_FILES} files")));
        }
        Ok(())
    }

    /// Servers may leave out `google/protobuf/*.proto`, which everybody has.
    fn add_well_known(&mut self, name: &str, message: &str) -> Result<(), CallError> {
        let file = DescriptorPool::global().get_file_by_name(name).ok_or_else(|| {
            CallError::reflection(format!("it does not have the imported `{name}`: {message}"))
        })?;
        self.add(vec![file.encode_to_vec().into()])
    }

    fn missing(&self) -> BTreeSet<String> {
        let imports = self.by_name.values().flat_map(|(_, imports)| imports);
        imports.filter(|name| !self.by_name.contains_key(*name)).cloned().collect()
    }

    /// One `FileDescriptorSet` in an order in which each file can be resolved. Assumes nothing is missing.
    fn imports_first(&self) -> Result<Bytes, CallError> {
        let mut set = FileSet::default();
        let mut done = BTreeSet::new();
        while done.len() < self.by_name.len() {
            let before = done.len();
            for (name, (bytes, imports)) in &self.by_name {
                if !done.contains(name) && imports.iter().all(|import| done.contains(import)) {
                    set.file.push(bytes.clone());
                    done.insert(name);
                }
            }
            if done.len() == before {
                return Err(CallError::reflection("its files import each other in a circle"));
            }
        }
        Ok(set.encode_to_vec().into())
    }
}

/// The parts of a `FileDescriptorProto` that are needed to fetch and order files.
#[derive(Clone, PartialEq, Message)]
struct Imports {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, repeated, tag = "3")]
    dependency: Vec<String>,
}

/// A `FileDescriptorSet` whose files stay as they are.
#[derive(Clone, PartialEq, Message)]
struct FileSet {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    file: Vec<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Request {
    #[prost(oneof = "Ask", tags = "3, 4, 7")]
    pub message_request: Option<Ask>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Ask {
    #[prost(string, tag = "3")]
    FileByFilename(String),
    #[prost(string, tag = "4")]
    FileContainingSymbol(String),
    #[prost(string, tag = "7")]
    ListServices(String),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Response {
    #[prost(oneof = "Answer", tags = "4, 6, 7")]
    pub message_response: Option<Answer>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Answer {
    #[prost(message, tag = "4")]
    Files(FilesAnswer),
    #[prost(message, tag = "6")]
    Services(ServicesAnswer),
    #[prost(message, tag = "7")]
    Error(ErrorAnswer),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct FilesAnswer {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub file_descriptor_proto: Vec<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ServicesAnswer {
    #[prost(message, repeated, tag = "1")]
    pub service: Vec<ServiceAnswer>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ServiceAnswer {
    #[prost(string, tag = "1")]
    pub name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ErrorAnswer {
    #[prost(int32, tag = "1")]
    pub error_code: i32,
    #[prost(string, tag = "2")]
    pub error_message: String,
}
