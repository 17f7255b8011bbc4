//! Whose fault it is: what the application's methods and a method of the framework get wrong alike is the
//! framework's.
//!
//! The control methods are those of the standard health and reflection services, where the server has them. Where it
//! has none, a fault that every method of a server shows is taken for the framework's.

use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeMap,
};

use super::{
    checks::{DEAD, UNANSWERED},
    class::Class,
    cover,
    input::{Body, Input},
    judge::{Failure, Judge},
    malformed,
    plan::Method,
    shrink::Shrunk,
    streams,
};
use crate::{
    client::{Call, Code, Step, Transport},
    schema::{Source, load},
};

/// Names, numbers and types of the two services (github.com/grpc/grpc-proto), as far as they are needed here.
const PROTO: &str = r#"syntax = "proto3";
package grpc.health.v1;
service Health {
  rpc Check(HealthCheckRequest) returns (HealthCheckResponse) { option idempotency_level = NO_SIDE_EFFECTS; }
}
message HealthCheckRequest { string service = 1; }
message HealthCheckResponse { int32 status = 1; }
"#;

const REFLECTION: &str = r#"syntax = "proto3";
package grpc.reflection.PACKAGE;
service ServerReflection { rpc ServerReflectionInfo(stream ServerReflectionRequest) returns (stream Reply); }
message ServerReflectionRequest { string host = 1; string list_services = 7; }
message Reply { string valid_host = 1; }
"#;

/// The methods of the framework that the server has.
#[derive(Debug, Default)]
pub(super) struct Control {
    unary: Option<Method>,
    streaming: Option<Method>,
    /// What was asked before, of a check, a cause and a kind of input: each answer can take a deadline.
    known: RefCell<BTreeMap<Vec<String>, bool>>,
}

impl Control {
    /// Asks for each once.
    pub async fn find<T: Transport>(judge: &Judge<'_, T>) -> Control {
        let sources = vec![
            ("health.proto".to_owned(), PROTO.to_owned()),
            ("v1.proto".to_owned(), REFLECTION.replace("PACKAGE", "v1")),
            ("v1alpha.proto".to_owned(), REFLECTION.replace("PACKAGE", "v1alpha")),
        ];
        let schema = load(&Source::Text(sources)).schema;
        let mut control = Control::default();
        for method in schema.pool().services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
            let method = Method::new(method);
            let slot =
                if method.desc.is_client_streaming() { &mut control.streaming } else { &mut control.unary };
            if slot.is_none() && answers(judge, &method).await {
                *slot = Some(method);
            }
        }
        control
    }

    pub fn is_none(&self) -> bool {
        self.unary.is_none() && self.streaming.is_none()
    }

    /// The one that this input can be compared on: malformed requests are read alike wherever requests are.
    fn own(&self, method: &Method, class: Class) -> Option<&Method> {
        let answers_in_a_stream = method.desc.is_server_streaming() && !class.is_malformed();
        if method.desc.is_client_streaming() || answers_in_a_stream {
            self.streaming.as_ref()
        } else {
            self.unary.as_ref()
        }
    }

    /// Whether the framework's own method fails in the same way.
    pub async fn shares<T: Transport>(
        &self,
        judge: &Judge<'_, T>,
        seed: u64,
        method: &Method,
        input: &Input,
        failure: &Failure,
    ) -> bool {
        let Some(own) = self.own(method, input.class) else { return false };
        let alike = |it: &Input| it.class == input.class && (it.label == input.label || !exact(input.class));
        let candidates = malformed::inputs(seed, own)
            .into_iter()
            .chain(streams::inputs(seed, own))
            .chain(cover::coverage(seed, own));
        for input in candidates.filter(alike).take(4) {
            let judged = judge.judge(own, &input).await;
            let same = |it: &Failure| it.key.check == failure.key.check && it.key.cause == failure.key.cause;
            if judged.failures.iter().any(same) {
                return true;
            }
        }
        false
    }
}

