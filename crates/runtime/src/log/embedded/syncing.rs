//! Syncing in the background: commits of a short while become durable together.

use super::EmbeddedLog;
use crate::log::Log;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Background syncing; stops when dropped.
pub struct Syncing {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Syncing {
    pub(super) fn start(log: EmbeddedLog, interval: Duration) -> std::io::Result<Self> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let told = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("log-sync".to_owned()).spawn(move || {
            let (flag, signal) = &*told;
            let mut stopped = flag.lock().unwrap_or_else(PoisonError::into_inner);
            while !*stopped {
                let waited = signal.wait_timeout(stopped, interval);
                stopped = waited.map_or_else(|error| error.into_inner().0, |(guard, _)| guard);
                if let Err(error) = log.sync() {
                    tracing::error!(%error, "the log cannot be synced: stop and check the disk");
                    return;
                }
            }
        })?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Syncing {
    fn drop(&mut self) {
        *self.stop.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.1.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
