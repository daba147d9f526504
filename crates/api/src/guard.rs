//! What a request may cost before anybody looks at it: bytes of headers, bytes of body, time to come.
//!
//! Invariant: a handler runs only once the whole body is there; a sender that dawdles holds no thread.

use crate::code::Code;
use crate::fault::Fault;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest as _, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// The largest body: 1 MiB (reliability §8.1).
pub const BODY_BYTES_MAX: usize = 1_048_576;
/// The most that names and values of headers, and the path, may hold together: 16 KiB.
pub const HEAD_BYTES_MAX: usize = 16_384;
/// How long a body may take to come.
pub const BODY_WITHIN: Duration = Duration::from_secs(10);

/// Lets a request pass that is small and came in time.
pub async fn bounded(State(within): State<Duration>, request: Request, next: Next) -> Response {
    if head_bytes(&request) > HEAD_BYTES_MAX {
        let message = "path and headers have more than 16 KiB: send less with them";
        return last(Fault::new(Code::HeadersTooLarge, message));
    }
    let (parts, body) = request.into_parts();
    let mut probe = Request::new(body);
    probe.extensions_mut().clone_from(&parts.extensions);
    let Ok(read) = tokio::time::timeout(within, Bytes::from_request(probe, &())).await else {
        let message = "the body has not come within 10 s: send it at once";
        return last(Fault::new(Code::TooSlow, message));
    };
    match read {
        Ok(bytes) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        Err(refusal) => last(refusal),
    }
}

/// A refusal of what has not been read: the rest of it would be taken for the next request, so the
/// connection ends. A sender that is not told so would lose what it sends next over it.
fn last(refusal: impl IntoResponse) -> Response {
    let close = HeaderValue::from_static("close");
    ([(header::CONNECTION, close)], refusal).into_response()
}

fn head_bytes(request: &Request) -> usize {
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| name.as_str().len().saturating_add(value.len()));
    let target = request.uri().path_and_query();
    headers.fold(
        target.map_or(0, |target| target.as_str().len()),
        usize::saturating_add,
    )
}
