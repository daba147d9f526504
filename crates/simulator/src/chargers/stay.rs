//! One driver's stay: ask, wait, charge, suspend, end, leave.

mod metering;

use super::Answers;
use super::letter::{Letter, Writer};
use super::told::{Order, Told};
use crate::day::{Driver, Oddity, Pace, Payer, Scenario, Visit};
use crate::draw::Draw;
use metering::Meter;
pub(super) use metering::watt_hours;
use serde_json::{Value, json};

/// How long a driver waits for an answer.
const PATIENCE: i64 = 5 * 60_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not there yet.
    Coming,
    /// Asked, unanswered.
    Asking,
    /// Allowed: starts when due.
    Starting,
    /// The transaction runs.
    Charging,
    /// The transaction runs, the car wants no more.
    Full,
    /// Ended; leaves when due.
    Leaving,
    /// Gone.
    Gone,
}

/// A stay.
#[derive(Clone, Debug)]
pub(super) struct Stay {
    visit: Visit,
    station: String,
    pace: Pace,
    driver: Driver,
    oddity: Oddity,
    answers: Answers,
    /// Tells this stay's ids from those of other days.
    name: String,
    phase: Phase,
    /// When something happens next.
    due: i64,
    /// When the transaction is to end.
    ends: i64,
    reason: &'static str,
    meter: Meter,
    interval: i64,
    sequence: i64,
    draw: Draw,
    writer: Writer,
}

impl Stay {
    pub fn new(scenario: &Scenario, visit: Visit, answers: Answers, register: Option<i64>) -> Self {
        let oddity = scenario.oddity(visit.number);
        let driver = Driver::of(scenario, &visit);
        let mut draw = Draw::of(scenario.seed, &["stay", &visit.number.to_string()]);
        let register = register.unwrap_or_else(|| draw.between(100_000..=50_000_000) * 1_000);
        Self {
            meter: Meter::new(register, driver.power, driver.need),
            writer: Writer::new(scenario, &visit, oddity),
            name: format!("{}v{}", scenario.from.0.div_euclid(1_000), visit.number),
            phase: Phase::Coming,
            due: visit.arrives,
            ends: visit.leaves,
            reason: draw.pick("EVDisconnected", &["Local", "EVDisconnected"]),
            interval: draw.pick(1, &[2, 3, 5]) * scenario.pace.reading,
            station: visit.station.id(scenario),
            pace: scenario.pace,
            sequence: 0,
            visit,
            driver,
            oddity,
            answers,
            draw,
        }
    }

    pub fn station(&self) -> &str {
        &self.station
    }

    pub const fn place(&self) -> (i64, i64) {
        (self.visit.station.number, self.visit.evse)
    }

    pub const fn register(&self) -> i64 {
        self.meter.register()
    }

    pub fn is_over(&self) -> bool {
        self.phase == Phase::Gone
    }

    /// Whether a command is about this stay.
    pub fn is_meant(&self, told: &Told) -> bool {
        if told.station != self.station {
            return false;
        }
        match (&told.authorization, &told.transaction) {
            (Some(authorization), _) => self.asks() && *authorization == self.authorization(),
            (None, Some(transaction)) => *transaction == self.transaction(),
            (None, None) => told.evse == Some(self.visit.evse),
        }
    }

    /// Takes a command at `at`.
    pub fn obey(&mut self, order: Order, at: i64) {
        let pace = self.pace;
        match (self.phase, order) {
            (Phase::Asking, Order::Allow) => {
                self.phase = Phase::Starting;
                self.due = at.max(self.due - PATIENCE) + pace.of(self.draw.between(3_000..=20_000));
            }
            (Phase::Asking | Phase::Starting, Order::Refuse | Order::Stop) => {
                self.phase = Phase::Leaving;
                self.due = at + pace.of(self.draw.between(20_000..=60_000));
            }
            (Phase::Charging | Phase::Full, Order::Stop | Order::Refuse) => {
                self.reason = if order == Order::Stop {
                    "Remote"
                } else {
                    "DeAuthorized"
                };
                self.ends = self
                    .ends
                    .min(at + pace.of(self.draw.between(2_000..=10_000)));
                self.due = self.due.min(self.ends);
            }
            (Phase::Coming | Phase::Leaving | Phase::Gone, _)
            | (Phase::Starting | Phase::Charging | Phase::Full, Order::Allow)
            | (_, Order::ShowCost) => {}
        }
    }

    /// Does what is due by `to`.
    pub fn run(&mut self, to: i64, letters: &mut Vec<Letter>) {
        while self.phase != Phase::Gone && self.due <= to {
            let at = self.due;
            match self.phase {
                Phase::Coming => self.arrive(at, letters),
                // Nobody answered, or the driver went away.
                Phase::Asking => self.leave(at, letters),
                Phase::Starting => self.start(at, letters),
                Phase::Charging | Phase::Full if at >= self.ends => self.end(at, letters),
                Phase::Charging | Phase::Full => self.measure(at, letters),
                Phase::Leaving => self.leave(at, letters),
                Phase::Gone => {}
            }
        }
    }

    /// Ends the transaction, if there is one, and leaves.
    pub fn leave_now(&mut self, at: i64, letters: &mut Vec<Letter>) {
        match self.phase {
            Phase::Charging | Phase::Full => {
                let at = self.meter.after(at);
                self.end(at, letters);
                self.leave(at, letters);
            }
            Phase::Asking | Phase::Starting | Phase::Leaving => self.leave(at, letters),
            Phase::Coming | Phase::Gone => self.phase = Phase::Gone,
        }
    }

