//! `GET /v1/status`: instances and what each folds, for people and programs.

use super::{EngineBackend, broken};
use serde_json::{Value, json};
use wattledger_api::backend::{Backend as _, Health};
use wattledger_api::fault::Fault;
use wattledger_engine::service::{Instance, PartitionStatus};

impl EngineBackend {
    /// Where the engine stands. Instances are those that fold; partitions that none of them has are
    /// `unowned`: all of them while no engine runs.
    pub(super) fn shown_status(&self) -> Result<Value, Fault> {
        let process = format!("process {}", std::process::id());
        let name = self.unattended.is_none().then_some(process.as_str());
        let status = self.service.status(name).map_err(broken)?;
        let (state, detail) = match self.health() {
            Health::Starting => ("starting", String::new()),
            Health::Restoring => ("restoring", String::new()),
            Health::Ready(detail) => ("ready", detail),
            Health::Broken(detail) => ("broken", detail),
        };
        let instances = status.instances.iter().map(|one| self.instance(one));
        let unowned = status.unowned.iter().map(partition);
        let workers = status.workers.iter();
        Ok(json!({
            "state": state,
            "detail": detail,
            "version": env!("CARGO_PKG_VERSION"),
            "instances": instances.collect::<Vec<Value>>(),
            "unowned": unowned.collect::<Vec<Value>>(),
            "workers": workers
                .map(|row| json!({ "worker": row.worker, "lag": row.lag }))
                .collect::<Vec<Value>>(),
        }))
    }

    fn instance(&self, instance: &Instance) -> Value {
        let partitions = instance.partitions.iter().map(partition);
        json!({
            "instance": instance.name,
            "version": env!("CARGO_PKG_VERSION"),
            "since": self.since.0,
            "partitions": partitions.collect::<Vec<Value>>(),
        })
    }
}

/// `task` is absent while nobody folds the partition, or its store is being restored.
fn partition(status: &PartitionStatus) -> Value {
    let mut shown = json!({
        "stage": status.stage,
        "topic": &*status.topic,
        "partition": status.partition,
        "position": status.position,
        "end": status.end,
        "lag": status.lag(),
    });
    if let Some(standing) = &status.standing {
        let counters = standing.task.counters;
        let (timers, next_timer) = (standing.task.timers, standing.task.next_timer);
        shown["task"] = json!({
            "logical_time": standing.task.logical_time,
            "timers": timers,
            "next_timer": next_timer,
            "parked": standing.task.parked,
            "turns": counters.turns,
            "records": counters.records,
            "outputs": counters.outputs,
            "dead_letters": counters.dead_letters,
            "fold_microseconds": counters.fold_micros,
            "commit_microseconds": counters.commit_micros,
        });
    }
    shown
}
