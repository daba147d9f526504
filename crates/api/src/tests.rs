//! The api against a backend that records what it was asked.

use crate::backend::{ApplyMode, Backend, EventForm, Health};
use crate::code::Code;
use crate::fault::Fault;
use crate::serve::router_within;
use crate::{Server, router};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

struct Recorder;

impl Backend for Recorder {
    fn accept(&self, body: &[u8], form: EventForm) -> Result<Value, Fault> {
        match body {
            b"busy" => Err(Fault::new(Code::Busy, "the log is behind; try again")),
            b"bad" => Err(Fault::new(Code::Field, "no").at(Some(3), Some("data.evse".to_owned()))),
            _ => Ok(json!({ "form": format!("{form:?}"), "bytes": body.len() })),
        }
    }
    fn webhook(&self, _: &str, _: &[(String, String)], _: &[u8]) -> Result<Value, Fault> {
        Err(Fault::new(Code::Signature, "no signature"))
    }
    fn event(&self, source: &str, id: &str) -> Result<Value, Fault> {
        Ok(json!({ "source": source, "id": id }))
    }
    fn apply(&self, _: &Value, mode: ApplyMode) -> Result<Value, Fault> {
        Ok(json!(format!("{mode:?}")))
    }
    fn query(&self, name: &str, parameters: &[(String, String)]) -> Result<Value, Fault> {
        Ok(json!({ "name": name, "parameters": parameters }))
    }
    fn order(
        &self,
        name: &str,
        parameters: &[(String, String)],
        body: &Value,
    ) -> Result<Value, Fault> {
        Ok(json!({ "name": name, "parameters": parameters, "body": body }))
    }
    fn records(&self, topic: &str, _: &[(String, String)]) -> Result<Value, Fault> {
        Ok(json!(topic))
    }
    fn audit(&self) -> Result<Value, Fault> {
        Ok(json!({}))
    }
    fn status(&self) -> Result<Value, Fault> {
        Err(Fault::new(Code::Starting, "not yet"))
    }
    fn health(&self) -> Health {
        Health::Restoring
    }
    fn metrics(&self) -> Result<String, Fault> {
        // As the real one does: it waits, which the threads that serve may not.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {});
        Ok("wattledger_up 1\n".to_owned())
    }
}

fn ask(request: Request<Body>) -> (StatusCode, Value) {
    let (head, body) = answered(request);
    (head.status, body)
}

fn answered(request: Request<Body>) -> (axum::http::response::Parts, Value) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let answer = router(Arc::new(Recorder)).oneshot(request).await.unwrap();
        let (head, body) = answer.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        (head, serde_json::from_slice(&body).unwrap_or(Value::Null))
    })
}

fn post(path: &str, content_type: &str, body: &'static str) -> (StatusCode, Value) {
    let request = Request::post(path).header("content-type", content_type);
    ask(request.body(Body::from(body)).unwrap())
}

#[test]
fn events_are_accepted_by_their_content_type() {
    let (status, answer) = post(
        "/v1/events",
        "application/cloudevents+json; charset=utf-8",
        "{}",
    );
    assert_eq!(
        (status, answer["form"].as_str()),
        (StatusCode::ACCEPTED, Some("Single"))
    );
    let (status, answer) = post("/v1/events", "application/cloudevents-batch+json", "[]");
    assert_eq!(
        (status, answer["form"].as_str()),
        (StatusCode::ACCEPTED, Some("Batch"))
    );
    let (status, answer) = post("/v1/events", "text/plain", "{}");
    assert_eq!(
        (status, answer["error"]["code"].as_str()),
        (StatusCode::BAD_REQUEST, Some("content_type"))
    );
}

#[test]
fn a_refusal_names_index_and_field_and_pressure_says_when_to_return() {
    let (status, answer) = post("/v1/events", "application/cloudevents+json", "bad");
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer["error"]["index"], 3);
    assert_eq!(answer["error"]["field"], "data.evse");
    let (status, _) = post("/v1/events", "application/cloudevents+json", "busy");
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
}

