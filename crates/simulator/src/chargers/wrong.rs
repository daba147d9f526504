//! What goes wrong with what a charger says: letters as they should be, made as the field has them.

use super::letter::Letter;
use crate::day::Wrong;
use serde_json::{Value, json};
use wattledger_domain::quantity::Milliseconds;

/// What is remembered of a visit between its letters.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Visited {
    /// The register at its start, mWh.
    start: i64,
    /// Updates so far.
    updates: u32,
}

/// Makes a letter what it is in the field; sometimes more than one.
pub(super) fn made(wrong: Wrong, seen: &mut Visited, mut letter: Letter) -> Vec<Letter> {
    let kind = letter.event["type"].as_str().unwrap_or_default().to_owned();
    let (starts, ends) = (
        kind.contains("session_started"),
        kind.contains("session_ended"),
    );
    let updates = kind.contains("session_updated");
    if starts {
        seen.start = milli(&letter.event["data"]["meterStart"]);
    }
    seen.updates += u32::from(updates);
    let mut more = Vec::new();
    match wrong {
        Wrong::NoEnergy if updates => more.push(without_energy(&letter)),
        Wrong::NoTransaction if updates => remove(&mut letter, "transaction"),
        Wrong::ConflictingEnd if ends => {
            let mut other = again(&letter, "other");
            add(&mut other.event["data"]["meterStop"], 1_000_000);
            more.push(other);
        }
        Wrong::UnknownTransaction if starts || updates || ends => {
            letter.event["data"]["transaction"] = "-1".into();
            if ends {
                remove(&mut letter, "evse");
            }
        }
        Wrong::UnknownEnd if ends => {
            let mut other = again(&letter, "lost");
            other.event["data"]["transaction"] = format!("lost-{}", letter.visit).into();
            remove(&mut other, "evse");
            more.push(other);
        }
        Wrong::StartRepeated if starts => more.push(again(&letter, "again")),
        Wrong::CollidingTransaction if starts || updates || ends => {
            letter.event["data"]["transaction"] = "1".into();
        }
        Wrong::ClockBehind => late(&mut letter.event, -3 * HOUR),
        Wrong::ClockAhead => late(&mut letter.event, 2 * HOUR),
        Wrong::EndAfterFree if ends => {
            late(&mut letter.event, HOUR / 12);
            delay(&mut letter, HOUR / 12);
        }
        Wrong::Misaligned => samples(&mut letter.event, |sample| {
            shift(&mut sample["time"], -2_000);
        }),
        Wrong::Endless if starts => shift(&mut letter.event["time"], -60 * 24 * HOUR),
        Wrong::OtherCard if ends => letter.event["data"]["token"] = "TAG-OTHER".into(),
        Wrong::StatusLate if kind.contains("connector_status") => {
            late(&mut letter.event, HOUR / 30);
            delay(&mut letter, HOUR / 30);
        }
        Wrong::BadDate if ends => letter.event["time"] = "2026-02-31T25:00:00Z".into(),
        Wrong::ClosingReading if ends => more.push(closing(&letter)),
        Wrong::WrongUnit
        | Wrong::RegisterRelative
        | Wrong::RegisterLeak
        | Wrong::EnergyCarried
        | Wrong::NoEnergyAtAll => registers(wrong, *seen, &mut letter.event["data"]),
        Wrong::PhasesOnly => phases(&mut letter),
        Wrong::NoEnergy
        | Wrong::NoTransaction
        | Wrong::ConflictingEnd
        | Wrong::UnknownTransaction
        | Wrong::UnknownEnd
        | Wrong::StartRepeated
        | Wrong::CollidingTransaction
        | Wrong::ClosingReading
        | Wrong::EndAfterFree
        | Wrong::Endless
        | Wrong::OtherCard
        | Wrong::StatusLate
        | Wrong::BadDate => {}
    }
    more.insert(0, letter);
    more
}

const HOUR: i64 = 3_600_000;

