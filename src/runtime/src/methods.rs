//! The methods of a server: what a layer must be told, as it cannot read it from a call.

use std::collections::HashMap;

/// How many messages go each way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One and one.
    Unary,
    /// A stream of requests, one answer.
    ClientStream,
    /// One request, a stream of answers.
    ServerStream,
    /// A stream each way.
    BidiStream,
}

impl Kind {
    /// By what `MethodDescriptorProto` says.
    #[must_use]
    pub fn new(client_streaming: bool, server_streaming: bool) -> Self {
        match (client_streaming, server_streaming) {
            (false, false) => Self::Unary,
            (true, false) => Self::ClientStream,
            (false, true) => Self::ServerStream,
            (true, true) => Self::BidiStream,
        }
    }

    /// As metrics name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::ClientStream => "client_stream",
            Self::ServerStream => "server_stream",
            Self::BidiStream => "bidi_stream",
        }
    }
}

/// The paths that a server answers, such as `/user.UserService/GetUser`, and their kinds.
///
/// What a client asks for and is not here has no name of its own in metrics: a client must not choose their number.
#[derive(Debug, Clone, Default)]
pub struct Methods {
    all: Vec<(String, Kind)>,
    by_path: HashMap<String, usize>,
}

impl Methods {
    /// Those of an encoded `google.protobuf.FileDescriptorSet`, the `FILE_DESCRIPTOR_SET` of the generated code, and those of
    /// health and reflection.
    ///
    /// # Errors
    ///
    /// It is none.
    #[cfg(feature = "serve")]
    pub fn from_descriptor_set(encoded: &[u8]) -> Result<Self, prost::DecodeError> {
        let files = <prost_types::FileDescriptorSet as prost::Message>::decode(encoded)?.file;
        let mut methods = Vec::new();
        for file in &files {
            for service in &file.service {
                let name = [file.package(), service.name()].join(".");
                let name = name.trim_start_matches('.');
                methods.extend(service.method.iter().map(|method| {
                    let kind = Kind::new(method.client_streaming(), method.server_streaming());
                    (format!("/{name}/{}", method.name()), kind)
                }));
            }
        }
        Ok(methods.into_iter().collect::<Self>().with_health_and_reflection())
    }

    /// The place of `path` among [`Methods::iter`].
    #[must_use]
    pub fn find(&self, path: &str) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.all.iter().map(|(path, kind)| (path.as_str(), *kind))
    }

    /// The methods whose request is no stream.
    pub fn unary_requests(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|(_, kind)| matches!(kind, Kind::Unary | Kind::ServerStream)).map(|(path, _)| path)
    }

    /// The same with health and reflection.
    #[must_use]
    pub fn with_health_and_reflection(self) -> Self {
        let more = [
            ("/grpc.health.v1.Health/Check", Kind::Unary),
            ("/grpc.health.v1.Health/Watch", Kind::ServerStream),
            ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Kind::BidiStream),
            ("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", Kind::BidiStream),
        ];
        let more = more.map(|(path, kind)| (path.to_owned(), kind));
        self.all.into_iter().chain(more).collect()
    }
}

impl<P: Into<String>> FromIterator<(P, Kind)> for Methods {
    fn from_iter<I: IntoIterator<Item = (P, Kind)>>(methods: I) -> Self {
        let mut known = Self::default();
        for (path, kind) in methods {
            let path = path.into();
            // A path given twice keeps its first kind.
            if known.find(&path).is_none() {
                known.by_path.insert(path.clone(), known.all.len());
                known.all.push((path, kind));
            }
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_once() {
        let methods: Methods = [("/a.B/C", Kind::new(false, true)), ("/a.B/D", Kind::new(true, true))]
            .into_iter()
            .chain([("/a.B/C", Kind::Unary)])
            .collect();
        assert_eq!(
            [methods.find("/a.B/C"), methods.find("/a.B/D"), methods.find("/")],
            [Some(0), Some(1), None]
        );
        assert_eq!(methods.unary_requests().collect::<Vec<_>>(), ["/a.B/C"]);
        let all = methods.with_health_and_reflection();
        assert_eq!((all.iter().count(), all.unary_requests().count()), (6, 3));
    }

    #[cfg(feature = "serve")]
    #[test]
    fn those_of_descriptors_are_known_by_their_kinds() {
        let users = include_bytes!("../../../generated/descriptor.binpb");
        let methods = Methods::from_descriptor_set(users).unwrap();
        let kind = |path: &str| methods.iter().find(|(known, _)| *known == path).map(|(_, kind)| kind);
        assert_eq!(kind("/user.UserService/Chat"), Some(Kind::BidiStream));
        assert_eq!(kind("/grpc.health.v1.Health/Check"), Some(Kind::Unary));
        assert_eq!(kind("/user.UserService/Other"), None);
    }
}
