//! Which T comes next, and what chargers were told since the last.

use super::{Plan, Progress};
use wattledger_domain::charging::ChargingCommand;
use wattledger_domain::time::Timestamp;
use wattledger_runtime::log::read;
use wattledger_runtime::{Consumer, LogError, Record};
use wattledger_wire::topics as wire;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 3_600_000;

/// The next T.
pub struct NextTick {
    /// T.
    pub at: Timestamp,
    /// Whether events are still taken.
    pub taking: bool,
}

/// T is each minute that holds records and each full hour; after the end each hour.
pub fn next_tick(at: &Progress, plan: &Plan<'_>) -> Option<NextTick> {
    let hour = Timestamp(
        at.at
            .0
            .div_euclid(HOUR)
            .saturating_add(1)
            .saturating_mul(HOUR),
    );
    if at.phase == 0 {
        return Some(NextTick {
            at: at.at,
            taking: true,
        });
    }
    let next = plan
        .source
        .next(at.at)
        .filter(|next| plan.until.is_none_or(|until| *next <= until));
    if let Some(next) = next {
        let minute = next
            .0
            .saturating_add(MINUTE - 1)
            .div_euclid(MINUTE)
            .saturating_mul(MINUTE);
        let minute = Timestamp(minute.max(at.at.0.saturating_add(1)));
        return Some(NextTick {
            at: minute.min(hour),
            taking: true,
        });
    }
    if let Some(until) = plan.until
        && at.at < until
    {
        return Some(NextTick {
            at: hour.min(until),
            taking: true,
        });
    }
    (at.settled < plan.settle_hours).then_some(NextTick {
        at: hour,
        taking: false,
    })
}

/// What chargers were told between two positions of each partition.
pub fn read_commands(
    consumer: &mut dyn Consumer,
    from: &[i64],
    to: &[i64],
) -> Result<Vec<ChargingCommand>, LogError> {
    let mut commands = Vec::new();
    for ((partition, from), to) in (0_u32..).zip(from).zip(to) {
        let mut take =
            |record: Record| match record.value.as_deref().map(wire::charging_command::decode) {
                Some(Ok(command)) => commands.push(command),
                Some(Err(error)) => tracing::error!(%error, "unreadable charging command"),
                None => {}
            };
        read(consumer, partition, (*from, *to), &mut take)?;
    }
    Ok(commands)
}
