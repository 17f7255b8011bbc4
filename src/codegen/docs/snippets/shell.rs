//! grpcurl, against a server with reflection.

use super::Call;
use crate::diag::shell_word;

pub(super) fn grpcurl(call: &Call<'_>) -> String {
    let method = call.method;
    let json = call.json();
    let one = match json.as_object().is_some_and(serde_json::Map::is_empty) {
        true => "{}".to_owned(),
        false => format!("{json:#}"),
    };
    // grpcurl reads a stream as one message after the other.
    let data = if method.is_client_streaming() { format!("{one}\n{one}") } else { one };
    format!(
        "grpcurl -plaintext -d {} \\\n  {} {}/{}",
        shell_word(&data),
        shell_word(call.address),
        method.parent_service().full_name(),
        method.name()
    )
}
