//! The processor over HTTP.
//!
//! Invariant: a line is in the journal before its answer leaves.

use super::journal::{Journal, JournalError, Line};
use super::ledger::{Ledger, Sent, refused};
use super::{Mode, ProcessorConfig};
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::time::Timestamp;
use wattledger_payments::simulated::dialect::{ATTEMPT_HEADER, KEY_HEADER, Request};

pub(super) struct Desk {
    books: Mutex<Books>,
    config: ProcessorConfig,
}

struct Books {
    journal: Journal,
    ledger: Ledger,
}

impl Desk {
    /// Opens the ledger and does its lines again.
    pub fn open(config: ProcessorConfig) -> Result<Self, JournalError> {
        let (journal, lines) = Journal::open(&config.ledger_path, config.head())?;
        let mut ledger = Ledger::new(config.head());
        for line in lines {
            ledger.take(line);
        }
        let books = Mutex::new(Books { journal, ledger });
        Ok(Self { books, config })
    }

    /// A panic under the lock is a bug of the ledger; its journal is whole all the same.
    fn with<T>(&self, act: impl FnOnce(&mut Books) -> T) -> T {
        act(&mut self.books.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn take(&self, line: impl FnOnce(i64) -> Line) -> Sent {
        self.with(|books| {
            let now = match self.config.mode {
                Mode::Replay => books.ledger.now(),
                Mode::Live { .. } => wall_clock(),
            };
            let line = line(now.0);
            match books.journal.write(&line) {
                Ok(()) => self.paced(books.ledger.take(line)),
                Err(error) => {
                    tracing::error!(error = %error, "the ledger cannot be written");
                    refused(503, "the ledger cannot be written")
                }
            }
        })
    }

    /// A replay does not wait.
    fn paced(&self, sent: Sent) -> Sent {
        match (sent, &self.config.mode) {
            (Sent::Reply(code, body, _), Mode::Replay) => {
                Sent::Reply(code, body, Milliseconds::ZERO)
            }
            (sent, _) => sent,
        }
    }

    /// Live: webhooks due now that the receiver has not taken.
    pub fn undelivered(&self) -> Vec<super::Webhook> {
        self.with(|books| {
            let now = wall_clock();
            books.ledger.advance(now);
            let after = books.ledger.delivered();
            books
                .ledger
                .webhooks(self.config.secrets.current.as_ref(), now, after)
        })
    }

    /// The receiver has taken webhooks up to this one.
    pub fn delivered(&self, sequence: u64) {
        self.take(|_| Line::Delivered { sequence });
    }
}

/// The routes.
pub(super) fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/v1/payments/{payment}/{action}", post(ask))
        .route("/v1/payments/{payment}/operations/{op}", get(retrieve))
        .route("/clock", post(clock))
        .route("/ledger", get(ledger))
        .route("/health", get(|| async { "ready" }))
        .with_state(desk)
}

async fn ask(
    State(desk): State<Arc<Desk>>,
    Path((payment, action)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    const ACTIONS: [&str; 6] = [
        "authorize",
        "increment",
        "capture",
        "void",
        "refund",
        "charge",
    ];
    if !ACTIONS.contains(&action.as_str()) {
        return answer(refused(404, "no such action")).await;
    }
    let Some((key, attempt)) = attempt(&headers) else {
        return answer(refused(422, UNKEYED)).await;
    };
    let Ok(request) = serde_json::from_slice::<Request>(&body) else {
        return answer(refused(422, "the body is not a request")).await;
    };
    let sent = desk.take(|at| Line::Asked {
        at,
        key,
        attempt,
        payment,
        action,
        request,
    });
    answer(sent).await
}

async fn retrieve(
    State(desk): State<Arc<Desk>>,
    Path((payment, op)): Path<(String, i32)>,
    headers: HeaderMap,
) -> Response {
    let Some((key, attempt)) = attempt(&headers) else {
        return answer(refused(422, UNKEYED)).await;
    };
    answer(desk.take(|at| Line::Retrieved {
        at,
        key,
        attempt,
        payment,
        op,
    }))
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockBody {
    /// Milliseconds since 1970.
    at: i64,
    /// The last webhook that the caller has.
    #[serde(default)]
    after: u64,
}

async fn clock(State(desk): State<Arc<Desk>>, body: Bytes) -> Response {
    if desk.config.mode != Mode::Replay {
        return answer(refused(409, "a live processor has its own clock")).await;
    }
    let Ok(asked) = serde_json::from_slice::<ClockBody>(&body) else {
        return answer(refused(422, "the body is not {at, after}")).await;
    };
    let at = Timestamp(asked.at);
    if desk.with(|books| books.ledger.now() < at) {
        let sent = desk.take(|_| Line::Clock { at: asked.at });
        if !matches!(sent, Sent::Reply(200, ..)) {
            return answer(sent).await;
        }
    }
    if desk.with(|books| books.ledger.delivered() < asked.after) {
        // Should the engine go live, the live processor need not post these again.
        desk.delivered(asked.after);
    }
    let secret = desk.config.secrets.current.as_ref();
    let webhooks = desk.with(|books| books.ledger.webhooks(secret, at, asked.after));
    Json(json!({ "now": asked.at, "webhooks": webhooks })).into_response()
}

async fn ledger(State(desk): State<Arc<Desk>>) -> Json<Value> {
    Json(desk.with(|books| {
        if desk.config.mode != Mode::Replay {
            books.ledger.advance(wall_clock());
        }
        books.ledger.export()
    }))
}

const UNKEYED: &str = "the idempotency key or the attempt number is missing";

fn attempt(headers: &HeaderMap) -> Option<(String, i32)> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let key = text(KEY_HEADER).filter(|key| !key.is_empty() && key.len() <= 255)?;
    let number = text(ATTEMPT_HEADER)?
        .parse()
        .ok()
        .filter(|number| *number >= 1)?;
    Some((key.to_owned(), number))
}

async fn answer(sent: Sent) -> Response {
    match sent {
        Sent::Reply(code, body, delay) => {
            tokio::time::sleep(Duration::from_millis(delay.0.unsigned_abs())).await;
            let code = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (code, Json(body)).into_response()
        }
        Sent::Broken => Response::new(Body::new(Severed)),
    }
}

/// A body that breaks the connection.
struct Severed;

impl http_body::Body for Severed {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::Error::other(
            "this answer is to be lost",
        ))))
    }
}

/// The live processor's time.
pub(super) fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let ms = since
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok());
    Timestamp(ms.unwrap_or(0))
}
