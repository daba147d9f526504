//! What was odd about a session, small.

use wattledger_domain::session::SessionFlag;

/// What was odd, a bit for each flag in order of the enum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u16);

impl Flags {
    const ALL: [SessionFlag; 12] = [
        SessionFlag::BaselineSuspect,
        SessionFlag::RegisterReset,
        SessionFlag::ReadingOutlier,
        SessionFlag::PowerImplausible,
        SessionFlag::ClockSuspect,
        SessionFlag::EndInferred,
        SessionFlag::ConflictingEnd,
        SessionFlag::LateEvents,
        SessionFlag::Interpolated,
        SessionFlag::OverranLimit,
        SessionFlag::UnitSuspect,
        SessionFlag::RegisterRelative,
    ];

    const fn bit(flag: SessionFlag) -> u16 {
        match flag {
            SessionFlag::BaselineSuspect => 1,
            SessionFlag::RegisterReset => 2,
            SessionFlag::ReadingOutlier => 4,
            SessionFlag::PowerImplausible => 8,
            SessionFlag::ClockSuspect => 16,
            SessionFlag::EndInferred => 32,
            SessionFlag::ConflictingEnd => 64,
            SessionFlag::LateEvents => 128,
            SessionFlag::Interpolated => 256,
            SessionFlag::OverranLimit => 512,
            SessionFlag::UnitSuspect => 1_024,
            SessionFlag::RegisterRelative => 2_048,
        }
    }

    /// Raises one.
    pub const fn raise(&mut self, flag: SessionFlag) {
        self.0 |= Self::bit(flag);
    }

    /// Whether one is raised.
    #[must_use]
    pub const fn has(self, flag: SessionFlag) -> bool {
        self.0 & Self::bit(flag) != 0
    }

    /// Those of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// In order of the enum.
    #[must_use]
    pub fn list(self) -> Vec<SessionFlag> {
        Self::ALL
            .into_iter()
            .filter(|flag| self.has(*flag))
            .collect()
    }
}
