//! What will be called, and why the rest will not. Calls nothing.

use std::sync::{LazyLock, OnceLock};

use globset::{GlobBuilder, GlobMatcher};
use prost_reflect::{DynamicMessage, MethodDescriptor, OneofDescriptor, ServiceDescriptor};
use prost_types::method_options::IdempotencyLevel;

use super::{checks::NO_METHOD, requests};
use crate::{
    diag::{Diagnostic, Place},
    promise::{
        Rules,
        contract::{Contract, Limits},
    },
    schema::nearest,
    values::{self, Manner},
};

/// Services that belong to the framework; they are tested when a glob names them.
const INFRASTRUCTURE: [&str; 2] = ["grpc.reflection.", "grpc.health."];

/// A stream of more kinds of messages than these is none of parts that follow one another.
const MOST_PARTS: usize = 4;

/// One method to call.
#[derive(Debug, Clone)]
pub struct Method {
    /// `package.Service/Method`.
    pub name: String,
    /// Its types and streams.
    pub desc: MethodDescriptor,
    /// Declared NO_SIDE_EFFECTS: the same request twice, with no write between, gives the same reply.
    pub reads: bool,
    /// Declared IDEMPOTENT: the same request twice has the effect of one.
    pub idempotent: bool,
    /// What a request must satisfy.
    pub asks: Rules,
    /// What a response satisfies.
    pub gives: Rules,
    /// What its contract bounds.
    pub limits: Limits,
    /// Paths of the reply that its contract leaves out where replies are compared.
    pub volatile: Vec<String>,
    /// The requests of the examples in its contract.
    pub examples: Vec<Vec<DynamicMessage>>,
    /// Why it is not called, if it is not.
    pub skipped: Option<String>,
    /// Where it stands in the schema; filled in by whoever knows.
    pub place: Option<Place>,
    /// What the server takes as a plain request; set once, when it has shown that.
    pub manner: OnceLock<Manner>,
}

impl Method {
    pub(super) fn new(desc: MethodDescriptor) -> Method {
        let name = format!("{}/{}", desc.parent_service().full_name(), desc.name());
        let level =
            desc.method_descriptor_proto().options.as_ref().map(|options| options.idempotency_level());
        Method {
            name,
            reads: level == Some(IdempotencyLevel::NoSideEffects),
            idempotent: level == Some(IdempotencyLevel::Idempotent),
            asks: Rules::of(&desc.input()),
            gives: Rules::of(&desc.output()),
            limits: Limits::default(),
            volatile: Vec::new(),
            examples: Vec::new(),
            desc,
            skipped: None,
            place: None,
            manner: OnceLock::new(),
        }
    }

    /// Takes over what its contract says of single calls.
    pub(super) fn promised(&mut self, contract: &Contract) {
        let service = contract.services.get(self.desc.parent_service().full_name());
        let Some(of) = service.and_then(|service| service.methods.get(self.desc.name())) else { return };
        self.limits = of.limits;
        self.volatile.clone_from(&of.volatile);
    }

    /// A request that a person could have sent, in the manner that the server takes. Different salts differ in
    /// their strings.
    pub(super) fn typical(&self, salt: u64) -> DynamicMessage {
        requests::kept(self, &values::typical(&self.desc.input(), salt, self.manner()), salt)
    }

    fn manner(&self) -> &Manner {
        static FIRST: LazyLock<Manner> = LazyLock::new(Manner::default);
        self.manner.get().unwrap_or(&FIRST)
    }

    /// So many plain messages that follow one another.
    pub(super) fn stream(&self, salt: u64, count: usize) -> Vec<DynamicMessage> {
        self.stream_in(self.manner(), salt, count)
    }

    /// The same in this manner. Where the messages are a choice of parts, as the header and the chunks of an upload
    /// are, the parts come in the order in which they are declared.
    pub(super) fn stream_in(&self, manner: &Manner, salt: u64, count: usize) -> Vec<DynamicMessage> {
        let parts = self.parts().filter(|oneof| manner.arm_of(oneof) == 0);
        let message = |at: usize| {
            let manner = match &parts {
                Some(oneof) => &manner.with_arm(oneof, at.min(oneof.fields().len() - 1)),
                None => manner,
            };
            let salt = salt.wrapping_add(at as u64);
            requests::kept(self, &values::typical(&self.desc.input(), salt, manner), salt)
        };
        (0..count).map(message).collect()
    }

    /// The messages of a plain request: one, or one of each part of a stream that has parts.
    pub(super) fn usual_count(&self) -> usize {
        let parts = self.parts().filter(|_| self.desc.is_client_streaming());
        parts.map_or(1, |oneof| oneof.fields().len().min(MOST_PARTS))
    }

    /// The first oneof of the request that leaves a choice.
    fn parts(&self) -> Option<OneofDescriptor> {
        self.desc.input().oneofs().find(|oneof| oneof.fields().len() > 1)
    }

    /// `/package.Service/Method`, as HTTP/2 spells it.
    pub fn path(&self) -> String {
        format!("/{}", self.name)
    }
}

/// The methods of a run, called or not, in the order of the schema.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// All of them.
    pub methods: Vec<Method>,
    /// What their services promise.
    pub contract: Contract,
}

impl Plan {
    /// Every method of the services. With globs, such as `user.UserService/*`, what matches none is skipped;
    /// without, what belongs to the framework is.
    ///
    /// # Errors
    /// A glob that is no pattern, or that matches no method: with the one that was probably meant.
    pub fn new(
        services: impl IntoIterator<Item = ServiceDescriptor>,
        globs: &[String],
    ) -> Result<Plan, Diagnostic> {
        let services: Vec<ServiceDescriptor> = services.into_iter().collect();
        let contract = Contract::of(services.iter().cloned());
        Plan::with(services, globs, contract)
    }

