//! Bodies that come slowly, and bodies without an end.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Response;
use axum::http::header::{CONTENT_LENGTH, HeaderValue};
use futures_util::{StreamExt as _, stream};
use tokio_util::sync::CancellationToken;

use super::call::Reply;
use super::fault::Drip;

/// Answers a piece at a time. A body with an end tells its length beforehand, as it would in one piece. What has no end
/// ends with the sandbox.
pub(super) fn response(
    mut reply: Reply,
    drip: Drip,
    endless: bool,
    stop: CancellationToken,
) -> Response<Body> {
    let body = std::mem::take(&mut reply.body);
    let length = body.len();
    let size = usize::from(drip.bytes);
    let pieces: Vec<Bytes> = body.chunks(size).map(Bytes::copy_from_slice).collect();
    let blanks = endless.then(|| stream::repeat(Bytes::from(vec![b' '; size])));
    let pieces = stream::iter(pieces).chain(stream::iter(blanks).flatten()).enumerate().then(
        move |(n, piece)| async move {
            if n > 0 {
                tokio::time::sleep(Duration::from_millis(drip.ms.into())).await;
            }
            Ok::<_, std::convert::Infallible>(piece)
        },
    );
    let mut response = reply.into_response();
    if !endless {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    *response.body_mut() = Body::from_stream(pieces.take_until(stop.cancelled_owned()));
    response
}