    /// Reads the meter out of its turn; `false` when there is nothing to read.
    pub fn read_early(&mut self, at: i64, letters: &mut Vec<Letter>) -> bool {
        let charging = matches!(self.phase, Phase::Charging | Phase::Full);
        let reads = charging && self.meter.is_before(at) && at < self.ends;
        if reads {
            self.measure(at, letters);
        }
        reads
    }

    /// Whether the driver asks before anything starts.
    const fn asks(&self) -> bool {
        !matches!(self.driver.payer, Payer::LocalToken(_))
    }

    fn authorization(&self) -> String {
        format!("auth-{}", self.name)
    }

    fn transaction(&self) -> String {
        format!("tx-{}", self.name)
    }

    fn arrive(&mut self, at: i64, letters: &mut Vec<Letter>) {
        letters.push(self.status(at, "Preparing"));
        if !self.asks() {
            self.phase = Phase::Starting;
            self.due = at + self.pace.of(self.draw.between(2_000..=15_000));
            return;
        }
        let mut data = json!({ "authorization": self.authorization(), "evse": self.visit.evse });
        match &self.driver.payer {
            Payer::Card(token) => {
                data["method"] = json!({ "processor": "simulated", "token": token });
            }
            Payer::Account(account) => data["account"] = account.as_str().into(),
            Payer::Token(token) | Payer::LocalToken(token) => data["token"] = token.as_str().into(),
        }
        if let Some(minor) = self.driver.limit_minor {
            data["limit"] = json!({ "minor": minor, "currency": "EUR" });
        }
        let asked = at + self.pace.of(self.draw.between(500..=3_000));
        letters.push(self.writer.write(asked, "authorization_requested", data));
        self.phase = Phase::Asking;
        self.due = asked + PATIENCE;
        if self.answers == Answers::Foreseen && !self.driver.is_refused() {
            self.obey(Order::Allow, asked);
        }
        if self.oddity == Oddity::NeverPluggedIn {
            self.phase = Phase::Leaving;
            self.due = asked + self.pace.of(self.draw.between(60_000..=120_000));
        }
    }

    fn start(&mut self, at: i64, letters: &mut Vec<Letter>) {
        let offline = self.oddity == Oddity::OfflineStart;
        // A charger that boots offline says 0 before it has read its meter (ev-domain §2, 1).
        let shown = if offline { 0 } else { self.meter.register() };
        self.ends = self.ends.max(at + self.pace.of(2 * 60_000));
        self.meter.start(at);
        let mut data = json!({
            "evse": self.visit.evse,
            "transaction": self.transaction(),
            "sequence": self.next_sequence(),
            "meterStart": metering::watt_hours(shown),
            "state": "Charging",
        });
        match &self.driver.payer {
            Payer::LocalToken(token) => data["token"] = token.as_str().into(),
            Payer::Card(_) | Payer::Account(_) | Payer::Token(_) => {
                data["authorization"] = self.authorization().into();
            }
        }
        if offline {
            data["offline"] = true.into();
        }
        letters.push(self.writer.write(at, "session_started", data));
        letters.push(self.status(at, "Charging"));
        self.phase = Phase::Charging;
        self.due = (at + self.interval).min(self.ends);
    }

    fn measure(&mut self, at: i64, letters: &mut Vec<Letter>) {
        let power = self.meter.run(at);
        if self.oddity == Oddity::RegisterReset {
            self.meter.reset_once();
        }
        let mut data = json!({
            "evse": self.visit.evse,
            "transaction": self.transaction(),
            "sequence": self.next_sequence(),
            "samples": self.samples(at, power, "Sample.Periodic"),
        });
        if self.phase == Phase::Charging && self.meter.is_full() {
            self.phase = Phase::Full;
            data["state"] = "SuspendedEV".into();
            letters.push(self.writer.write(at, "session_updated", data));
            letters.push(self.status(at, "SuspendedEV"));
        } else {
            letters.push(self.writer.write(at, "session_updated", data));
        }
        let pause = if self.phase == Phase::Full {
            self.pace.of(900_000)
        } else {
            self.interval
        };
        self.due = (at + pause).min(self.ends);
    }

    fn end(&mut self, at: i64, letters: &mut Vec<Letter>) {
        let power = self.meter.run(at);
        let data = json!({
            "evse": self.visit.evse,
            "transaction": self.transaction(),
            "sequence": self.next_sequence(),
            "meterStop": metering::watt_hours(self.meter.register()),
            "reason": self.reason,
            "samples": self.samples(at, power, "Transaction.End"),
        });
        if self.oddity != Oddity::MissingEnd {
            letters.push(self.writer.write(at, "session_ended", data.clone()));
        }
        if self.oddity == Oddity::EndRepeated {
            letters.push(self.writer.write(at, "session_ended", data));
        }
        self.phase = Phase::Leaving;
        self.due = at + self.pace.of(self.draw.between(5_000..=60_000));
    }

    fn leave(&mut self, at: i64, letters: &mut Vec<Letter>) {
        letters.push(self.status(at, "Available"));
        self.phase = Phase::Gone;
    }

    fn next_sequence(&mut self) -> i64 {
        let sequence = self.sequence;
        self.sequence += 1;
        sequence
    }

    fn status(&mut self, at: i64, status: &str) -> Letter {
        let data = json!({ "evse": self.visit.evse, "status": status });
        self.writer.write(at, "connector_status_changed", data)
    }

    fn samples(&self, at: i64, power: i64, context: &str) -> Value {
        let time = self.writer.shown(at).to_string();
        json!([
            { "time": time, "measurand": "Energy.Active.Import.Register", "unit": "Wh",
              "value": metering::watt_hours(self.meter.register()), "context": context },
            { "time": time, "measurand": "Power.Active.Import", "unit": "W",
              "value": power.to_string(), "context": context },
        ])
    }
}
