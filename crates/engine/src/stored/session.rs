//! A session's stored form. Each event writes it once to the changelog and once to the store, so that
//! instants and registers are written as steps from what they usually follow: 1 to 3 bytes, not 6.

use super::Stored;
use wattledger_domain::cost::PricedStep;
use wattledger_domain::quantity::MilliwattHours;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::Meter;
use wattledger_sessions::lags::Lags;
use wattledger_sessions::ledger::{Ledger, Reading};
use wattledger_sessions::samples::Samples;
use wattledger_sessions::session::{Session, Watch};
use wattledger_wire::avro::{DecodeError, Input, put_bytes, put_long};

/// What is bound to it is looked up again from its pins.
impl Stored for Session {
    fn put(&self, out: &mut Vec<u8>) {
        let Self {
            evse,
            transaction,
            authorization,
            account,
            token,
            group,
            tax,
            started_at,
            first_state,
            meter_start,
            carried,
            pinned,
            also,
            lags,
            sequence,
            seen,
            recent,
            chunks,
            older_to,
            ledger,
            meter,
            watch,
            free_at,
            end,
            phase,
            billed,
            billed_to,
            rounds,
            decided,
            flags,
            unanswered,
            bound: _,
        } = self;
        evse.put(out);
        transaction.put(out);
        authorization.put(out);
        account.put(out);
        token.put(out);
        group.put(out);
        tax.put(out);
        started_at.put(out);
        first_state.put(out);
        meter_start.put(out);
        carried.put(out);
        pinned.put(out);
        also.put(out);
        put_lags(*lags, *started_at, out);
        sequence.put(out);
        seen.put(out);
        recent.put(out);
        chunks.put(out);
        older_to.map(|at| step(at, *started_at)).put(out);
        put_ledger(ledger, *started_at, out);
        out.push(u8::from(meter.is_some()));
        if let Some(meter) = meter {
            put_meter(meter, *started_at, ledger, out);
        }
        watch.put(out);
        free_at.put(out);
        end.put(out);
        phase.put(out);
        billed.put(out);
        billed_to.put(out);
        rounds.put(out);
        decided.put(out);
        flags.put(out);
        unanswered.put(out);
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let evse = Stored::take(input)?;
        let transaction = Stored::take(input)?;
        let authorization = Stored::take(input)?;
        let account = Stored::take(input)?;
        let token = Stored::take(input)?;
        let group = Stored::take(input)?;
        let tax = Stored::take(input)?;
        let started_at = Timestamp::take(input)?;
        let first_state = Stored::take(input)?;
        let meter_start = Stored::take(input)?;
        let carried = Stored::take(input)?;
        let pinned = Stored::take(input)?;
        let also = Stored::take(input)?;
        let lags = take_lags(started_at, input)?;
        let sequence = Stored::take(input)?;
        let seen = Stored::take(input)?;
        let recent = Stored::take(input)?;
        let chunks = Stored::take(input)?;
        let older_to = <Option<i64> as Stored>::take(input)?.map(|since| at(since, started_at));
        let ledger = take_ledger(started_at, input)?;
        let has_meter = bool::take(input)?;
        let meter = has_meter.then(|| take_meter(started_at, &ledger, input));
        Ok(Self {
            evse,
            transaction,
            authorization,
            account,
            token,
            group,
            tax,
            started_at,
            first_state,
            meter_start,
            carried,
            pinned,
            also,
            lags,
            sequence,
            seen,
            recent,
            chunks,
            older_to,
            ledger,
            meter: meter.transpose()?,
            watch: Stored::take(input)?,
            free_at: Stored::take(input)?,
            end: Stored::take(input)?,
            phase: Stored::take(input)?,
            billed: Stored::take(input)?,
            billed_to: Stored::take(input)?,
            rounds: Stored::take(input)?,
            decided: Stored::take(input)?,
            flags: Stored::take(input)?,
            unanswered: Stored::take(input)?,
            bound: None,
        })
    }
}

impl Stored for Samples {
    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.bytes());
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Self::read(input.bytes()?).ok_or(DecodeError::Range { what: "readings" })
    }
}

impl Stored for Watch {
    fn put(&self, out: &mut Vec<u8>) {
        let Self {
            granted,
            reserve,
            growth,
            op,
            driver,
            reported,
            announced,
            stop,
            quiet_below,
        } = self;
        granted.put(out);
        reserve.put(out);
        growth.put(out);
        op.put(out);
        driver.put(out);
        reported.put(out);
        announced.put(out);
        stop.put(out);
        put_wide(*quiet_below, out);
    }
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            granted: Stored::take(input)?,
            reserve: Stored::take(input)?,
            growth: Stored::take(input)?,
            op: Stored::take(input)?,
            driver: Stored::take(input)?,
            reported: Stored::take(input)?,
            announced: Stored::take(input)?,
            stop: Stored::take(input)?,
            quiet_below: take_wide(input)?,
        })
    }
}

/// From one instant to another, milliseconds; any two of them.
const fn step(to: Timestamp, from: Timestamp) -> i64 {
    to.0.wrapping_sub(from.0)
}

const fn at(step: i64, from: Timestamp) -> Timestamp {
    Timestamp(from.0.wrapping_add(step))
}

fn put_lags(lags: Option<Lags>, start: Timestamp, out: &mut Vec<u8>) {
    out.push(u8::from(lags.is_some()));
    if let Some(Lags { least, most, last }) = lags {
        least.put(out);
        most.put(out);
        put_long(out, step(last, start));
    }
}

