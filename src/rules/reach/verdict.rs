//! From readings and directions to peers, and from peers to an order of deployment.

use super::Flow;
use crate::diag::{Direction, Encoding, Peer, Reading};

/// Who reads otherwise than what was written. A server of the new schema reads requests that old clients wrote,
/// and a client of the new schema reads answers that old servers wrote: both are readings from old to new, and
/// so is that of stored bytes.
pub(super) fn breaks(readings: &[Reading], flow: Flow) -> Vec<Peer> {
    let fails = |direction: Direction| {
        readings.iter().any(|it| {
            it.direction == direction && it.verdict.is_break() && it.encoding != Encoding::StrictJson
        })
    };
    let (forward, back) = (fails(Direction::OldToNew), fails(Direction::NewToOld));
    let holds = |peer: &Peer| match peer {
        Peer::OldClients => forward && flow.to_server || back && flow.to_client,
        Peer::NewClients => forward && flow.to_client || back && flow.to_server,
        Peer::StoredData => forward && (flow.stored || flow.unknown),
    };
    Peer::ALL.into_iter().filter(holds).collect()
}

/// The order in which nobody meets a peer that breaks, where one of the two sides can go first.
pub(super) fn order(breaks: &[Peer]) -> Option<&'static str> {
    match (breaks.contains(&Peer::OldClients), breaks.contains(&Peer::NewClients)) {
        // New clients are fine at old servers: no old client is left when the servers change.
        (true, false) => Some("clients first"),
        (false, true) => Some("servers first"),
        _ => None,
    }
}
