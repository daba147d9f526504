//! Commits of the driver: a broker that is away for a while ends no replay.

use super::{DRIVER, Progress, Replay, ReplayError, progress};
use wattledger_runtime::{CommitError, LogError, Outgoing, Producer};

/// How often a step is committed again before the replay ends.
const COMMIT_TRIES: u32 = 5;

impl Replay<'_> {
    /// Commits a step with its progress. One that was not committed is made again; of one of which nobody
    /// knows, the progress tells. A newer driver fences this one.
    pub(super) fn commit(
        &self,
        producer: &mut Box<dyn Producer>,
        mut records: Vec<Outgoing>,
        at: &Progress,
    ) -> Result<(), ReplayError> {
        records.push(at.record(self.topics));
        for _ in 0..COMMIT_TRIES {
            let fault = match send(producer.as_mut(), &records) {
                Ok(()) => return Ok(()),
                Err(fault) if is_fenced(&fault) => return Err(fault),
                Err(fault) => fault,
            };
            tracing::warn!(error = %fault, "a step was not committed, or nobody knows; looking");
            *producer = self.log.producer(DRIVER)?;
            if progress::read(self.log, self.topics)?.last() == Some(at) {
                return Ok(());
            }
        }
        send(producer.as_mut(), &records)
    }
}

fn send(producer: &mut dyn Producer, records: &[Outgoing]) -> Result<(), ReplayError> {
    producer.begin()?;
    for record in records {
        producer.send(record.clone())?;
    }
    producer.commit()?;
    Ok(())
}

fn is_fenced(error: &ReplayError) -> bool {
    matches!(
        error,
        ReplayError::Log(LogError::Fenced(_))
            | ReplayError::Commit(CommitError::Aborted(LogError::Fenced(_)))
    )
}
