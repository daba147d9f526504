//! What a charger tells of a story, line by line.

use super::story::{Clock, Draw, End, Id, Parked, Register, Story};
use std::fmt::Write as _;

/// A register begins again here, Wh.
pub const MODULUS: i64 = 10_000_000;
/// What the session before ended with, Wh.
const BEFORE: i64 = 40_000;

impl Story {
    /// What the register shows at a place.
    pub fn shown(&self, place: usize) -> i64 {
        let (at, begins) = (self.registers[place], self.registers[0]);
        match self.register {
            Register::ZeroAtStart if place == 0 => 0,
            Register::WrongUnit => begins + (at - begins) / 1_000,
            Register::WrongUnitKnown => at / 1_000,
            Register::Relative if place != 0 && place != self.last() => at - begins,
            Register::PerSession if place != 0 => at - begins,
            Register::Dip(dip) if place == dip => 0,
            Register::Reset(reset) if place >= reset => at - self.registers[reset],
            Register::Rollover(turn) => {
                // It stands at its modulus just before this place.
                let before = self.registers[turn] - 1;
                (at - before + MODULUS).rem_euclid(MODULUS)
            }
            Register::Carried => match place {
                0 => 0,
                1 => BEFORE,
                _ => at - self.registers[1],
            },
            _ => at,
        }
    }

    /// The registers of the session at the other EVSE: 1,000 Wh, as the model tells it.
    const fn beside(&self) -> (i64, i64) {
        match self.register {
            Register::WrongUnitKnown => (500, 501),
            Register::PerSession => (0, 1_000),
            _ => (500, 1_500),
        }
    }

