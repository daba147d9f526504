//! What the producer says of its commits, heard where an operator would: in its debug lines.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Commits heard of since the last look.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Time of the commit call alone.
    pub calls: Vec<Duration>,
    /// Time before it: offsets sent, records drained.
    pub prepared: Duration,
    /// Of that, offsets.
    pub offsets: Duration,
}

/// Hears the producer; shows warnings.
#[derive(Clone, Default)]
pub struct Commits(Arc<Mutex<Heard>>);

impl Commits {
    /// Begins to hear.
    pub fn listen() -> Self {
        let commits = Self::default();
        tracing::subscriber::set_global_default(commits.clone()).unwrap();
        commits
    }

    /// What was heard since the last look.
    pub fn take(&self) -> Heard {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The fields of a line.
#[derive(Default)]
struct Said {
    took: Option<Duration>,
    all: Option<Duration>,
    offsets: Option<Duration>,
    text: String,
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "took" => self.took = duration(&format!("{value:?}")),
            "all" => self.all = duration(&format!("{value:?}")),
            "offsets" => self.offsets = duration(&format!("{value:?}")),
            name => write!(self.text, " {name}={value:?}").unwrap(),
        }
    }
}

/// Reads what `Debug` writes of a duration.
fn duration(text: &str) -> Option<Duration> {
    let unit = text.find(|character: char| character.is_alphabetic())?;
    let (digits, unit) = text.split_at(unit);
    let seconds = match unit {
        "s" => 1.0,
        "ms" => 1e-3,
        "µs" => 1e-6,
        "ns" => 1e-9,
        _ => return None,
    };
    Some(Duration::from_secs_f64(
        digits.parse::<f64>().ok()? * seconds,
    ))
}

impl Subscriber for Commits {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && (*metadata.level() <= Level::WARN
                || metadata.target() == "wattledger_runtime::log::kafka::producer")
    }

    fn event(&self, event: &Event<'_>) {
        let mut said = Said::default();
        event.record(&mut said);
        if *event.metadata().level() <= Level::WARN {
            eprintln!("{}:{}", event.metadata().target(), said.text);
            return;
        }
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.calls.extend(said.took);
        heard.prepared += said.all.unwrap_or_default();
        heard.offsets += said.offsets.unwrap_or_default();
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
