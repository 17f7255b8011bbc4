//! Every mutant, one row each.

mod b01;
mod b02;
mod b03;
mod b04;
mod b05;
mod b06;
mod b07;
mod b08;
mod b09;
mod b10;
mod b11;
mod b12;
mod b13;
mod b14;
mod b15;
mod b16f;
mod b16z;
mod b17;
mod b18;
mod b19;
mod b20;
mod b21;
mod b22;
mod b23;
mod b23b;
mod b24;
mod b25;
mod b26;
mod b27;
mod b28;
mod b29;
mod b30;
mod b31;
mod b32;
mod b33;
mod b34;
mod b35;
mod b36;
mod b37;
mod b38;
mod b39;
mod b40;
mod b41;
mod b42;
mod b43;
mod b44;
mod b45;
mod b46;
mod b47;
mod b48;
mod b49;
mod b50;
mod b51;
mod b52;
mod b53;
mod b54;
mod b55;
mod b56;
mod b57;
mod b59;
mod b60;

use tonic::service::Routes;

use crate::{Mutant, Setup};

/// Every mutant, in the order of their ids.
pub const MUTANTS: &[Mutant] = &[
    Mutant::new("B01", "CreateUser answers INTERNAL to a name of spaces.", "not_a_server_error", b01::routes),
    Mutant::new(
        "B02",
        "CreateUser panics on a character of four bytes, so the client sees RST_STREAM and no status.",
        "no_transport_abort",
        b02::routes,
    ),
    Mutant::new(
        "B03",
        "CreateUser answers INTERNAL to a name of more than 64 bytes.",
        "not_a_server_error",
        b03::routes,
    ),
    Mutant::new(
        "B04",
        "ListUsers panics when offset + limit does not fit 32 bits.",
        "no_transport_abort",
        b04::routes,
    ),
    Mutant::new("B05", "ListUsers aborts the process on a negative limit.", "stays_alive", b05::routes),
    Mutant::new(
        "B06",
        "GetUser answers UNKNOWN for an id that is not there.",
        "not_a_server_error",
        b06::routes,
    ),
    value("B07", "GetUser answers NOT_FOUND to an empty id.", "errors/empty_id", b07::routes),
    value(
        "B08",
        "GetUser answers INVALID_ARGUMENT for an id that is not there.",
        "errors/unknown_id",
        b08::routes,
    ),
    value(
        "B09",
        "GetUser answers OK and an empty user for an id that is not there.",
        "errors/unknown_id",
        b09::routes,
    ),
    Mutant::new(
        "B10",
        "The status for a user that is not there is 42, which gRPC does not have.",
        "grpc_envelope",
        b10::routes,
    ),
    Mutant::new(
        "B11",
        "GetUser shows the statement of its database when the id is not there.",
        "error_message_leak",
        b11::routes,
    ),
    value(
        "B12",
        "GetUser answers with the user beside the one that was asked for.",
        "ensures/exact_user",
        b12::routes,
    ),
    value("B13", "CreateUser answers with name and email swapped.", "ensures/echo", b13::routes),
    value(
        "B14",
        "Names are stored without spaces at their ends and with composed accents.",
        "ensures/exact_user",
        b14::routes,
    ),
    Mutant::new(
        "B15",
        "CreateUser cuts the name in its answer at 64 bytes, also inside a character.",
        "response_decodes",
        b15::routes,
    ),
    value("B16f", "Users are created in milliseconds since the epoch.", "ensures/clock", b16f::routes),
    value("B16z", "Users are created at the epoch.", "ensures/clock", b16z::routes),
    value("B17", "CreateUser answers with an empty id.", "ensures/fresh_id", b17::routes),
    value("B18", "CreateUser answers OK and stores nothing.", "ensures/created_is_readable", b18::routes),
    value("B19", "Names are stored in lower case.", "ensures/exact_user", b19::routes),
    Mutant::new(
        "B20",
        "Every GetUser changes the time of creation that the next one shows.",
        "deterministic_read",
        b20::routes,
    ),
    value("B21", "CreateUser gives users of one name one id.", "ensures/fresh_id", b21::routes),
    value("B22", "ListUsers ignores its limit.", "each/bound", b22::routes),
    value("B23", "ListUsers skips one user too few.", "final/slice", b23::routes),
    value("B23b", "ListUsers sends one user more than its limit.", "each/bound", b23b::routes),
    Mutant::new("B24", "ListUsers answers in another order each time.", "deterministic_read", b24::routes),
    value("B25", "No list has the newest user.", "final/slice", b25::routes),
    Mutant::new("B26", "ListUsers never ends: the trailers do not come.", "always_terminates", b26::routes),
    value(
        "B27",
        "Lists end with OK where the store fails, behind the second user.",
        "final/slice",
        b27::routes,
    ),
    Mutant::new(
        "B28",
        "ListUsers with a limit of 0 sends the same users again and again and never ends.",
        "always_terminates",
        b28::routes,
    ),
    Mutant::new(
        "B29",
        "ImportUsers does not count the message that comes together with the end of the stream.",
        "framing_invariance",
        b29::routes,
    ),
    Mutant::new(
        "B30",
        "ImportUsers answers INTERNAL to a stream without messages.",
        "empty_request_stream",
        b30::routes,
    ),
    value(
        "B31",
        "ImportUsers answers behind the first user and ignores the rest.",
        "ensures/count",
        b31::routes,
    ),
    value("B32", "Chat answers the second of two messages first.", "each/prefix", b32::routes),
    value("B33", "Chat drops its last answer when the half-close follows at once.", "final/all", b33::routes),
    Mutant::new("B34", "Chat goes on after its deadline.", "deadline_respected", b34::routes)
        .served(b34::options),
    Mutant::new(
        "B35",
        "Chat sends no trailers after the client has half-closed.",
        "half_close_terminates",
        b35::routes,
    ),
    value("B36", "Chat begins with the last answer of another chat.", "stream.isolation", b36::routes),
    Mutant::new(
        "B37",
        "Chat ends with CANCELLED when the client half-closes.",
        "half_close_terminates",
        b37::routes,
    ),
    value("B38", "CreateUser that is cancelled is done twice.", "final/known", b38::routes),
    value("B39", "A user that CreateUser refused as taken is listed.", "final/known", b39::routes),
    Mutant::new(
        "B40",
        "Every cancelled chat keeps its place, of which there are 100.",
        "cancel_releases_streams",
        b40::routes,
    ),
    Mutant::new("B41", "Every cancelled chat leaves 16 KiB behind.", "no_resource_leak", b41::routes),
    Mutant::new(
        "B42",
        "Chat queues without limit what its client does not read.",
        "no_resource_leak",
        b42::routes,
    ),
    Mutant::new("B43", "GetUser waits until every open chat has ended.", "sibling_isolation", b43::routes),
    Mutant::new(
        "B44",
        "GetUser waits for ever for the rest of a message that was cut short.",
        "survives_malformed_input",
        b44::routes,
    ),
    Mutant::new(
        "B45",
        "GetUser parses groups inside groups until the process has no stack left.",
        "recursion_limit",
        b45::routes,
    ),
    Mutant::new(
        "B46",
        "Requests of 5 MB more than the 4 MiB that are declared are taken.",
        "oversize_rejected",
        b46::routes,
    ),
    Mutant::new(
        "B47",
        "CreateUser takes a name that is not UTF-8 and answers with it.",
        "response_decodes",
        b47::routes,
    ),
    Mutant::new(
        "B48",
        "GetUser answers INVALID_ARGUMENT to fields it does not know.",
        "unknown_fields_ignored",
        b48::routes,
    ),
    Mutant::new(
        "B49",
        "CreateUser takes the first of two values for one field.",
        "encoding_invariance",
        b49::routes,
    ),
    Mutant::new(
        "B50",
        "ListUsers ends without trailers, so that there is no status.",
        "grpc_envelope",
        b50::routes,
    ),
    value(
        "B51",
        "CreateUser gives users that are created at the same time one id.",
        "linearizability",
        b51::routes,
    ),
    value(
        "B52",
        "UpdateUser loses what another call changed at the same time.",
        "linearizability",
        b52::routes,
    ),
    Mutant::new("B53", "CreateUser answers OK with two messages.", "response_cardinality", b53::routes),
    Mutant::new(
        "B54",
        "Reflection tells another number for the email, and no time of creation.",
        "reflection_matches_schema",
        b54::routes,
    )
    .served(b54::options),
    Mutant::new("B55", "UpdateUser asks for no token.", "ignored_auth", b55::routes).served(b55::options),
    Mutant::new("B56", "No stream asks for a token.", "ignored_auth", b56::routes).served(b56::options),
    Mutant::new(
        "B57",
        "GetUser says that there is no such user before it asks for the token.",
        "ignored_auth",
        b57::routes,
    )
    .served(b57::options),
    Mutant::new(
        "B59",
        "Binary metadata without padding is answered with INVALID_ARGUMENT.",
        "metadata_tolerant",
        b59::routes,
    ),
    Mutant::new(
        "B60",
        "Reflection has the names of the schema for those of JSON.",
        "reflection_matches_schema",
        b60::routes,
    )
    .served(b60::options),
];

/// A wrong value of the right type: only the promises of the schema can tell.
const fn value(
    id: &'static str,
    what: &'static str,
    caught_by: &'static str,
    routes: fn(Setup) -> Routes,
) -> Mutant {
    Mutant::new(id, what, caught_by, routes).needs_contract()
}
