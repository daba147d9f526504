//! What comes in: events of gateways, documents of operators, notifications of processors.

use crate::backend::{ApplyMode, Backend, EventForm};
use crate::code::Code;
use crate::fault::Fault;
use crate::query::blocking;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::Value;
use std::sync::Arc;
use wattledger_wire::card_numbers;
use wattledger_wire::unique_keys::{self, JsonFault};

type Shared = State<Arc<dyn Backend>>;

/// `POST /v1/events`: 202 once durable.
pub async fn events(
    State(backend): Shared,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Fault> {
    let form = event_form(&headers)?;
    let taken = blocking(move || backend.accept(&body, form)).await?;
    Ok((StatusCode::ACCEPTED, taken))
}

fn event_form(headers: &HeaderMap) -> Result<EventForm, Fault> {
    let stated = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media = stated
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    match media {
        "application/cloudevents+json" => Ok(EventForm::Single),
        "application/cloudevents-batch+json" => Ok(EventForm::Batch),
        other => Err(Fault::new(
            Code::ContentType,
            format!(
                "content type `{other}` is not read here: send application/cloudevents+json for \
                 one event or application/cloudevents-batch+json for an array"
            ),
        )),
    }
}

/// `POST /v1/webhooks/{processor}`.
pub async fn webhook(
    State(backend): Shared,
    Path(processor): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Fault> {
    let headers: Vec<(String, String)> = headers
        .iter()
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect();
    blocking(move || backend.webhook(&processor, &headers, &body)).await
}

/// `POST /v1/reference?dry_run=true`: a JSON array of documents.
pub async fn reference(
    State(backend): Shared,
    Query(parameters): Query<Vec<(String, String)>>,
    body: Bytes,
) -> Result<Json<Value>, Fault> {
    let dry = parameters
        .iter()
        .any(|(name, value)| name == "dry_run" && value == "true");
    let mode = if dry {
        ApplyMode::DryRun
    } else {
        ApplyMode::Apply
    };
    let documents = json(&body)?;
    blocking(move || backend.apply(&documents, mode)).await
}

/// `POST /v1/review/{session}/decisions`: one decision about a session.
pub async fn decision(
    State(backend): Shared,
    Path(session): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Fault> {
    let body = order(&body)?;
    let about = vec![("session".to_owned(), session)];
    blocking(move || backend.order("decide", &about, &body)).await
}

/// `POST /v1/rerate`: what sessions would be billed under another tariff, and corrections if asked.
pub async fn rerate(State(backend): Shared, body: Bytes) -> Result<Json<Value>, Fault> {
    ordered(backend, "rerate", &body).await
}

/// `POST /v1/dead-letters/redrive`: records that were set aside, driven in again.
pub async fn redrive(State(backend): Shared, body: Bytes) -> Result<Json<Value>, Fault> {
    ordered(backend, "redrive", &body).await
}

/// `POST /v1/parked/release`: records that are held back are folded.
pub async fn release(State(backend): Shared, body: Bytes) -> Result<Json<Value>, Fault> {
    ordered(backend, "release", &body).await
}

/// `POST /v1/parked/skip`: records that are held back go among the dead letters.
pub async fn skip(State(backend): Shared, body: Bytes) -> Result<Json<Value>, Fault> {
    ordered(backend, "skip", &body).await
}

async fn ordered(
    backend: Arc<dyn Backend>,
    name: &'static str,
    body: &[u8],
) -> Result<Json<Value>, Fault> {
    let body = order(body)?;
    blocking(move || backend.order(name, &[], &body)).await
}

/// What a person orders stays on record with their words: a card number in it is refused.
fn order(body: &[u8]) -> Result<Value, Fault> {
    let body = json(body)?;
    let Some((path, masked)) = card_numbers::find_in(&body, "") else {
        return Ok(body);
    };
    let reason = format!("holds a card number ({masked}): card data is refused");
    let path = path.trim_start_matches('.').to_owned();
    Err(Fault::new(Code::CardData, reason).at(None, Some(path)))
}

fn json(body: &[u8]) -> Result<Value, Fault> {
    unique_keys::read(body).map_err(|JsonFault { path, reason }| {
        let field = (!path.is_empty()).then_some(path);
        Fault::new(Code::Json, format!("the body: {reason}")).at(None, field)
    })
}