/// Whether the fault is the framework's: its own methods have it, or where it has none every method has.
pub(super) async fn shares<T: Transport>(
    control: &OnceCell<Control>,
    judge: &Judge<'_, T>,
    seed: u64,
    methods: &[&Method],
    method: &Method,
    shrunk: &Shrunk,
) -> bool {
    let (input, failure) = (&shrunk.input, &shrunk.failure);
    if !input.class.is_the_frameworks() || failure.key.cause == DEAD {
        return false;
    }
    if control.get().is_none() {
        let _ = control.set(Control::find(judge).await);
    }
    let Some(asked) = control.get() else { return false };
    let kind =
        [method.desc.is_client_streaming(), method.desc.is_server_streaming()].map(|it| it.to_string());
    let key = [failure.key.check, &failure.key.cause, input.class.name(), &input.label].map(str::to_owned);
    let key = [&key[..], &kind[..]].concat();
    if let Some(known) = asked.known.borrow().get(&key) {
        return *known;
    }
    let shared = is_shared(asked, judge, seed, methods, method, shrunk).await;
    asked.known.borrow_mut().insert(key, shared);
    shared
}

async fn is_shared<T: Transport>(
    control: &Control,
    judge: &Judge<'_, T>,
    seed: u64,
    methods: &[&Method],
    method: &Method,
    shrunk: &Shrunk,
) -> bool {
    let (input, failure) = (&shrunk.input, &shrunk.failure);
    let is_none = control.is_none();
    if control.own(method, input.class).is_some() {
        return control.shares(judge, seed, method, input, failure).await;
    }
    match failure.key.cause.as_str() {
        // Some frameworks wait for the rest of a request, and leave the end to the deadline.
        UNANSWERED => {
            let alike = of_kind(methods, method);
            alike.len() < SEVERAL || every_method_fails(judge, seed, &alike, input, failure).await
        }
        _ if !is_none => false,
        // A held-open stream is the framework's to end; with nothing to compare it with, it is not held against
        // the application. A request that is there and not answered is the handler's.
        _ if input.class == Class::Deadline => {
            !matches!(&input.body, Body::Script(steps) if steps.contains(&Step::HalfClose))
        }
        _ => every_method_fails(judge, seed, methods, input, failure).await,
    }
}

/// The methods that read their requests as this one does: one message, or a stream of them.
fn of_kind<'a>(methods: &[&'a Method], method: &Method) -> Vec<&'a Method> {
    let kind = |it: &Method| it.desc.is_client_streaming();
    methods.iter().copied().filter(|it| kind(it) == kind(method)).collect()
}

/// Fewer methods than this do not show what all of a server have in common.
const SEVERAL: usize = 3;

/// Whether every method of the plan, and there are several, has the fault.
async fn every_method_fails<T: Transport>(
    judge: &Judge<'_, T>,
    seed: u64,
    methods: &[&Method],
    input: &Input,
    failure: &Failure,
) -> bool {
    if methods.len() < SEVERAL || !input.class.is_malformed() {
        return false;
    }
    for method in methods {
        let alike = |it: &Input| it.class == input.class && it.label == input.label;
        let Some(input) = malformed::inputs(seed, method).into_iter().find(alike) else { continue };
        let judged = judge.judge(method, &input).await;
        let same = |it: &Failure| it.key.check == failure.key.check && it.key.cause == failure.key.cause;
        if !judged.failures.iter().any(same) {
            return false;
        }
    }
    true
}

/// Whether the label says all there is to say of a case of this class: others depend on the fields of the type.
fn exact(class: Class) -> bool {
    !matches!(class, Class::BadUtf8 | Class::Deadline)
}

async fn answers<T: Transport>(judge: &Judge<'_, T>, method: &Method) -> bool {
    let call = Call {
        path: method.path(),
        metadata: judge.metadata.to_vec(),
        deadline: judge.deadline,
        script: if method.desc.is_client_streaming() {
            vec![Step::HalfClose]
        } else {
            vec![Step::Send(bytes::Bytes::new()), Step::HalfClose]
        },
    };
    let asked = judge.transport.call(&call).await;
    asked.is_ok_and(|exchange| {
        let status = exchange.status();
        !status.synthetic && !matches!(status.code, Code::Unimplemented | Code::Unknown)
    })
}
