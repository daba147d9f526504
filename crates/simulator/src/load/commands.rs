//! What chargers are told, read from `charging.commands` as it is committed: one request waits until
//! there is something.

use super::LoadError;
use crate::chargers::Told;
use reqwest::blocking::Client;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::Duration;

/// How long the engine waits for a command before it answers that there is none, ms.
const WAIT: u16 = 1_000;

/// A reader of commands.
pub struct Listener {
    client: Client,
    base: String,
    cursor: String,
}

struct Page {
    told: Vec<Told>,
    is_last: bool,
}

impl Listener {
    /// A reader from a cursor, with what was told since, or from now on.
    ///
    /// # Errors
    /// [`LoadError::Unreachable`].
    pub fn open(
        client: Client,
        base: &str,
        from: Option<String>,
    ) -> Result<(Self, Vec<Told>), LoadError> {
        let unreachable = |cause| LoadError::Unreachable {
            base: base.to_owned(),
            cause,
        };
        let mut listener = Self {
            client,
            base: base.to_owned(),
            cursor: from.unwrap_or_else(|| "latest".to_owned()),
        };
        let mut told = Vec::new();
        loop {
            let page = listener.page(0).map_err(unreachable)?;
            told.extend(page.told);
            if page.is_last {
                return Ok((listener, told));
            }
        }
    }

    /// Reads until it is over; an engine that does not answer is asked again.
    pub fn listen(&mut self, is_over: &AtomicBool, hear: &Sender<Told>) {
        while !is_over.load(Ordering::Relaxed) {
            match self.page(WAIT) {
                Ok(page) => page.told.into_iter().for_each(|told| {
                    // Nobody hears at the end.
                    let _ = hear.send(told);
                }),
                Err(error) => {
                    tracing::debug!(%error, "commands cannot be read; trying again");
                    std::thread::sleep(Duration::from_millis(200));
                }
            }
        }
    }

    fn page(&mut self, wait: u16) -> Result<Page, reqwest::Error> {
        let Self { base, cursor, .. } = self;
        let path =
            format!("{base}/v1/topics/charging.commands?cursor={cursor}&limit=2000&wait_ms={wait}");
        let answer = self.client.get(path).send()?.error_for_status()?;
        let page: Value = answer.json()?;
        if let Some(next) = page["cursor"].as_str() {
            self.cursor = next.to_owned();
        }
        let records = page["records"].as_array();
        let records = records.into_iter().flatten();
        Ok(Page {
            told: records
                .filter_map(|record| Told::read(&record["data"]))
                .collect(),
            is_last: page["end"].as_bool() != Some(false),
        })
    }
}
