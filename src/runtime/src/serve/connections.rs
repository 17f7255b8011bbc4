//! The connections of a server as tonic wants them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::sync::watch;

use super::sever::Severable;
use crate::{Connection, Incoming};

type Accepted = Pin<Box<dyn Future<Output = (Incoming, Option<Connection>)> + Send>>;

/// Those of a socket, for ever, each of which `is_cut` may end. Dropping it closes the listener. A stream without the
/// crate of stream functions.
pub(super) struct Connections {
    next: Accepted,
    is_cut: watch::Receiver<bool>,
}

impl Connections {
    pub(super) fn new(incoming: Incoming, is_cut: watch::Receiver<bool>) -> Self {
        Self { next: accept(incoming), is_cut }
    }
}

fn accept(mut incoming: Incoming) -> Accepted {
    Box::pin(async move {
        let connection = incoming.next().await;
        (incoming, connection)
    })
}

impl Stream for Connections {
    type Item = io::Result<Severable>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let (incoming, connection) = std::task::ready!(self.next.as_mut().poll(cx));
        self.next = accept(incoming);
        Poll::Ready(connection.map(|connection| Ok(Severable::new(connection, self.is_cut.clone()))))
    }
}
