//! A reader that stops at the frame which ends the stream, and does not look at what is in it.

use futures_util::stream;
use http_body_util::{BodyExt as _, StreamBody};
use tonic::body::Body;
use tonic::codegen::Body as _;
use tonic::service::Routes;

use crate::Setup;
use crate::around::{answer, around};

pub(super) fn routes(setup: Setup) -> Routes {
    around(setup, |reference, request| async {
        match request.uri().path().ends_with("/ImportUsers") {
            true => answer(reference, request.map(without_last)).await,
            false => answer(reference, request).await,
        }
    })
}

/// What comes together with END_STREAM is left out; after an END_STREAM on its own nothing is.
fn without_last(body: Body) -> Body {
    let frames = stream::unfold(body, |mut body| async {
        let frame = body.frame().await?;
        let is_last = frame.as_ref().is_ok_and(|frame| frame.is_data()) && body.is_end_stream();
        (!is_last).then_some((frame, body))
    });
    Body::new(StreamBody::new(frames))
}
