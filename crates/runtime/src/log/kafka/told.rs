//! What librdkafka tells: its log lines, its errors, where records were delivered.

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::ProducerContext;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What librdkafka's lines hold when a broker does not let a client in.
const REFUSALS: &[&str] = &["Authentication failed", "certificate verify failed"];

/// A client of which only log lines and errors are wanted, and why a broker has not let it in.
#[derive(Clone, Debug, Default)]
pub struct Told(Arc<Mutex<Option<Box<str>>>>);

impl Told {
    /// Why a broker has not let this client in since the last look: a wrong password, an unknown
    /// authority. Asking again does not help. `None` when none has said so.
    pub fn refused(&self) -> Option<Box<str>> {
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        refused.take()
    }
}

impl ClientContext for Told {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if REFUSALS.iter().any(|refusal| message.contains(refusal)) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(message.into());
        }
        logged(level, facility, message);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka client");
    }
}

impl ConsumerContext for Told {}

/// What became of a producer's records.
#[derive(Debug, Default)]
pub struct Deliveries {
    state: Mutex<Delivered>,
}

/// Since the last look.
#[derive(Debug, Default)]
pub struct Delivered {
    /// The offset after the last record, by the slot it was sent with.
    pub ends: Vec<i64>,
    /// The first failure.
    pub failed: Option<String>,
}

impl Deliveries {
    /// What there is to see.
    pub fn look(&self) -> MutexGuard<'_, Delivered> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        logged(level, facility, message);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka producer");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, slot: usize) {
        let mut state = self.look();
        match result {
            Ok(message) => {
                if state.ends.len() <= slot {
                    state.ends.resize(slot + 1, 0);
                }
                if let Some(end) = state.ends.get_mut(slot) {
                    *end = (*end).max(message.offset() + 1);
                }
            }
            Err((error, _)) => {
                state.failed.get_or_insert_with(|| error.to_string());
            }
        }
    }
}

/// librdkafka's own lines; what it warns of is mostly a broker that went away and comes back.
pub fn logged(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error => tracing::warn!(target: "librdkafka", facility, message),
        RDKafkaLogLevel::Warning | RDKafkaLogLevel::Notice => {
            tracing::info!(target: "librdkafka", facility, message);
        }
        RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
            tracing::debug!(target: "librdkafka", facility, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_once_and_what_else_fails_is_none() {
        let told = Told::default();
        let say = |message: &str| told.log(RDKafkaLogLevel::Error, "FAIL", message);
        say("127.0.0.1:9092/1: Connect failed: Connection refused");
        assert_eq!(told.refused(), None);
        say("127.0.0.1:9092/1: SASL authentication error: Authentication failed");
        assert!(told.refused().is_some_and(|why| why.contains("SASL")));
        assert_eq!(told.refused(), None);
    }
}
