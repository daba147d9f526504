//! What went wrong, in the form of an HTTP answer.

use crate::code::Code;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it is: decides the status, and names a page of `docs/errors`.
    pub code: Code,
    /// What happened, to which thing, and what to do.
    pub message: String,
    /// Position in a batch, from 0.
    pub index: Option<usize>,
    /// The field, as a path.
    pub field: Option<String>,
}

/// The kinds of fault, each with its HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// 400: the request cannot be read.
    Invalid,
    /// 401: no valid signature.
    Unauthorized,
    /// 404: no such thing.
    NotFound,
    /// 405: the path is asked another way.
    WrongMethod,
    /// 409: it contradicts what was taken before.
    Conflict,
    /// 408: it did not come in time.
    TooSlow,
    /// 413: too much at once.
    TooLarge,
    /// 431: path and headers are too large.
    HeadersTooLarge,
    /// 422: readable, but refused.
    Refused,
    /// 429: later.
    Busy,
    /// 503: the engine is not ready yet; soon.
    NotReady,
    /// 503: the engine cannot do it or has stopped.
    Unavailable,
}

impl Fault {
    /// A fault about the whole request.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            index: None,
            field: None,
        }
    }

    /// The same, at a position of a batch and a field.
    #[must_use]
    pub fn at(self, index: Option<usize>, field: Option<String>) -> Self {
        Self {
            index,
            field,
            ..self
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self.code.kind() {
            FaultKind::Invalid => StatusCode::BAD_REQUEST,
            FaultKind::Unauthorized => StatusCode::UNAUTHORIZED,
            FaultKind::NotFound => StatusCode::NOT_FOUND,
            FaultKind::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            FaultKind::Conflict => StatusCode::CONFLICT,
            FaultKind::TooSlow => StatusCode::REQUEST_TIMEOUT,
            FaultKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            FaultKind::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            FaultKind::Refused => StatusCode::UNPROCESSABLE_ENTITY,
            FaultKind::Busy => StatusCode::TOO_MANY_REQUESTS,
            FaultKind::NotReady | FaultKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The body of the answer.
    #[must_use]
    pub fn body(&self) -> Value {
        let mut error = Map::new();
        error.insert("code".to_owned(), self.code.word().into());
        error.insert("message".to_owned(), self.message.clone().into());
        if let Some(index) = self.index {
            error.insert("index".to_owned(), index.into());
        }
        if let Some(field) = &self.field {
            error.insert("field".to_owned(), field.clone().into());
        }
        serde_json::json!({ "error": error })
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(self.body())).into_response();
        if matches!(self.code.kind(), FaultKind::Busy | FaultKind::NotReady) {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
