//! A running engine: asked over HTTP, told to end, or killed.

use crate::{PATIENCE, eventually};
use serde_json::Value;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// A running engine.
pub struct Engine {
    child: Child,
    base: String,
    client: reqwest::blocking::Client,
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub text: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

impl Engine {
    /// One that runs already, at `http://ADDRESS`.
    ///
    /// # Panics
    /// When no client can be had.
    #[must_use]
    pub fn new(child: Child, base: String) -> Self {
        let client = reqwest::blocking::Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        Self {
            child,
            base,
            client,
        }
    }

    /// Its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens, such as `127.0.0.1:4711`.
    #[must_use]
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Asks.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        Self::answer(self.client.get(format!("{}{path}", self.base)))
    }

    /// Hands something in.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn post(&self, path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        let request = self.client.post(format!("{}{path}", self.base));
        Self::answer(
            request
                .header("content-type", content_type)
                .body(body.into()),
        )
    }

    fn answer(request: reqwest::blocking::RequestBuilder) -> Answer {
        let response = request.send().unwrap();
        Answer {
            status: response.status().as_u16(),
            text: response.text().unwrap(),
        }
    }

    /// Posts events as a batch that must be taken.
    ///
    /// # Panics
    /// When it is not.
    pub fn take(&self, events: &[Value]) {
        let body = Value::from(events.to_vec()).to_string();
        let answer = self.post("/v1/events", "application/cloudevents-batch+json", body);
        assert_eq!(answer.status, 202, "{answer:?}");
    }

    /// Whether it says that it is ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let answer = self.get("/health");
        answer.status == 200 && answer.json()["state"] == "ready"
    }

    /// Ends it as `kill -9` does.
    ///
    /// # Panics
    /// When it is gone already.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to end.
    ///
    /// # Panics
    /// When it cannot be told.
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for its end, at most so long.
    ///
    /// # Panics
    /// When it goes on.
    pub fn ended(&mut self, at_most: Duration) -> ExitStatus {
        let began = Instant::now();
        let status = eventually("the engine's end", || self.child.try_wait().unwrap());
        assert!(
            began.elapsed() < at_most,
            "it took {:?} to end",
            began.elapsed()
        );
        status
    }

    /// Tells it to end and waits; it ends in order.
    ///
    /// # Panics
    /// When it does not within 10 s.
    pub fn stop(mut self) {
        self.terminate();
        let status = self.ended(Duration::from_secs(10));
        assert_eq!(status.code(), Some(0));
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
