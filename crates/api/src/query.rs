//! What goes out: queries, records, audit, health and metrics.

use crate::backend::{Backend, Health};
use crate::code::Code;
use crate::fault::Fault;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

type Shared = State<Arc<dyn Backend>>;
type Parameters = Query<Vec<(String, String)>>;

/// Runs a call that may block, off the threads that serve.
pub async fn blocking<F>(call: F) -> Result<Json<Value>, Fault>
where
    F: FnOnce() -> Result<Value, Fault> + Send + 'static,
{
    off_thread(call).await?.map(Json)
}

async fn off_thread<T: Send + 'static>(
    call: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Fault> {
    tokio::task::spawn_blocking(call).await.map_err(|error| {
        tracing::error!(%error, "request ended in a panic");
        Fault::new(Code::Internal, "the engine failed to answer; see its log")
    })
}

/// `GET /v1/events/{source}/{id}`.
pub async fn event(
    State(backend): Shared,
    Path((source, id)): Path<(String, String)>,
) -> Result<Json<Value>, Fault> {
    blocking(move || backend.event(&source, &id)).await
}

async fn named(
    backend: Arc<dyn Backend>,
    name: &'static str,
    parameters: Vec<(String, String)>,
) -> Result<Json<Value>, Fault> {
    blocking(move || backend.query(name, &parameters)).await
}

/// `GET /v1/sessions`.
pub async fn sessions(
    State(backend): Shared,
    Query(parameters): Parameters,
) -> Result<Json<Value>, Fault> {
    named(backend, "sessions", parameters).await
}

/// `GET /v1/sessions/{id}`.
pub async fn session(State(backend): Shared, Path(id): Path<String>) -> Result<Json<Value>, Fault> {
    named(backend, "session", vec![("id".to_owned(), id)]).await
}

/// `GET /v1/sessions/{id}/price`: what a running session costs, and will.
pub async fn price(
    State(backend): Shared,
    Path(id): Path<String>,
    Query(mut parameters): Parameters,
) -> Result<Json<Value>, Fault> {
    // The path says which session, whatever else does.
    parameters.insert(0, ("id".to_owned(), id));
    named(backend, "price", parameters).await
}

/// `GET /v1/invoices`.
pub async fn invoices(
    State(backend): Shared,
    Query(parameters): Parameters,
) -> Result<Json<Value>, Fault> {
    named(backend, "invoices", parameters).await
}

/// `GET /v1/invoices/{number}`.
pub async fn invoice(
    State(backend): Shared,
    Path(number): Path<String>,
) -> Result<Json<Value>, Fault> {
    named(backend, "invoice", vec![("number".to_owned(), number)]).await
}

/// `GET /v1/reports/{usage|revenue|taxes|review}`.
pub async fn report(
    State(backend): Shared,
    Path(report): Path<String>,
    Query(parameters): Parameters,
) -> Result<Json<Value>, Fault> {
    match report.as_str() {
        "usage" => named(backend, "usage", parameters).await,
        "revenue" => named(backend, "revenue", parameters).await,
        "taxes" => named(backend, "taxes", parameters).await,
        "review" => named(backend, "waiting", parameters).await,
        other => Err(Fault::new(
            Code::Report,
            format!("there is no report `{other}`: usage, revenue, taxes or review"),
        )),
    }
}

/// `GET /v1/review`: what waits for a person.
pub async fn review(
    State(backend): Shared,
    Query(parameters): Parameters,
) -> Result<Json<Value>, Fault> {
    named(backend, "review", parameters).await
}

/// `GET /v1/review/{session}`: a session at the desk.
pub async fn review_case(
    State(backend): Shared,
    Path(id): Path<String>,
) -> Result<Json<Value>, Fault> {
    named(backend, "review_case", vec![("id".to_owned(), id)]).await
}

/// `GET /v1/dead-letters`: what was set aside.
pub async fn letters(
    State(backend): Shared,
    Query(parameters): Parameters,
) -> Result<Json<Value>, Fault> {
    named(backend, "letters", parameters).await
}

/// `GET /v1/dead-letters/{topic}/{partition}/{offset}`: one record that was set aside.
pub async fn letter(
    State(backend): Shared,
    Path(place): Path<Vec<(String, String)>>,
) -> Result<Json<Value>, Fault> {
    named(backend, "letter", place).await
}

/// `GET /v1/parked`: whose records are held back.
pub async fn parked(State(backend): Shared) -> Result<Json<Value>, Fault> {
    named(backend, "parked", Vec::new()).await
}

/// `GET /v1/totals`.
pub async fn totals(State(backend): Shared) -> Result<Json<Value>, Fault> {
    named(backend, "totals", Vec::new()).await
}

/// `GET /v1/reference/{kind}` and `/{kind}/{id}`.
pub async fn reference(
    State(backend): Shared,
    Path(path): Path<Vec<(String, String)>>,
) -> Result<Json<Value>, Fault> {
    named(backend, "reference", path).await
}

/// `GET /v1/topics/{topic}`.
pub async fn records(
    State(backend): Shared,
    Path(topic): Path<String>,
    Query(parameters): Parameters,
) -> Result<Json<Value>, Fault> {
    blocking(move || backend.records(&topic, &parameters)).await
}

/// `POST /v1/audit`.
pub async fn audit(State(backend): Shared) -> Result<Json<Value>, Fault> {
    blocking(move || backend.audit()).await
}

/// `GET /v1/journal`.
pub async fn journal(
    State(backend): Shared,
    Query(parameters): Parameters,
) -> Result<Json<Value>, Fault> {
    named(backend, "journal", parameters).await
}

/// `GET /v1/status`.
pub async fn status(State(backend): Shared) -> Result<Json<Value>, Fault> {
    blocking(move || backend.status()).await
}

/// `GET /health` and `/v1/health`.
pub async fn health(State(backend): Shared) -> (StatusCode, Json<Value>) {
    let (status, state, detail) = match backend.health() {
        Health::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting", String::new()),
        Health::Restoring => (StatusCode::SERVICE_UNAVAILABLE, "restoring", String::new()),
        Health::Ready(detail) => (StatusCode::OK, "ready", detail),
        Health::Broken(detail) => (StatusCode::INTERNAL_SERVER_ERROR, "broken", detail),
    };
    (status, Json(json!({ "state": state, "detail": detail })))
}

/// `GET /metrics`.
pub async fn metrics(State(backend): Shared) -> Result<String, Fault> {
    off_thread(move || backend.metrics()).await?
}