fn take_lags(start: Timestamp, input: &mut Input<'_>) -> Result<Option<Lags>, DecodeError> {
    if !bool::take(input)? {
        return Ok(None);
    }
    Ok(Some(Lags {
        least: Stored::take(input)?,
        most: Stored::take(input)?,
        last: at(input.long()?, start),
    }))
}

fn put_ledger(ledger: &Ledger, start: Timestamp, out: &mut Vec<u8>) {
    let Ledger {
        energy,
        base,
        pending,
        first,
        readings,
        rises,
        interval,
        partial,
        flags,
        closed_to,
        state,
        changes,
        power,
        current,
        durations,
        by_power,
        beside_power,
    } = ledger;
    let register = first.unwrap_or(0);
    let relative = |reading: &Reading| {
        let value = reading.value.wrapping_sub(register);
        (step(reading.at, start), value)
    };
    energy.put(out);
    first.put(out);
    base.as_ref().map(relative).put(out);
    pending.as_ref().map(relative).put(out);
    readings.put(out);
    rises.put(out);
    interval.put(out);
    partial.put(out);
    flags.put(out);
    put_long(out, step(*closed_to, base.map_or(start, |base| base.at)));
    state.put(out);
    changes.put(out);
    power.put(out);
    current.put(out);
    durations.put(out);
    by_power.put(out);
    beside_power.put(out);
}

fn take_ledger(start: Timestamp, input: &mut Input<'_>) -> Result<Ledger, DecodeError> {
    let energy = Stored::take(input)?;
    let first = <Option<i64> as Stored>::take(input)?;
    let register = first.unwrap_or(0);
    let absolute = |(since, value): (i64, i64)| Reading {
        at: at(since, start),
        value: register.wrapping_add(value),
    };
    let base = <Option<(i64, i64)> as Stored>::take(input)?.map(absolute);
    let pending = <Option<(i64, i64)> as Stored>::take(input)?.map(absolute);
    Ok(Ledger {
        energy,
        base,
        pending,
        first,
        readings: Stored::take(input)?,
        rises: Stored::take(input)?,
        interval: Stored::take(input)?,
        partial: Stored::take(input)?,
        flags: Stored::take(input)?,
        closed_to: at(input.long()?, base.map_or(start, |base| base.at)),
        state: Stored::take(input)?,
        changes: Stored::take(input)?,
        power: Stored::take(input)?,
        current: Stored::take(input)?,
        durations: Stored::take(input)?,
        by_power: Stored::take(input)?,
        beside_power: Stored::take(input)?,
    })
}

/// What is in force is looked up again at the next use.
fn put_meter(meter: &Meter, start: Timestamp, ledger: &Ledger, out: &mut Vec<u8>) {
    let Meter {
        started_at,
        now,
        energy,
        steps,
        flat,
        idle_since,
        stay,
        day,
        window: _,
    } = meter;
    put_long(out, step(*started_at, start));
    put_long(out, step(*now, ledger.closed_to));
    put_long(out, energy.0.wrapping_sub(ledger.energy.0));
    super::put_length(out, steps.len());
    for priced in steps {
        let PricedStep {
            dimension,
            element,
            quantity,
            price,
            tax,
            step_size,
            from,
            to,
        } = priced;
        dimension.put(out);
        element.put(out);
        quantity.put(out);
        price.put(out);
        tax.put(out);
        step_size.put(out);
        put_long(out, step(*from, start));
        put_long(out, step(*to, *now));
    }
    flat.put(out);
    idle_since.map(|idle| step(idle, start)).put(out);
    stay.put(out);
    day.put(out);
}

fn take_meter(
    start: Timestamp,
    ledger: &Ledger,
    input: &mut Input<'_>,
) -> Result<Meter, DecodeError> {
    let started_at = at(input.long()?, start);
    let now = at(input.long()?, ledger.closed_to);
    let energy = MilliwattHours(ledger.energy.0.wrapping_add(input.long()?));
    let steps = (0..super::length(input)?).map(|_| {
        Ok(PricedStep {
            dimension: Stored::take(input)?,
            element: Stored::take(input)?,
            quantity: Stored::take(input)?,
            price: Stored::take(input)?,
            tax: Stored::take(input)?,
            step_size: Stored::take(input)?,
            from: at(input.long()?, start),
            to: at(input.long()?, now),
        })
    });
    Ok(Meter {
        started_at,
        now,
        energy,
        steps: steps.collect::<Result<_, DecodeError>>()?,
        flat: Stored::take(input)?,
        idle_since: <Option<i64> as Stored>::take(input)?.map(|idle| at(idle, start)),
        stay: Stored::take(input)?,
        day: Stored::take(input)?,
        window: None,
    })
}

/// 128 bits, small ones in few bytes: zigzag, then seven bits a byte.
fn put_wide(value: i128, out: &mut Vec<u8>) {
    let mut bits = (value.wrapping_shl(1) ^ value.wrapping_shr(127)).cast_unsigned();
    while bits >= 0x80 {
        out.push(u8::try_from(bits & 0x7f).unwrap_or(0) | 0x80);
        bits >>= 7;
    }
    out.push(u8::try_from(bits).unwrap_or(0));
}

fn take_wide(input: &mut Input<'_>) -> Result<i128, DecodeError> {
    let mut bits = 0_u128;
    for shift in (0..128).step_by(7) {
        let byte = input.take(1)?.first().copied().unwrap_or(0);
        bits |= u128::from(byte & 0x7f).wrapping_shl(shift);
        if byte & 0x80 == 0 {
            let half = (bits >> 1).cast_signed();
            return Ok(if bits & 1 == 0 { half } else { !half });
        }
    }
    Err(DecodeError::Varint)
}
