//! A session as it was, and what goes wrong when it is told: rows of docs/field.md, many at once.

/// Chance from a seed.
pub struct Draw(u64);

impl Draw {
    pub fn of(seed: u64) -> Self {
        let mut draw = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        draw.below(2);
        draw
    }

    pub fn below(&mut self, bound: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        i64::try_from(self.0 >> 33).unwrap() % bound
    }

    pub fn place(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(i64::try_from(bound).unwrap())).unwrap()
    }

    pub fn one_in(&mut self, bound: i64) -> bool {
        self.below(bound) == 0
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.place(of.len())]
    }
}

/// What the register does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// As it should.
    Right,
    /// 1: the start says 0.
    ZeroAtStart,
    /// 11: kWh called Wh, beside a power in W.
    WrongUnit,
    /// 11: the same, and a profile of the model knows it.
    WrongUnitKnown,
    /// 12: readings count from the start.
    Relative,
    /// 12: the same in all that is told, and a profile of the model knows it.
    PerSession,
    /// 13: it begins again from 0 at a reading.
    Reset(usize),
    /// 13: one reading is 0.
    Dip(usize),
    /// 13: it passes its modulus, which a profile of the model knows.
    Rollover(usize),
    /// 15: it shows the session before, then counts from 0.
    Carried,
    /// 18: only phases.
    Phases,
    /// 18: only intervals.
    Intervals,
    /// 18: only net.
    Net,
    /// 25: it never moves, and the car leaves within a minute.
    Blip,
}

/// The charger's transaction id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id {
    Right,
    /// 6: one that means nothing.
    Unknown(&'static str),
    /// 8: the start is told again with another.
    Renamed,
    /// 9: another session at EVSE 2 has the same.
    Colliding,
}

/// The charger's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    Right,
    /// 10: it stands in 1970 at the start.
    Start1970,
    /// 10: it stands in 1970 all along.
    All1970,
    /// 10: it is three hours behind.
    Behind,
}

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Told,
    /// 4: twice, with another register.
    Conflicting,
    /// 16: only a boot.
    Boot,
    /// 16: only a free EVSE.
    Free,
    /// 16: only the next start.
    NextStart,
    /// 19: told five minutes after the EVSE was free.
    AfterFree,
}

/// When the car asks for no more power, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parked {
    /// 25: nobody says when charging ended.
    Never,
    /// The transaction, at a reading.
    Own(usize),
    /// The transaction; 23: the connector said so at the reading before, and is not asked.
    OwnBeside(usize),
    /// The connector alone.
    Status(usize),
}

/// A session.
#[derive(Clone, Debug)]
pub struct Story {
    /// The true register at the start and after each 10 minutes, Wh; the last is the end.
    pub registers: Vec<i64>,
    pub register: Register,
    pub id: Id,
    pub clock: Clock,
    pub end: End,
    pub parked: Parked,
    /// 2: readings without energy come in between.
    pub no_energy: bool,
    /// 3: readings name no transaction.
    pub unnamed: bool,
    /// 7: an end that nobody knows comes, too.
    pub orphan: bool,
    /// 14: the next session begins with a register that leaks back.
    pub leak: bool,
    /// 17: a reading comes after the end.
    pub closing: bool,
    /// 20: energy is dearer from 12:00 to 14:00, and no reading is at 12:00.
    pub by_time: bool,
    /// 21: the car leaves two days later.
    pub long: bool,
    /// 22: another card ends it.
    pub other_card: bool,
}