#[test]
fn a_body_over_one_mebibyte_is_refused() {
    let body = "x".repeat(1_048_577);
    let request =
        Request::post("/v1/events").header("content-type", "application/cloudevents+json");
    let (status, _) = ask(request.body(Body::from(body)).unwrap());
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[test]
fn a_refusal_before_the_body_was_read_says_that_the_connection_ends() {
    let told = |bytes: usize, header: usize| {
        let request = Request::post("/v1/events").header("x-long", "x".repeat(header));
        let (head, _) = answered(request.body(Body::from("x".repeat(bytes))).unwrap());
        head.headers.get("connection").cloned()
    };
    let close = Some(axum::http::HeaderValue::from_static("close"));
    assert_eq!(told(1_048_577, 1), close, "too large");
    assert_eq!(told(1, 16_400), close, "too large a head");
    assert_eq!(told(1, 1), None, "all of it was read");
}

#[test]
fn refusals_of_the_framework_have_the_body_of_every_refusal() {
    let check = |request: Request<Body>, status: StatusCode, code: &str| {
        let (answered, body) = ask(request);
        assert_eq!(
            (answered, body["error"]["code"].as_str()),
            (status, Some(code)),
            "{body}"
        );
        assert!(body["error"]["message"].is_string());
    };
    let large = Request::post("/v1/reference").body(Body::from("x".repeat(1_048_577)));
    check(large.unwrap(), StatusCode::PAYLOAD_TOO_LARGE, "too_large");
    let wrong = Request::delete("/v1/events").body(Body::empty());
    check(wrong.unwrap(), StatusCode::METHOD_NOT_ALLOWED, "method");
    let unreadable = Request::get("/v1/sessions/%ff").body(Body::empty());
    check(unreadable.unwrap(), StatusCode::BAD_REQUEST, "request");
}

#[test]
fn a_server_told_to_stop_does_not_wait_for_a_request_without_end() {
    use std::io::Write as _;
    let address = "127.0.0.1:0".parse().unwrap();
    let server = Server::start(address, router(Arc::new(Recorder))).unwrap();
    let mut half = std::net::TcpStream::connect(server.address()).unwrap();
    half.write_all(b"POST /v1/events HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\n")
        .unwrap();
    let began = std::time::Instant::now();
    drop(server);
    assert!(began.elapsed() < std::time::Duration::from_secs(8));
}

#[test]
fn sources_with_slashes_travel_encoded() {
    let request = Request::get("/v1/events/urn%3Agw%2F1/e-7")
        .body(Body::empty())
        .unwrap();
    let (_, answer) = ask(request);
    assert_eq!(answer, json!({ "source": "urn:gw/1", "id": "e-7" }));
}

#[test]
fn an_engine_that_is_not_ready_says_when_to_return() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let answer = runtime.block_on(async {
        let request = Request::get("/v1/status").body(Body::empty()).unwrap();
        router(Arc::new(Recorder)).oneshot(request).await.unwrap()
    });
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["retry-after"], "1");
}

#[test]
fn health_is_503_until_ready_and_unknown_paths_are_404() {
    let health = Request::get("/health").body(Body::empty()).unwrap();
    assert_eq!(ask(health).0, StatusCode::SERVICE_UNAVAILABLE);
    let health = Request::get("/v1/health").body(Body::empty()).unwrap();
    assert_eq!(ask(health).1["state"], "restoring");
    let nowhere = Request::get("/v2").body(Body::empty()).unwrap();
    assert_eq!(ask(nowhere).0, StatusCode::NOT_FOUND);
}

#[test]
fn metrics_may_wait_for_the_views() {
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    assert_eq!(ask(request).0, StatusCode::OK);
}

#[test]
fn a_dry_run_is_asked_for_in_the_query() {
    let (_, answer) = post("/v1/reference?dry_run=true", "application/json", "[]");
    assert_eq!(answer, json!("DryRun"));
    let (status, _) = post("/v1/reference", "application/json", "not json");
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[test]
fn a_request_with_large_headers_is_refused_before_it_is_looked_at() {
    let sized = |bytes: usize| {
        let request = Request::get("/v1/status").header("x-long", "x".repeat(bytes));
        ask(request.body(Body::empty()).unwrap())
    };
    let (status, answer) = sized(16_400);
    assert_eq!(
        status,
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        "{answer}"
    );
    assert_eq!(answer["error"]["code"], "headers_too_large");
    assert_ne!(sized(16_000).0, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    struct Never;
    impl http_body::Body for Never {
        type Data = axum::body::Bytes;
        type Error = std::convert::Infallible;
        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
            std::task::Poll::Pending
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let answer = runtime.block_on(async {
        let router = router_within(Arc::new(Recorder), Duration::from_millis(5));
        let request = Request::post("/v1/events").body(Body::new(Never)).unwrap();
        router.oneshot(request).await.unwrap()
    });
    assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
}

#[test]
fn a_connection_that_dawdles_with_its_head_keeps_nobody_from_being_served() {
    use std::io::{Read as _, Write as _};
    let server = Server::start(([127, 0, 0, 1], 0).into(), router(Arc::new(Recorder))).unwrap();
    let idle: Vec<_> = (0..200)
        .map(|_| {
            let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
            stream.write_all(b"GET /v1/st").unwrap();
            stream
        })
        .collect();
    let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("wattledger_up 1"), "{answer}");
    drop(server);
    drop(idle);
}