    /// The same where what the services promise has been read before, with side files on top.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn with(
        services: impl IntoIterator<Item = ServiceDescriptor>,
        globs: &[String],
        contract: Contract,
    ) -> Result<Plan, Diagnostic> {
        let all = |service: ServiceDescriptor| service.methods().map(Method::new).collect::<Vec<_>>();
        let mut methods: Vec<Method> = services.into_iter().flat_map(all).collect();
        let globs: Vec<GlobMatcher> = globs.iter().map(|glob| pattern(glob)).collect::<Result<_, _>>()?;
        globs.iter().try_for_each(|glob| matches_some(glob, &methods))?;
        for method in &mut methods {
            method.skipped = reason(method, &globs, &contract);
            method.promised(&contract);
            method.examples = examples(method, &contract);
        }
        Ok(Plan { methods, contract })
    }

    /// Those that are called.
    pub fn called(&self) -> impl Iterator<Item = &Method> {
        self.methods.iter().filter(|method| method.skipped.is_none())
    }
}

/// Globs over `package.Service/Method`, as `--method` takes them.
///
/// # Errors
/// A pattern that is none.
pub fn patterns(globs: &[String]) -> Result<Vec<GlobMatcher>, Diagnostic> {
    globs.iter().map(|glob| pattern(glob)).collect()
}

fn reason(method: &Method, globs: &[GlobMatcher], contract: &Contract) -> Option<String> {
    if !globs.is_empty() && !globs.iter().any(|glob| glob.is_match(&method.name)) {
        return Some("no --method matches it".into());
    }
    if globs.is_empty() && INFRASTRUCTURE.iter().any(|prefix| method.name.starts_with(prefix)) {
        return Some("belongs to the gRPC framework; name it with --method to test it".into());
    }
    contract
        .services
        .get(method.desc.parent_service().full_name())?
        .methods
        .get(method.desc.name())?
        .skip
        .clone()
}

/// Those that are requests; the others are for `contract lint` to say, and for the probe that asks them.
fn examples(method: &Method, contract: &Contract) -> Vec<Vec<DynamicMessage>> {
    let service = contract.services.get(method.desc.parent_service().full_name());
    let of = service.and_then(|service| service.methods.get(method.desc.name()));
    let read = |text: &String| {
        let json: serde_json::Value = serde_json::from_str(text).ok()?;
        DynamicMessage::deserialize(method.desc.input(), json).ok()
    };
    let all = of.map(|it| it.examples.as_slice()).unwrap_or_default();
    all.iter().filter_map(|example| example.request.iter().map(read).collect()).collect()
}

/// One glob of a `--method`: `*` stands for any run of characters, `/` among them.
///
/// # Errors
/// A pattern that is none.
fn pattern(glob: &str) -> Result<GlobMatcher, Diagnostic> {
    let built = GlobBuilder::new(glob).literal_separator(false).build();
    built.map(|glob| glob.compile_matcher()).map_err(|error| {
        Diagnostic::failure(&NO_METHOD, format!("`{glob}` is no pattern: {}", error.kind()))
            .help("write package.Service/Method, with `*` for any characters")
    })
}

/// # Errors
/// Every pattern must match something, or a typing error would leave methods untested and the run green.
fn matches_some(glob: &GlobMatcher, methods: &[Method]) -> Result<(), Diagnostic> {
    if methods.iter().any(|method| glob.is_match(&method.name)) {
        return Ok(());
    }
    let text = glob.glob().glob();
    let names = || methods.iter().map(|method| method.name.as_str());
    let help = match (nearest(text, names()), names().next()) {
        (Some(name), _) => format!("did you mean `{name}`?"),
        (None, Some(name)) => format!("the schema has `{name}`, for one"),
        (None, None) => "the schema has no service".to_owned(),
    };
    Err(Diagnostic::failure(&NO_METHOD, format!("no method matches `{text}`")).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Source, load};

    fn called(globs: &[&str]) -> Result<Vec<String>, Diagnostic> {
        let globs: Vec<String> = globs.iter().map(ToString::to_string).collect();
        let plan = Plan::new(load(&Source::Directory("proto".into())).schema.pool().services(), &globs)?;
        Ok(plan.called().map(|method| method.desc.name().to_owned()).collect())
    }

    #[test]
    fn a_glob_matches_across_the_slash() {
        for (globs, expected) in [
            (&["*Chat"][..], &["Chat"][..]),
            (&["user.UserService/?etUser", "*/List*"], &["GetUser", "ListUsers"]),
            (&["*/{Get,Delete}User"], &["GetUser", "DeleteUser"]),
        ] {
            assert_eq!(called(globs).unwrap(), expected, "{globs:?}");
        }
        assert_eq!(called(&[]).unwrap().len(), 8);
    }

    #[test]
    fn a_glob_that_matches_nothing_names_the_nearest_method() {
        for (glob, message, help) in [
            ("user.UserService/GetUsr", "no method matches", "did you mean `user.UserService/GetUser`?"),
            ("shop.*", "no method matches `shop.*`", "the schema has `user.UserService/GetUser`, for one"),
            ("user.{", "`user.{` is no pattern", "write package.Service/Method"),
        ] {
            // The other pattern does match.
            let error = called(&["*/Chat", glob]).unwrap_err();
            let said = error.help.unwrap_or_default();
            assert!(error.message.contains(message) && said.contains(help), "{} {said}", error.message);
        }
    }
}
