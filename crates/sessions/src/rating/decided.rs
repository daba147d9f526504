//! What a session comes to with what a person decided about it.
//!
//! Invariant: a decision stands for the data it was made on. Once the data come to something else, it
//! lapses and the session is judged anew; only a waiver stays.

use super::conclusion::{self, Conclusion, Corrected};
use crate::desk::Desk;
use crate::session::Standing;
use crate::work::Work;
use wattledger_domain::cost::Settlement;
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::review::CorrectedReading;
use wattledger_domain::session::HoldReason;

/// What a session comes to, decisions and all.
pub(super) fn concluded(desk: &mut Desk<'_, '_>, work: &mut Work<'_>) -> Conclusion {
    let plain = conclusion::conclude(desk, work, None);
    let Some(decided) = work.session.decided.clone() else {
        return plain;
    };
    match decided.standing {
        Standing::Accepted(result) if result == plain.result() => plain.accepted(),
        Standing::Corrected { reading, data } if data == plain.data() => {
            let corrected = corrected(&plain, &reading);
            conclusion::conclude(desk, work, Some(&corrected)).accepted()
        }
        Standing::Accepted(_) | Standing::Corrected { .. } => plain,
        Standing::Waived => plain.waived(),
    }
}

/// What stands once a person bills what is there, or bills it corrected.
pub(crate) fn standing(
    desk: &mut Desk<'_, '_>,
    work: &mut Work<'_>,
    reading: Option<CorrectedReading>,
) -> Standing {
    let plain = conclusion::conclude(desk, work, None);
    match reading {
        None => Standing::Accepted(plain.result()),
        Some(reading) => Standing::Corrected {
            reading,
            data: plain.data(),
        },
    }
}

/// What it comes to as an invoice tells it; `None` when nothing prices it, or it is waived.
pub(crate) fn settled(desk: &mut Desk<'_, '_>, work: &mut Work<'_>) -> Option<Settlement> {
    concluded(desk, work).settled
}

/// What speaks against a bill, whatever a person decided: in order of the enum.
pub(crate) fn doubts(desk: &mut Desk<'_, '_>, work: &mut Work<'_>) -> Vec<HoldReason> {
    conclusion::conclude(desk, work, None).held
}

/// What no decision can overrule: in order of the enum; empty when it can be billed.
pub(crate) fn missing(desk: &mut Desk<'_, '_>, work: &mut Work<'_>) -> Vec<HoldReason> {
    concluded(desk, work).held
}

/// Why a corrected reading cannot be.
pub(crate) fn check_correction(
    desk: &mut Desk<'_, '_>,
    work: &mut Work<'_>,
    reading: &CorrectedReading,
) -> Result<(), String> {
    let CorrectedReading {
        meter_start,
        meter_stop,
        ended_at,
    } = *reading;
    let plain = conclusion::conclude(desk, work, None);
    if ended_at.is_some_and(|ended_at| ended_at < plain.started_at) {
        return Err("it would end before it began".to_owned());
    }
    if meter_start.is_none() && meter_stop.is_none() {
        return match ended_at {
            Some(_) => Ok(()),
            None => Err("nothing is corrected".to_owned()),
        };
    }
    match registers(&plain, reading) {
        (Some(from), Some(to)) if to < from => Err("its register would run backwards".to_owned()),
        (Some(_), Some(_)) => Ok(()),
        (None, _) => Err("no register is known at its start: give one".to_owned()),
        (_, None) => Err("no register is known at its end: give one".to_owned()),
    }
}

/// The registers to bill from: those given, else those metered.
fn registers(
    plain: &Conclusion,
    reading: &CorrectedReading,
) -> (Option<MilliwattHours>, Option<MilliwattHours>) {
    let first = plain.ledger.first.map(MilliwattHours);
    let last = plain.register_end();
    (reading.meter_start.or(first), reading.meter_stop.or(last))
}

fn corrected(plain: &Conclusion, reading: &CorrectedReading) -> Corrected {
    let given = reading.meter_start.is_some() || reading.meter_stop.is_some();
    let registers = match registers(plain, reading) {
        (Some(from), Some(to)) if given => Some((from, to)),
        (_, _) => None,
    };
    Corrected {
        registers,
        ended_at: reading.ended_at,
    }
}
