//! A count that is taken before the frame which ends the stream is looked at: the message in it is not counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt as _, StreamBody};
use prost::Message as _;
use tonic::body::Body;
use tonic::codegen::Body as _;
use tonic::service::Routes;
use user_service::pb::user::ImportUsersResponse;

use crate::Setup;
use crate::around::{answer, around};
use crate::bytes::{answered, framed, messages};

pub(super) fn routes(setup: Setup) -> Routes {
    around(setup, |reference, request| async {
        if !request.uri().path().ends_with("/ImportUsers") {
            return answer(reference, request).await;
        }
        let together = Arc::new(AtomicBool::new(false));
        let watched = request.map(|body| watched(body, Arc::clone(&together)));
        let response = answer(reference, watched).await;
        match together.load(Relaxed) {
            true => answered(response, one_less).await,
            false => response,
        }
    })
}

/// The same body, which notes whether its last bytes come together with END_STREAM.
fn watched(body: Body, together: Arc<AtomicBool>) -> Body {
    let frames = stream::unfold((body, together), |(mut body, together)| async {
        let frame = body.frame().await?;
        let has_bytes = frame.as_ref().is_ok_and(|it| it.data_ref().is_some_and(|bytes| !bytes.is_empty()));
        if has_bytes && body.is_end_stream() {
            together.store(true, Relaxed);
        }
        Some((frame, (body, together)))
    });
    Body::new(StreamBody::new(frames))
}

fn one_less(body: Bytes) -> Bytes {
    let reply = messages(body.clone()).0.first().cloned();
    let Some(Ok(mut reply)) = reply.map(ImportUsersResponse::decode) else { return body };
    reply.count = (reply.count - 1).max(0);
    framed(&reply.encode_to_vec())
}
