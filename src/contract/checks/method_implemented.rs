//! Whether a method of the schema is there.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::Code, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG137",
        name: "method_implemented",
        summary: "A declared method is never UNIMPLEMENTED.",
        explain: "The schema promises it, and every client has a stub for it.\n\n\
                  Register the service with the server, or write the handler. In Rust `add_service`, in Go \
                  `RegisterXServer` (and no `UnimplementedXServer` left in place), in Python \
                  `add_XServicer_to_server`, in Java `addService`. A method that is planned can be left out \
                  with `(protogate.contract.v1.method).skip`.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/statuscodes.md"),
    },
    applies: &[Class::Valid, Class::Invalid],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let status = seen.exchange.status();
    match status.code {
        Code::Unimplemented => {
            fail("UNIMPLEMENTED", format!("a declared method is not there: {}", status.message))
        }
        _ => Verdict::Pass,
    }
}
