//! The threads that open the tasks of a worker: restoring a store must not stop the others.

use crate::task::{StageName, TaskOpener};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use wattledger_runtime::{TaskError, Turns};

/// The threads that open tasks.
pub struct Opening {
    asked: Option<Sender<(StageName, u32, u64)>>,
    /// Number of the last that was asked for.
    last: u64,
    opened: Receiver<Opened>,
    threads: Vec<JoinHandle<()>>,
}

type Opened = (StageName, u32, u64, Result<Box<dyn Turns>, TaskError>);

impl Opening {
    /// Opening waits for the broker most of its time.
    const THREADS: usize = 4;

    pub fn start(opener: &TaskOpener) -> std::io::Result<Self> {
        let (asked, asks) = mpsc::channel::<(StageName, u32, u64)>();
        let (opened, openings) = mpsc::channel::<Opened>();
        let asks = Arc::new(Mutex::new(asks));
        let mut threads = Vec::new();
        for _ in 0..Self::THREADS {
            let (asks, opened, opener) = (Arc::clone(&asks), opened.clone(), opener.clone());
            let next = move || asks.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let body = move || {
                while let Ok((stage, partition, number)) = next() {
                    let task = patient(&opener, stage, partition);
                    if opened.send((stage, partition, number, task)).is_err() {
                        return;
                    }
                }
            };
            let thread = std::thread::Builder::new().name("opening".to_owned());
            threads.push(thread.spawn(body)?);
        }
        Ok(Self {
            asked: Some(asked),
            last: 0,
            opened: openings,
            threads,
        })
    }

    /// Has a task opened, and gives the number that its coming will carry.
    pub fn ask(&mut self, stage: StageName, partition: u32) -> u64 {
        self.last = self.last.saturating_add(1);
        if let Some(asked) = &self.asked {
            let _ = asked.send((stage, partition, self.last));
        }
        self.last
    }

    /// The next that is open, or cannot be, with the number it was asked for under.
    pub fn next(&mut self) -> Option<Opened> {
        self.opened.try_recv().ok()
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.asked = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Opens a task; a store that another worker of this process is about to close is waited for.
fn patient(
    opener: &TaskOpener,
    stage: StageName,
    partition: u32,
) -> Result<Box<dyn Turns>, TaskError> {
    const TRIES: u32 = 100;
    for _ in 0..TRIES {
        match opener.open(stage, partition) {
            Err(TaskError::Store(error)) if error.0.to_lowercase().contains("lock") => {
                std::thread::sleep(Duration::from_millis(100));
            }
            other => return other,
        }
    }
    opener.open(stage, partition)
}
