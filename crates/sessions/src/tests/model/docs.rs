//! What docs/field.md says that a story comes to.

use super::story::{Clock, End, Parked, Register, Story};
use super::telling::clock;

/// A stretch between two registers that count, with what the register rose in it.
struct Stretch {
    from: i64,
    to: i64,
    rise: i64,
}

impl Story {
    /// The decision on it, its times and its energy; `first_end` is the register of the end that came first.
    pub fn expected(&self, first_end: Option<i64>) -> String {
        let stretches = self.stretches(first_end);
        let energy: i64 = stretches.iter().map(|stretch| stretch.rise).sum();
        let ends = self.ends_at();
        let cents = self.cents(&stretches, ends);
        let (flags, held) = (self.flags(), self.held(cents));
        let later = match self.clock {
            Clock::Behind => 180,
            Clock::Right | Clock::Start1970 | Clock::All1970 => 0,
        };
        let begins = clock(self.minute(0) + later);
        let span = format!("{begins}-{}", clock(ends + later));
        if held.is_empty() {
            let (euros, cents) = (cents / 100, cents % 100);
            format!("rated {span} {energy} Wh {euros}.{cents:02} {flags:?}")
        } else {
            format!("held {held:?} {span} {energy} Wh {flags:?}")
        }
    }

    fn stretches(&self, first_end: Option<i64>) -> Vec<Stretch> {
        let last = self.last_told();
        let counted: Vec<usize> = match self.register {
            // The first reading that fits makes the base.
            Register::ZeroAtStart => (1..=last).collect(),
            // A lone total proves nothing: the first of the readings is the base.
            Register::Phases | Register::Net => (1..=last).collect(),
            Register::Dip(dip) => (0..=last).filter(|place| *place != dip).collect(),
            // What is shown before the fall does not count.
            Register::Carried => (0..=last).filter(|place| *place != 1).collect(),
            _ => (0..=last).collect(),
        };
        let mut stretches = Vec::new();
        for pair in counted.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let rise = match self.register {
                Register::WrongUnit => (self.registers[to] - self.registers[from]) / 1_000,
                Register::Reset(reset) if to == reset => 0,
                Register::Carried if from == 0 => self.registers[to] - self.registers[1],
                _ => self.registers[to] - self.registers[from],
            };
            stretches.push(Stretch {
                from: self.minute(from),
                to: self.minute(to),
                rise,
            });
        }
        let (shown, told) = (self.shown(self.last()), first_end);
        if let (Some(stretch), Some(told)) = (stretches.last_mut(), told) {
            stretch.rise += match self.register {
                Register::WrongUnitKnown => (told - shown) * 1_000,
                _ => told - shown,
            };
        }
        stretches
    }

    /// When it ends, by the charger's clock.
    fn ends_at(&self) -> i64 {
        let ends = self.minute(self.last());
        match self.end {
            End::Told | End::Conflicting => ends,
            End::Free | End::AfterFree => ends - 5,
            End::Boot | End::NextStart => {
                let last = self.minute(self.last() - 1);
                let beside = self.minute(1).min(last);
                last.max(beside)
            }
        }
    }

    /// Half a euro a kWh, 80 cents from 12:00 to 14:00 by time; 6 euros an hour of parking.
    fn cents(&self, stretches: &[Stretch], ends: i64) -> i64 {
        if self.register == Register::Blip {
            return 0;
        }
        let noon = 12 * 60;
        let (mut plain, mut dear) = (0, 0);
        for stretch in stretches {
            // An end that is told after the EVSE was free is accounted when it was free.
            let to = stretch.to.min(ends);
            let milli = stretch.rise * 1_000;
            let before = if self.by_time {
                (noon - stretch.from).clamp(0, to - stretch.from)
            } else {
                to - stretch.from
            };
            let cheap = milli * before / (to - stretch.from);
            plain += cheap;
            dear += milli - cheap;
        }
        let from = match self.parked {
            Parked::Never => ends,
            Parked::Own(from) | Parked::OwnBeside(from) | Parked::Status(from) => self.minute(from),
        };
        let parked = (ends - from).max(0);
        // Rounded once, to the nearest cent.
        (plain * 50 + dear * 80 + 500_000) / 1_000_000 + parked * 10
    }

    /// What is odd, in the order of the flags.
    fn flags(&self) -> Vec<&'static str> {
        let mut flags = Vec::new();
        match self.register {
            Register::ZeroAtStart | Register::Carried => flags.push("BaselineSuspect"),
            Register::Reset(_) => flags.push("RegisterReset"),
            Register::Dip(_) => flags.push("ReadingOutlier"),
            _ => {}
        }
        if self.clock != Clock::Right {
            flags.push("ClockSuspect");
        }
        if !self.is_told() {
            flags.push("EndInferred");
        }
        if self.end == End::Conflicting {
            flags.push("ConflictingEnd");
        }
        match self.register {
            Register::WrongUnit => flags.push("UnitSuspect"),
            Register::Relative | Register::PerSession => flags.push("RegisterRelative"),
            _ => {}
        }
        flags
    }

    /// Why it waits for a person, in the order of the reasons.
    fn held(&self, cents: i64) -> Vec<&'static str> {
        let mut held = Vec::new();
        if self.register == Register::WrongUnit {
            held.push("EnergyImplausible");
        }
        if self.end == End::Conflicting {
            held.push("ConflictingEnd");
        }
        if self.long {
            held.push("TooLong");
        }
        if cents > 30_000 {
            held.push("TooDear");
        }
        if self.by_time && self.clock != Clock::Right {
            held.push("TimesImplausible");
        }
        held
    }
}