/// Every register that a letter tells, as the field has it.
fn registers(wrong: Wrong, seen: Visited, data: &mut Value) {
    let first = seen.updates <= 1;
    let told = |shown: i64, place: Place| match (wrong, place) {
        (Wrong::WrongUnit, _) => shown / 1_000,
        (Wrong::RegisterRelative, Place::Reading) => shown - seen.start,
        (Wrong::RegisterLeak, Place::End) => shown + 4_000,
        (Wrong::EnergyCarried, Place::Start) => 0,
        (Wrong::EnergyCarried, Place::Reading) if first => seen.start,
        (Wrong::EnergyCarried, Place::Reading | Place::End) => shown - seen.start,
        (Wrong::NoEnergyAtAll, _) => seen.start,
        (_, _) => shown,
    };
    for (name, place) in [("meterStart", Place::Start), ("meterStop", Place::End)] {
        if data[name].is_string() {
            data[name] = text(told(milli(&data[name]), place)).into();
        }
    }
    // What an end says beside its register is of the end.
    let of_end = data["meterStop"].is_string();
    for sample in data["samples"].as_array_mut().into_iter().flatten() {
        if is_register(sample) {
            let place = if of_end { Place::End } else { Place::Reading };
            sample["value"] = text(told(milli(&sample["value"]), place)).into();
        } else if wrong == Wrong::NoEnergyAtAll {
            sample["value"] = "0".into();
        }
    }
}

/// Where a register is told.
#[derive(Clone, Copy)]
enum Place {
    Start,
    Reading,
    End,
}

/// Registers of three phases in place of their sum.
fn phases(letter: &mut Letter) {
    remove(letter, "meterStart");
    remove(letter, "meterStop");
    let data = &mut letter.event["data"];
    let Some(samples) = data["samples"].as_array_mut() else {
        return;
    };
    let mut split = Vec::new();
    for sample in samples.drain(..) {
        if !is_register(&sample) {
            split.push(sample);
            continue;
        }
        let sum = milli(&sample["value"]);
        let third = sum / 3;
        for (phase, value) in [("L1", third), ("L2", third), ("L3", sum - 2 * third)] {
            let mut one = sample.clone();
            one["phase"] = phase.into();
            one["value"] = text(value).into();
            split.push(one);
        }
    }
    data["samples"] = split.into();
}

fn without_energy(letter: &Letter) -> Letter {
    let mut other = again(letter, "soc");
    remove(&mut other, "sequence");
    remove(&mut other, "state");
    let time = other.event["time"].clone();
    other.event["data"]["samples"] =
        json!([{ "time": time, "measurand": "SoC", "unit": "Percent", "value": "50" }]);
    other
}

/// A reading half a minute after the end, 5 Wh more.
fn closing(letter: &Letter) -> Letter {
    let mut other = again(letter, "closing");
    for name in ["meterStop", "reason", "sequence", "token"] {
        remove(&mut other, name);
    }
    other.event["type"] = "wattledger.charging.session_updated.v1".into();
    late(&mut other.event, 30_000);
    delay(&mut other, 30_000);
    samples(&mut other.event, |sample| {
        if is_register(sample) {
            add(&mut sample["value"], 5_000);
        }
    });
    other
}

/// The same under another id, right behind it.
fn again(letter: &Letter, name: &str) -> Letter {
    let mut other = letter.clone();
    let id = other.event["id"].as_str().unwrap_or_default();
    other.event["id"] = format!("{id}.{name}").into();
    // Numbers of a visit's letters count from 1: half way to the next million is free.
    other.number += 500_000;
    delay(&mut other, 1);
    other
}

fn delay(letter: &mut Letter, by: i64) {
    letter.received.iter_mut().for_each(|at| *at += by);
}

fn remove(letter: &mut Letter, name: &str) {
    if let Some(data) = letter.event["data"].as_object_mut() {
        data.remove(name);
    }
}

/// An event and its readings at another time.
fn late(event: &mut Value, by: i64) {
    shift(&mut event["time"], by);
    samples(event, |sample| shift(&mut sample["time"], by));
}

fn samples(event: &mut Value, mut each: impl FnMut(&mut Value)) {
    let samples = event["data"]["samples"].as_array_mut();
    samples.into_iter().flatten().for_each(&mut each);
}

fn shift(time: &mut Value, by: i64) {
    let read = time.as_str().and_then(wattledger_wire::times::parse);
    if let Some(at) = read {
        *time = at.plus(Milliseconds(by)).to_string().into();
    }
}

fn is_register(sample: &Value) -> bool {
    sample["measurand"] == "Energy.Active.Import.Register"
}

/// A register's text as mWh: whole Wh with three decimals at most.
fn milli(value: &Value) -> i64 {
    let text = value.as_str().unwrap_or("0");
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let rest: i64 = format!("{rest:0<3}").parse().unwrap_or(0);
    whole.parse::<i64>().unwrap_or(0) * 1_000 + rest
}

fn text(milli: i64) -> String {
    super::stay::watt_hours(milli)
}

fn add(value: &mut Value, milli_more: i64) {
    if value.is_string() {
        *value = text(milli(value) + milli_more).into();
    }
}
