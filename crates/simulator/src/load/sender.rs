//! Sends what is due, in batches: again after 429 and after a lost answer, without what is refused.

use super::Shared;
use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::Duration;

const BATCH_EVENTS_MAX: usize = 500;
/// Half of what the API takes at once.
const BATCH_BYTES_MAX: usize = 512 * 1_024;
/// An event sent so many ms after its time is late.
const LATE: i64 = 100;
/// The longest wait after a lost answer, ms.
const PAUSE_MAX: u64 = 2_000;

/// An event to be sent.
pub struct Due {
    /// When, ms since 1970.
    pub intended: i64,
    /// The CloudEvent.
    pub body: String,
}

/// A way to the engine.
pub struct Sender<'a> {
    client: Client,
    url: String,
    shared: &'a Shared,
}

/// What became of a batch.
enum Answer {
    Taken,
    /// Send it again after so many ms.
    Later(u64),
    /// Refused because of the event at this place, or as a whole.
    Refused(Option<usize>, String),
    Lost,
}

impl<'a> Sender<'a> {
    /// A way to the engine at `base`.
    pub fn new(client: Client, base: &str, shared: &'a Shared) -> Self {
        Self {
            client,
            url: format!("{base}/v1/events"),
            shared,
        }
    }

    /// Sends what comes until nothing comes any more.
    pub fn send(&self, due: &Receiver<Due>) {
        while let Ok(first) = due.recv() {
            let mut bytes = first.body.len();
            let mut batch = vec![first];
            while batch.len() < BATCH_EVENTS_MAX && bytes < BATCH_BYTES_MAX {
                let Ok(next) = due.try_recv() else { break };
                bytes += next.body.len();
                batch.push(next);
            }
            self.deliver(batch);
        }
    }

    fn deliver(&self, mut batch: Vec<Due>) {
        let now = self.shared.clock.now();
        let late = batch.iter().filter(|due| due.intended + LATE < now).count();
        self.shared.figures().late += count(late);
        let mut pause = 100;
        while !batch.is_empty() {
            if self.shared.give_up.load(Ordering::Relaxed) < self.shared.clock.now() {
                self.shared.figures().given_up += count(batch.len());
                return;
            }
            match self.post(&batch) {
                Answer::Taken => {
                    let now = self.shared.clock.now();
                    let mut figures = self.shared.figures();
                    batch
                        .iter()
                        .for_each(|due| figures.accept(now - due.intended));
                    return;
                }
                Answer::Later(wait) => {
                    self.shared.figures().again_busy += count(batch.len());
                    std::thread::sleep(Duration::from_millis(wait));
                }
                Answer::Lost => {
                    self.shared.figures().again_lost += count(batch.len());
                    std::thread::sleep(Duration::from_millis(pause));
                    pause = PAUSE_MAX.min(pause * 2);
                }
                Answer::Refused(place, code) => {
                    let refused = match place.filter(|place| *place < batch.len()) {
                        Some(place) => vec![batch.remove(place)],
                        None => std::mem::take(&mut batch),
                    };
                    self.shared.figures().refuse(&code, count(refused.len()));
                }
            }
        }
    }

    fn post(&self, batch: &[Due]) -> Answer {
        let bodies: Vec<&str> = batch.iter().map(|due| due.body.as_str()).collect();
        let request = self
            .client
            .post(&self.url)
            .header("content-type", "application/cloudevents-batch+json")
            .body(format!("[{}]", bodies.join(",")));
        let Ok(response) = request.send() else {
            return Answer::Lost;
        };
        let status = response.status();
        if status.is_success() {
            return Answer::Taken;
        }
        if let Some(seconds) = retry_after(&response) {
            return Answer::Later(seconds * 1_000);
        }
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            return Answer::Lost;
        }
        let body: Value = response.json().unwrap_or_default();
        let place = body["error"]["index"].as_u64();
        let code = body["error"]["code"].as_str().unwrap_or("unknown");
        Answer::Refused(
            place.and_then(|place| usize::try_from(place).ok()),
            code.to_owned(),
        )
    }
}

fn retry_after(response: &Response) -> Option<u64> {
    let stated = response.headers().get("retry-after")?;
    let seconds: u64 = stated.to_str().ok()?.trim().parse().ok()?;
    Some(seconds.min(60))
}

fn count(events: usize) -> u64 {
    u64::try_from(events).unwrap_or(u64::MAX)
}
