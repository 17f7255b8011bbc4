//! Every mutant, one row each.

mod b01;
mod b02;
mod b03;
mod b04;
mod b05;
mod b06;
mod b10;
mod b11;
mod b20;
mod b24;
mod b26;
mod b28;
mod b29;
mod b30;
mod b35;
mod b37;
mod b43;
mod b59;

use crate::Mutant;

/// Every mutant, in the order of their ids.
pub const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "B01",
        what: "CreateUser answers INTERNAL to a name of spaces.",
        caught_by: "not_a_server_error",
        routes: b01::routes,
    },
    Mutant {
        id: "B02",
        what: "CreateUser panics on a character of four bytes, so the client sees RST_STREAM and no status.",
        caught_by: "no_transport_abort",
        routes: b02::routes,
    },
    Mutant {
        id: "B03",
        what: "CreateUser answers INTERNAL to a name of more than 64 bytes.",
        caught_by: "not_a_server_error",
        routes: b03::routes,
    },
    Mutant {
        id: "B04",
        what: "ListUsers panics when offset + limit does not fit 32 bits.",
        caught_by: "no_transport_abort",
        routes: b04::routes,
    },
    Mutant {
        id: "B05",
        what: "ListUsers aborts the process on a negative limit.",
        caught_by: "stays_alive",
        routes: b05::routes,
    },
    Mutant {
        id: "B06",
        what: "GetUser answers UNKNOWN for an id that is not there.",
        caught_by: "not_a_server_error",
        routes: b06::routes,
    },
    Mutant {
        id: "B10",
        what: "The status for a user that is not there is 42, which gRPC does not have.",
        caught_by: "grpc_envelope",
        routes: b10::routes,
    },
    Mutant {
        id: "B11",
        what: "GetUser shows the statement of its database when the id is not there.",
        caught_by: "error_message_leak",
        routes: b11::routes,
    },
    Mutant {
        id: "B20",
        what: "Every GetUser changes the time of creation that the next one shows.",
        caught_by: "deterministic_read",
        routes: b20::routes,
    },
    Mutant {
        id: "B24",
        what: "ListUsers answers in another order each time.",
        caught_by: "deterministic_read",
        routes: b24::routes,
    },
    Mutant {
        id: "B26",
        what: "ListUsers never ends: the trailers do not come.",
        caught_by: "always_terminates",
        routes: b26::routes,
    },
    Mutant {
        id: "B28",
        what: "ListUsers with a limit of 0 never ends.",
        caught_by: "always_terminates",
        routes: b28::routes,
    },
    Mutant {
        id: "B29",
        what: "ImportUsers counts one user too few.",
        caught_by: "ensures",
        routes: b29::routes,
    },
    Mutant {
        id: "B30",
        what: "ImportUsers answers INTERNAL to a stream without messages.",
        caught_by: "empty_request_stream",
        routes: b30::routes,
    },
    Mutant {
        id: "B35",
        what: "Chat sends no trailers after the client has half-closed.",
        caught_by: "half_close_terminates",
        routes: b35::routes,
    },
    Mutant {
        id: "B37",
        what: "Chat ends with CANCELLED when the client half-closes.",
        caught_by: "half_close_terminates",
        routes: b37::routes,
    },
    Mutant {
        id: "B43",
        what: "GetUser waits until every open chat has ended.",
        caught_by: "sibling_isolation",
        routes: b43::routes,
    },
    Mutant {
        id: "B59",
        what: "Binary metadata without padding is answered with INVALID_ARGUMENT.",
        caught_by: "metadata_tolerant",
        routes: b59::routes,
    },
];