impl Story {
    pub fn draw(draw: &mut Draw) -> Self {
        let count = 4 + draw.place(6);
        // Neither the first nor the last two, so that a reading on each side confirms.
        let place = 2 + draw.place(count - 3);
        let register = draw.pick(&[
            Register::Right,
            Register::Right,
            Register::ZeroAtStart,
            Register::WrongUnit,
            Register::WrongUnitKnown,
            Register::Relative,
            Register::PerSession,
            Register::Reset(place),
            Register::Dip(place),
            Register::Rollover(place),
            Register::Carried,
            Register::Phases,
            Register::Intervals,
            Register::Net,
            Register::Blip,
        ]);
        let id = match draw.below(8) {
            0 => Id::Unknown(draw.pick(&["-1", "0", "9223372036854775807"])),
            1 => Id::Renamed,
            2 => Id::Colliding,
            _ => Id::Right,
        };
        let clock = match draw.below(8) {
            0 => Clock::Start1970,
            1 => Clock::All1970,
            2 => Clock::Behind,
            _ => Clock::Right,
        };
        let end = match draw.below(10) {
            0 => End::Conflicting,
            1 => End::Boot,
            2 => End::Free,
            3 => End::NextStart,
            4 => End::AfterFree,
            _ => End::Told,
        };
        let parked = match draw.below(6) {
            0 => Parked::Own(place - 1),
            1 => Parked::OwnBeside(place - 1),
            2 => Parked::Status(place - 1),
            _ => Parked::Never,
        };
        let mut story = Self {
            registers: registers(draw, register, count),
            register,
            id,
            clock,
            end,
            parked,
            no_energy: draw.one_in(4),
            unnamed: draw.one_in(4),
            orphan: draw.one_in(8),
            leak: draw.one_in(4),
            closing: draw.one_in(4),
            by_time: draw.one_in(4),
            long: draw.one_in(16),
            other_card: draw.one_in(4),
        };
        story.agree();
        story
    }

    /// Takes back what cannot be at once: a story tells what its rows say, and no more.
    fn agree(&mut self) {
        if self.register == Register::Blip {
            (self.end, self.parked) = (End::Told, Parked::Never);
            (self.long, self.closing) = (false, false);
            // A minute tells no clock that is behind.
            self.clock = match self.clock {
                Clock::Behind => Clock::Right,
                other => other,
            };
        }
        // Without a register at its end, what comes within 5 minutes belongs to it.
        self.closing &= self.tells_totals() && self.is_told();
        self.long &= self.end == End::Told && !self.by_time;
        self.leak &= self.end == End::Told && !self.long && self.clock == Clock::Right;
        self.leak &= !matches!(
            self.register,
            Register::WrongUnitKnown | Register::PerSession
        );
        // The token that ends it says which session it is.
        self.other_card &= matches!(self.id, Id::Right | Id::Renamed);
        if !self.tells_totals() && self.end == End::Conflicting {
            self.end = End::Told;
        }
        // Nothing flows once the EVSE is free.
        if self.end == End::AfterFree && self.register != Register::WrongUnit {
            let last = self.last();
            let rise = self.registers[last] - self.registers[last - 1];
            self.registers[last] -= rise % 1_000;
            self.registers[last] -= if rise < 1_000 {
                0
            } else {
                rise / 1_000 * 1_000 - 1_000
            };
        }
    }

    /// Whether start and end tell the total register.
    pub fn tells_totals(&self) -> bool {
        !matches!(
            self.register,
            Register::Phases | Register::Intervals | Register::Net
        )
    }

    /// Whether the charger tells an end.
    pub fn is_told(&self) -> bool {
        matches!(self.end, End::Told | End::Conflicting | End::AfterFree)
    }

    pub fn last(&self) -> usize {
        self.registers.len() - 1
    }

    /// The place of the last register that is told.
    pub fn last_told(&self) -> usize {
        if self.is_told() && self.tells_totals() {
            self.last()
        } else {
            self.last() - 1
        }
    }

    /// Minutes since midnight of a place.
    pub fn minute(&self, place: usize) -> i64 {
        let begins = if self.by_time { 11 * 60 + 32 } else { 8 * 60 };
        if self.register == Register::Blip {
            return begins + i64::try_from(place).unwrap();
        }
        let away = if self.long && place == self.last() {
            50 * 60
        } else {
            0
        };
        begins + i64::try_from(place).unwrap() * 10 + away
    }
}

fn registers(draw: &mut Draw, register: Register, count: usize) -> Vec<i64> {
    if register == Register::Blip {
        let stands = 50_000 + draw.below(900_000);
        return vec![stands; 2];
    }
    let mut registers = vec![(50 + draw.below(900)) * 1_000];
    for _ in 0..count {
        let last = *registers.last().unwrap();
        let rise = match register {
            Register::WrongUnit => 1_000 * (1 + draw.below(2)),
            Register::WrongUnitKnown => 1_000 * draw.below(2),
            _ => 1 + draw.below(1_899),
        };
        registers.push(last + rise);
    }
    registers
}
