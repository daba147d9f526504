//! Loads against an engine that answers as it is told.

use super::*;
use crate::day::{Anomalies, Scenario};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What an engine has been told, and what it says next.
#[derive(Default)]
struct Engine {
    taken: Mutex<Vec<Value>>,
    /// Answers to the first requests; 202 afterwards.
    first: Mutex<Vec<Reply>>,
    /// Commands to give.
    commands: Mutex<Vec<Value>>,
}

enum Reply {
    Later,
    Refuse { place: usize },
}

type Shown = State<Arc<Engine>>;

async fn events(State(engine): Shown, Json(batch): Json<Vec<Value>>) -> Response {
    let next = engine.first.lock().unwrap().pop();
    match next {
        Some(Reply::Later) => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")], "").into_response()
        }
        Some(Reply::Refuse { place }) => {
            let error = json!({ "error": { "code": "word", "index": place } });
            (StatusCode::UNPROCESSABLE_ENTITY, Json(error)).into_response()
        }
        None => {
            let asked = batch
                .iter()
                .filter(|event| kind(event) == "authorization_requested");
            let allow = asked.map(|event| {
                json!({ "data": { "station": event["subject"], "evse": null,
                    "authorization": event["data"]["authorization"], "transaction": null,
                    "action": { "is": "Allow", "limit": null } } })
            });
            engine.commands.lock().unwrap().extend(allow);
            engine.taken.lock().unwrap().extend(batch);
            StatusCode::ACCEPTED.into_response()
        }
    }
}

async fn commands(State(engine): Shown) -> Json<Value> {
    tokio::time::sleep(Duration::from_millis(10)).await;
    let given = std::mem::take(&mut *engine.commands.lock().unwrap());
    Json(json!({ "records": given, "cursor": "0", "end": true }))
}

/// Serves an engine until the test ends.
fn served(engine: &Arc<Engine>) -> (String, tokio::runtime::Runtime) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let router = Router::new()
        .route("/v1/events", post(events))
        .route("/v1/topics/{topic}", get(commands))
        .with_state(Arc::clone(engine));
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(async { axum::serve(listener, router).await.unwrap() });
    (base, runtime)
}

fn kind(event: &Value) -> &str {
    let text = event["type"].as_str().unwrap();
    text.trim_start_matches("wattledger.charging.")
        .trim_end_matches(".v1")
}

struct Nobody;

impl Watch for Nobody {
    fn progress(&mut self, _: &Figures, _: &Tally) {}
    fn is_stopping(&self) -> bool {
        false
    }
}

/// A load of so many events a second for three seconds.
fn loaded(engine: &Arc<Engine>, rate: u32) -> Report {
    let (base, _serving) = served(engine);
    let clock = Clock::start();
    let to = Timestamp(clock.now() + 3_000);
    let scenario = Scenario {
        anomalies: Anomalies::default(),
        ..Scenario::load(5, 10, rate, Timestamp(clock.now()), to)
    };
    let load = Load {
        base,
        chargers: Chargers::new(&scenario),
        rate: NonZeroU32::new(rate),
        to: Some(to),
        cursor: None,
    };
    run(load, clock, &mut Nobody).unwrap()
}

#[test]
fn every_event_is_taken_once_at_the_rate_asked_for_and_every_session_ends() {
    let engine = Arc::new(Engine::default());
    let report = loaded(&engine, 200);
    let taken = engine.taken.lock().unwrap();
    let ids: BTreeSet<&str> = taken
        .iter()
        .map(|event| event["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), taken.len());
    assert_eq!(report.figures.accepted, u64::try_from(taken.len()).unwrap());
    assert_eq!(report.figures.accepted, report.figures.sent);
    assert!((300..=700).contains(&taken.len()), "{report:?}");
    let count = |wanted: &str| taken.iter().filter(|event| kind(event) == wanted).count();
    assert!(count("session_started") > 5, "{report:?}");
    assert_eq!(count("session_started"), count("session_ended"));
    assert!(taken.iter().all(|event| event["received_at"].is_null()));
}

#[test]
fn what_the_engine_wants_later_is_sent_again_and_what_it_refuses_is_left_out() {
    let engine = Arc::new(Engine::default());
    let replies = [Reply::Refuse { place: 0 }, Reply::Later, Reply::Later];
    engine.first.lock().unwrap().extend(replies);
    let report = loaded(&engine, 100);
    let figures = &report.figures;
    assert!(figures.again_busy >= 2, "{report:?}");
    assert_eq!(figures.refused.get("word"), Some(&1));
    assert_eq!(figures.accepted + 1, figures.sent);
    assert_eq!(figures.given_up, 0);
}

#[test]
fn waits_are_told_to_two_digits_and_never_too_short() {
    let mut figures = Figures::default();
    for wait in 1..=1_000 {
        figures.accept(wait);
    }
    let told = [1, 500, 990, 1_000].map(|permille| figures.wait_at(permille));
    assert_eq!(told, [1, 500, 990, 1_000]);
    figures.accept(1_234);
    assert_eq!(figures.wait_at(1_000), 1_300);
    assert_eq!(Figures::default().wait_at(500), 0);
}
