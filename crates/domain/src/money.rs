//! Money: minor units and a currency, checked at run time.
//!
//! Invariant: two currencies never mix, and no sum wraps or saturates.

mod iso_4217;

use std::fmt;

/// An ISO 4217 alphabetic currency code, such as `EUR`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Euro.
    pub const EUR: Self = Self(*b"EUR");

    /// Reads a code of ISO 4217 in capital letters: what comes from outside.
    ///
    /// # Errors
    /// [`MoneyError::UnknownCurrency`] for any other text: how many decimals would its money have?
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        let read = Self::recorded(code)?;
        if read.is_known() {
            Ok(read)
        } else {
            Err(MoneyError::UnknownCurrency(code.to_owned()))
        }
    }

    /// Reads any three capital letters: what was taken once reads for ever.
    ///
    /// # Errors
    /// [`MoneyError::UnknownCurrency`] when the text is not three letters `A`–`Z`.
    pub fn recorded(code: &str) -> Result<Self, MoneyError> {
        match *code.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(MoneyError::UnknownCurrency(code.to_owned())),
        }
    }

    /// Whether ISO 4217 knows it.
    #[must_use]
    pub fn is_known(&self) -> bool {
        iso_4217::KNOWN.binary_search(&self.0).is_ok()
    }

    /// The three letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Decimal places of the minor unit by ISO 4217: EUR 2, JPY 0, KWD 3.
    #[must_use]
    pub const fn minor_places(&self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }

    /// Minor units in one whole unit: 100 for EUR, 1 for JPY, 1,000 for KWD.
    #[must_use]
    pub const fn minor_per_unit(&self) -> i64 {
        match self.minor_places() {
            0 => 1,
            3 => 1_000,
            4 => 10_000,
            _ => 100,
        }
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount in minor units of its currency (EUR 12.34 is 1234). May be negative.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// Minor units: cents for EUR, yen for JPY, fils for KWD.
    pub minor: i64,
    /// The currency that the minor units count.
    pub currency: Currency,
}

impl Money {
    /// An amount of `minor` units.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in this currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::Mixed`] for two currencies, [`MoneyError::Overflow`] past 64 bits.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self
            .minor
            .checked_add(other.minor)
            .ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The difference.
    ///
    /// # Errors
    /// As [`Money::plus`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self
            .minor
            .checked_sub(other.minor)
            .ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The same amount with the other sign.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] for the one value that has no counterpart.
    pub fn negated(self) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_neg().ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The smaller of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::Mixed`] for two currencies.
    pub fn at_most(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Ok(if other.minor < self.minor {
            other
        } else {
            self
        })
    }

    /// Whether nothing is owed either way.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        self.minor == 0
    }

    /// Whether the amount is above zero.
    #[must_use]
    pub const fn is_positive(&self) -> bool {
        self.minor > 0
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::Mixed(self.currency, other.currency))
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_unit = self.currency.minor_per_unit().unsigned_abs();
        let places = usize::try_from(self.currency.minor_places()).unwrap_or(2);
        let magnitude = self.minor.unsigned_abs();
        let sign = if self.minor < 0 { "-" } else { "" };
        let whole = magnitude.checked_div(per_unit).unwrap_or(magnitude);
        let rest = magnitude.checked_rem(per_unit).unwrap_or(0);
        if places == 0 {
            write!(f, "{sign}{whole} {}", self.currency)
        } else {
            write!(f, "{sign}{whole}.{rest:0places$} {}", self.currency)
        }
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why an amount could not be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two currencies met in one sum.
    #[error("{0} and {1} cannot be added")]
    Mixed(Currency, Currency),
    /// The result does not fit 64 bits of minor units.
    #[error("amount does not fit 64 bits of minor units")]
    Overflow,
    /// Not an ISO 4217 code.
    #[error("`{0}` is no currency of ISO 4217")]
    UnknownCurrency(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(minor: i64, code: &str, expect: &str) {
        let currency = Currency::parse(code).unwrap();
        assert_eq!(Money::new(minor, currency).to_string(), expect);
    }

    #[test]
    fn amounts_read_with_the_places_of_their_currency() {
        check(1998, "EUR", "19.98 EUR");
        check(-5, "EUR", "-0.05 EUR");
        check(29, "JPY", "29 JPY");
        check(1234, "KWD", "1.234 KWD");
        check(i64::MIN, "JPY", "-9223372036854775808 JPY");
    }

    #[test]
    fn two_currencies_never_add() {
        let yen = Currency::parse("JPY").unwrap();
        let sum = Money::new(1, Currency::EUR).plus(Money::new(1, yen));
        assert_eq!(sum, Err(MoneyError::Mixed(Currency::EUR, yen)));
    }

    #[test]
    fn a_sum_past_64_bits_is_an_error_not_a_wrap() {
        let most = Money::new(i64::MAX, Currency::EUR);
        assert_eq!(
            most.plus(Money::new(1, Currency::EUR)),
            Err(MoneyError::Overflow)
        );
        assert_eq!(
            Money::new(i64::MIN, Currency::EUR).negated(),
            Err(MoneyError::Overflow)
        );
    }

    #[test]
    fn a_code_is_three_capital_letters() {
        for bad in ["eur", "EU", "EURO", "E1R", ""] {
            assert!(Currency::parse(bad).is_err(), "{bad}");
            assert!(Currency::recorded(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_code_that_iso_4217_does_not_know_is_read_only_where_it_was_taken_before() {
        for code in ["QQQ", "ABC", "XXX", "XTS", "XAU"] {
            let fault = Currency::parse(code).unwrap_err().to_string();
            assert_eq!(fault, format!("`{code}` is no currency of ISO 4217"));
            assert!(Currency::recorded(code).is_ok_and(|read| !read.is_known()));
        }
        assert!(iso_4217::KNOWN.is_sorted());
        let known = iso_4217::KNOWN.iter().map(|letters| Currency(*letters));
        for currency in known {
            assert_eq!(Currency::parse(currency.code()), Ok(currency));
        }
        // Every one whose places are not two is a currency.
        for code in ["BIF", "KWD", "CLF", "UYW", "XPF", "TND", "UYI"] {
            assert!(Currency::parse(code).is_ok(), "{code}");
        }
    }
}
