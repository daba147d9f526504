//! The folding part of a worker's turn: all tasks for which something has come, for so long.

use super::Owned;
use crate::registry::FramedLog;
use crate::service::Visit;
use crate::task::StageName;
use crate::topics::Topics;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use wattledger_runtime::log::kafka::Member;
use wattledger_runtime::{LogError, TaskError, Turns};

/// How long a worker folds before it commits: a partition that it has just taken over, with all that has
/// piled up, must not keep the others waiting. A little of every task is folded in any case.
const FOLD: Duration = Duration::from_millis(120);

/// Folds the tasks of a worker.
pub struct Folding {
    /// Reads a schema registry's ids, where one is configured.
    framed: Option<FramedLog>,
    topics: Topics,
    /// Turns so far: each begins with another task, so that none has all the time.
    turns: usize,
}

/// What a turn has to commit.
pub struct Folded<'a> {
    pub tasks: Vec<&'a mut dyn Turns>,
    /// Tasks that could not go on.
    pub broken: Vec<((StageName, u32), TaskError)>,
    /// Of all of them.
    pub records: usize,
}

/// Lets what is asked of a task of ours be answered, between two of its turns.
pub fn visit(
    tasks: &mut BTreeMap<(StageName, u32), Owned>,
    place: (StageName, u32),
    visit: &mut Visit<'_>,
) {
    if let Some(Owned::Ready(task)) = tasks.get_mut(&place)
        && !task.is_pending()
    {
        visit(task.as_mut());
    }
}

impl Folding {
    pub const fn new(framed: Option<FramedLog>, topics: Topics) -> Self {
        Self {
            framed,
            topics,
            turns: 0,
        }
    }

    /// Folds what has come for every task; what one has folded already and could not commit comes along
    /// as it is.
    pub fn fold<'a>(
        &mut self,
        owned: &'a mut BTreeMap<(StageName, u32), Owned>,
        member: &mut Member,
        records_max: usize,
    ) -> Result<Folded<'a>, LogError> {
        let mut folded = Folded {
            tasks: Vec::new(),
            broken: Vec::new(),
            records: 0,
        };
        let mut ready: Vec<_> = owned
            .iter_mut()
            .filter_map(|(place, owned)| match owned {
                Owned::Ready(task) => Some((*place, task)),
                Owned::Opening(_) | Owned::Stopped => None,
            })
            .collect();
        let first = self.turns.checked_rem(ready.len()).unwrap_or(0);
        ready.rotate_left(first);
        self.turns = self.turns.wrapping_add(1);
        let began = Instant::now();
        for ((stage, partition), task) in ready {
            let topic = stage.input(&self.topics);
            if task.is_pending() {
                folded.tasks.push(task.as_mut());
                continue;
            }
            if !task.has_fetched() && !member.has_for(topic, partition, task.position()) {
                continue;
            }
            let input = member.consumer(topic)?;
            let at_most = FOLD.saturating_sub(began.elapsed());
            let report = match &self.framed {
                Some(framed) => task.fold(&mut framed.reading(input), records_max, at_most),
                None => task.fold(input, records_max, at_most),
            };
            match report {
                Ok(report) if report.records > 0 => {
                    folded.records = report.records.saturating_add(folded.records);
                    folded.tasks.push(task.as_mut());
                }
                Ok(_) => {}
                Err(error) => folded.broken.push(((stage, partition), error)),
            }
        }
        Ok(folded)
    }
}
