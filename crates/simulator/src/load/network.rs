//! The documents of a simulated network, submitted to a live engine.

use super::{LoadError, client};
use serde_json::Value;
use std::time::Duration;

/// Documents of one request: far below the 1 MiB that the API takes.
const AT_ONCE: usize = 500;
/// How often an engine that is not ready yet is asked again, once a second.
const TRIES: usize = 120;

/// Submits documents and waits until they are in force; those that are already change nothing.
///
/// # Errors
/// [`LoadError::Refused`] with the first refusal.
pub fn apply(base: &str, documents: &[Value]) -> Result<(), LoadError> {
    let client = client(base)?;
    let lost = |cause| LoadError::Unreachable {
        base: base.to_owned(),
        cause,
    };
    for documents in documents.chunks(AT_ONCE) {
        let mut tries = 0;
        let answer = loop {
            let request = client.post(format!("{base}/v1/reference"));
            let answer = request.json(documents).send().map_err(lost)?;
            tries += 1;
            if answer.status().is_server_error() && tries < TRIES {
                std::thread::sleep(Duration::from_secs(1));
            } else {
                break answer;
            }
        };
        let status = answer.status();
        let body: Value = answer.json().map_err(lost)?;
        if !status.is_success() {
            let words = body["error"]["message"].as_str().unwrap_or_default();
            return Err(LoadError::Refused(format!("{status}: {words}")));
        }
        let rows = body["documents"].as_array();
        let refused = rows
            .into_iter()
            .flatten()
            .find(|row| row["result"] == "refused");
        if let Some(row) = refused {
            let words = format!("{} {}: {}", row["kind"], row["id"], row["reason"]);
            return Err(LoadError::Refused(words));
        }
    }
    Ok(())
}
