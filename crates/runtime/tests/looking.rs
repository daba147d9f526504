//! A look at the state of a task of the toy, between its turns.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    dead_code,
    reason = "a failed step fails the test, its numbers are small, and the toy is shared"
)]

#[path = "toy/counting.rs"]
mod counting;

use counting::{Count, Turned, config, input, state_key, topics};
use std::sync::Arc;
use std::time::Duration;
use wattledger_runtime::{
    EmbeddedLog, Log, MemoryStore, Outgoing, RocksStore, Task, TaskError, Visibility,
};

#[test]
fn what_is_looked_at_is_what_whole_turns_have_left() {
    let folder = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(&folder.path().join("log"), &topics()).unwrap();
    let mut driver = log.producer("driver").unwrap();
    driver.begin().unwrap();
    for (key, value) in input(9, 300) {
        driver
            .send(Outgoing::keyed(&"in".into(), key, value))
            .unwrap();
    }
    driver.commit().unwrap();
    let shared: Arc<dyn Log> = Arc::new(log.clone());
    let store = Box::new(RocksStore::open(&folder.path().join("store")).unwrap());
    let mut first = Turned::open("first", 0, Arc::clone(&shared), store).unwrap();
    let mut reader = log.consumer("in", Visibility::Process).unwrap();
    first
        .task
        .fold(reader.as_mut(), 100, Duration::MAX)
        .unwrap();
    let early = first.task.peek(&state_key(b"anything"));
    assert!(matches!(early, Err(TaskError::Failed { .. })), "{early:?}");
    first.worker.commit(&mut [&mut first.task]).unwrap();
    assert_eq!(first.task.peek(&state_key(b"nobody")).unwrap(), None);

    // What its changelog says is what it looks like, whether the store has it or not.
    let store = Box::new(MemoryStore::default());
    let mut copy = Task::open(config("first", 0), Count::of("first", 0), shared, store).unwrap();
    let state = state_key(b"");
    let counted = copy.dump().unwrap().into_iter();
    let counted: Vec<_> = counted.filter(|(key, _)| key.starts_with(&state)).collect();
    assert!(counted.len() > 2, "the toy says too little");
    for settled in [false, true] {
        for (key, value) in &counted {
            assert_eq!(
                first.task.peek(key).unwrap().as_ref(),
                Some(value),
                "{settled}"
            );
        }
        log.sync().unwrap();
        first.task.settle().unwrap();
    }
}
