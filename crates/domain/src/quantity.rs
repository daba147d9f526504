//! Quantities of electricity and time in their smallest units.

macro_rules! quantities {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl $name {
            /// None of it.
            pub const ZERO: Self = Self(0);

            /// The sum, or `None` past 64 bits.
            #[must_use]
            pub const fn plus(self, more: Self) -> Option<Self> {
                match self.0.checked_add(more.0) {
                    Some(sum) => Some(Self(sum)),
                    None => None,
                }
            }

            /// The difference, which may be negative, or `None` past 64 bits.
            #[must_use]
            pub const fn minus(self, less: Self) -> Option<Self> {
                match self.0.checked_sub(less.0) {
                    Some(difference) => Some(Self(difference)),
                    None => None,
                }
            }
        }
    )+};
}

quantities! {
    /// Energy in milliwatt hours (1 kWh = 1,000,000), towards the car unless said otherwise. Also
    /// the reading of an energy register.
    MilliwattHours;
    /// Power in milliwatts (11 kW = 11,000,000).
    Milliwatts;
    /// Current in milliamperes, the sum over the phases.
    Milliamperes;
    /// A span of time in milliseconds.
    Milliseconds;
}

impl Milliseconds {
    /// A span of whole seconds; `None` past 64 bits.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Option<Self> {
        match seconds.checked_mul(1_000) {
            Some(ms) => Some(Self(ms)),
            None => None,
        }
    }

    /// A span of at most a few thousand hours, for constants.
    #[must_use]
    pub const fn minutes(minutes: i32) -> Self {
        // i32 minutes times 60,000 is below 2^48.
        #[allow(clippy::arithmetic_side_effects, reason = "i32 x 60,000 fits i64")]
        #[allow(
            clippy::as_conversions,
            reason = "i32 to i64 is lossless; From is not const"
        )]
        Self(minutes as i64 * 60_000)
    }
}