    fn transaction(&self, place: usize) -> &'static str {
        match self.id {
            Id::Unknown(id) => id,
            Id::Renamed if place % 2 == 1 => "8",
            Id::Renamed | Id::Right | Id::Colliding => "7",
        }
    }

    /// A line at a minute, on the charger's clock.
    fn line(&self, minute: i64, rest: &str) -> String {
        let (at, mark) = (clock(minute), self.mark());
        match self.clock {
            Clock::Behind => format!("{at} {rest} received={}", clock(minute + 180)),
            Clock::All1970 | Clock::Start1970 | Clock::Right => format!("{at}{mark} {rest}"),
        }
    }

    const fn mark(&self) -> &'static str {
        match self.clock {
            Clock::All1970 => "!",
            Clock::Start1970 | Clock::Right | Clock::Behind => "",
        }
    }

    /// What was told before, in order.
    pub fn before(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.register == Register::Carried {
            lines.push("01:00 start evse=1 tx=5 token=zoe meter=0".to_owned());
            lines.push(format!("07:00 end evse=1 tx=5 meter={BEFORE}"));
        }
        if self.id == Id::Colliding {
            let (from, _) = self.beside();
            lines.push(format!("07:50 start evse=2 tx=7 token=bob meter={from}"));
            // The charger's id is looked up among sessions that have begun.
            lines.push(self.start(""));
        }
        lines
    }

    /// What comes after, in order.
    pub fn after(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.id == Id::Colliding {
            let (_, to) = self.beside();
            lines.push(format!("14:00 end evse=2 tx=7 meter={to}"));
        }
        if self.leak {
            let begins = 2_000_000;
            lines.push(format!(
                "15:00 start evse=1 tx=9 token=eve meter={}",
                begins + 4
            ));
            lines.push(format!("15:10 read evse=1 tx=9 total={begins}"));
            lines.push(format!("16:00 end evse=1 tx=9 meter={}", begins + 4_000));
        }
        lines
    }

    fn start(&self, other: &str) -> String {
        let id = if other.is_empty() {
            self.transaction(0)
        } else {
            other
        };
        let mut rest = format!("start evse=1 tx={id} token=alice");
        if self.tells_totals() {
            write!(rest, " meter={}", self.shown(0)).unwrap();
        }
        let line = self.line(self.minute(0), &rest);
        match self.clock {
            Clock::Start1970 => line.replacen(' ', "! ", 1),
            Clock::All1970 | Clock::Right | Clock::Behind => line,
        }
    }

    /// What the charger tells, in order.
    pub fn told(&self) -> Vec<String> {
        let mut lines = vec![self.start("")];
        if self.id == Id::Renamed {
            lines.push(self.start("8"));
        }
        if matches!(
            self.register,
            Register::WrongUnitKnown | Register::PerSession | Register::Rollover(_)
        ) {
            lines.push("07:00 boot vendor=Acme model=Wall firmware=1.2".to_owned());
        }
        for place in 1..self.last() {
            lines.push(self.line(self.minute(place), &self.reading(place)));
            if self.no_energy {
                let rest = format!("read evse=1 tx={} soc={place}", self.transaction(place));
                lines.push(self.line(self.minute(place), &rest));
            }
        }
        if let Some(line) = self.connector() {
            lines.push(line);
        }
        lines.extend(self.ends());
        if self.orphan {
            lines.push(self.line(self.minute(1), "end tx=999 meter=77"));
        }
        lines
    }

    fn reading(&self, place: usize) -> String {
        let value = self.shown(place);
        let mut rest = "read evse=1".to_owned();
        match self.register {
            Register::Phases => {
                let third = value / 3;
                let rest_of_it = value - 2 * third;
                write!(rest, " l1={third} l2={third} l3={rest_of_it}").unwrap();
            }
            Register::Intervals => {
                let rise = self.registers[place] - self.registers[place - 1];
                write!(rest, " interval={rise}").unwrap();
            }
            Register::Net => write!(rest, " net={value}").unwrap(),
            Register::WrongUnit => {
                let rise = self.registers[place] - self.registers[place - 1];
                write!(rest, " total={value} watts={}", rise * 6).unwrap();
            }
            _ => write!(rest, " total={value}").unwrap(),
        }
        if matches!(self.parked, Parked::Own(from) | Parked::OwnBeside(from) if from == place) {
            rest.push_str(" state=parked");
        }
        if !self.unnamed {
            write!(rest, " tx={}", self.transaction(place)).unwrap();
        }
        rest
    }

    /// What the connector says of parking.
    fn connector(&self) -> Option<String> {
        let place = match self.parked {
            Parked::Status(from) => from,
            Parked::OwnBeside(from) => from - 1,
            Parked::Never | Parked::Own(_) => return None,
        };
        // A moment after the start at the earliest.
        let minute = self.minute(place).max(self.minute(0) + 1);
        Some(self.line(minute, "status is=parked"))
    }

    fn ends(&self) -> Vec<String> {
        let ends = self.minute(self.last());
        let shown = self.shown(self.last());
        let free = self.line(ends - 5, "status is=available");
        match self.end {
            End::Told => self.reported(ends, shown),
            End::Conflicting => {
                let mut lines = self.reported(ends, shown);
                let more = match self.register {
                    Register::WrongUnit | Register::WrongUnitKnown => 1,
                    _ => 100,
                };
                lines.insert(0, self.reported(ends, shown + more).swap_remove(0));
                lines
            }
            End::Boot => vec![self.line(ends, "boot")],
            End::Free => vec![free],
            End::NextStart => {
                let next = "start evse=1 tx=70 token=next meter=3000000";
                vec![self.line(ends, next)]
            }
            End::AfterFree => {
                let mut lines = self.reported(ends, shown);
                lines.push(free);
                lines
            }
        }
    }

    fn reported(&self, ends: i64, shown: i64) -> Vec<String> {
        let mut rest = format!("end tx={}", self.transaction(self.last()));
        if self.tells_totals() {
            write!(rest, " meter={shown}").unwrap();
        }
        match self.id {
            Id::Unknown(_) | Id::Colliding => rest.push_str(" token=alice"),
            Id::Right | Id::Renamed if self.other_card => rest.push_str(" token=bob"),
            Id::Right | Id::Renamed => {}
        }
        let mut lines = vec![self.line(ends, &rest)];
        if self.closing {
            let id = self.transaction(0);
            let rest = format!("read evse=1 tx={id} total={}", shown + 5);
            lines.push(self.line(ends + 1, &rest));
        }
        lines
    }

    /// The lines in some order, some of them twice (5, 8).
    pub fn mixed(&self, draw: &mut Draw) -> Vec<String> {
        let mut lines = self.told();
        for _ in 0..draw.below(4) {
            lines.push(lines[draw.place(lines.len())].clone());
        }
        for place in (1..lines.len()).rev() {
            lines.swap(place, draw.place(place + 1));
        }
        // A connector's status is the station's: of those told before a start, the newest is kept.
        let freed = matches!(self.end, End::Free | End::AfterFree);
        if freed && matches!(self.parked, Parked::Status(_)) {
            lines.sort_by_key(|line| !(line.contains(" start ") && line.contains("token=alice")));
        }
        lines
    }
}

/// Minutes since midnight as the world reads them.
pub fn clock(minute: i64) -> String {
    let (day, minute) = (minute / 1_440, minute % 1_440);
    let ahead = if day == 0 {
        String::new()
    } else {
        format!("+{day}d")
    };
    format!("{ahead}{:02}:{:02}", minute / 60, minute % 60)
}
