//! Decimal numbers as JSON writes them, exactly.
//!
//! Invariant: no number passes through binary floating point.

/// Digits that are read; what comes after them is less than 10^-30 of the number.
const DIGITS_MAX: u32 = 30;

/// Exponents beyond this are no quantity of anything.
const EXPONENT_MAX: i32 = 60;

/// `mantissa × 10^exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    mantissa: i128,
    exponent: i32,
}

impl Number {
    /// Reads `[-+]digits[.digits][e[-+]digits]`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_short(text).or_else(|| Self::parse_any(text))
    }

    /// Digits with or without a point, at most 18 of them: nearly all there are.
    fn parse_short(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (negative, digits) = match bytes.split_first()? {
            (b'-', digits) => (true, digits),
            _ => (false, bytes),
        };
        if digits.len() > 19 {
            return None;
        }
        let (mut mantissa, mut read, mut after_point) = (0_i64, 0_i32, None);
        for byte in digits {
            match byte {
                b'0'..=b'9' => {
                    mantissa = mantissa.wrapping_mul(10).wrapping_add(i64::from(byte & 15));
                    read = read.wrapping_add(1);
                }
                b'.' if after_point.is_none() => after_point = Some(read),
                _ => return None,
            }
        }
        if !(1..=18).contains(&read) {
            return None;
        }
        let mantissa = if negative {
            mantissa.wrapping_neg()
        } else {
            mantissa
        };
        Some(Self {
            mantissa: i128::from(mantissa),
            exponent: after_point.map_or(0, |point| point.wrapping_sub(read)),
        })
    }

    fn parse_any(text: &str) -> Option<Self> {
        let (number, exponent) = match text.find(['e', 'E']) {
            Some(place) => {
                let (number, exponent) = text.split_at_checked(place)?;
                (number, exponent.get(1..)?.parse::<i32>().ok()?)
            }
            None => (text, 0),
        };
        if exponent.saturating_abs() > EXPONENT_MAX {
            return None;
        }
        let (negative, digits) = match number.as_bytes().first()? {
            b'-' => (true, number.get(1..)?),
            b'+' => (false, number.get(1..)?),
            _ => (false, number),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mut read = Self {
            mantissa: 0,
            exponent,
        };
        let mut significant: u32 = 0;
        for digit in whole.bytes() {
            read.push(digit, &mut significant, false)?;
        }
        for digit in fraction.bytes() {
            read.push(digit, &mut significant, true)?;
        }
        if negative {
            read.mantissa = read.mantissa.checked_neg()?;
        }
        Some(read)
    }

    fn push(&mut self, digit: u8, significant: &mut u32, after_point: bool) -> Option<()> {
        if !digit.is_ascii_digit() {
            return None;
        }
        if *significant >= DIGITS_MAX {
            // Digits past the last one that counts: only their places matter.
            if !after_point {
                self.exponent = self.exponent.checked_add(1)?;
            }
            return Some(());
        }
        let digit = i128::from(digit.saturating_sub(b'0'));
        self.mantissa = self.mantissa.checked_mul(10)?.checked_add(digit)?;
        if self.mantissa != 0 {
            *significant = significant.saturating_add(1);
        }
        if after_point {
            self.exponent = self.exponent.checked_sub(1)?;
        }
        Some(())
    }

    /// `number × factor` in units of 10^-places, rounded half away from zero; `None` past 64 bits.
    pub fn scaled(self, factor: i128, places: u32) -> Option<i64> {
        self.scaled_narrow(factor, places)
            .or_else(|| self.scaled_wide(factor, places))
    }

    /// The same where all of it fits 64 bits, which are several times quicker to divide.
    fn scaled_narrow(self, factor: i128, places: u32) -> Option<i64> {
        let mantissa = i64::try_from(self.mantissa).ok()?;
        let product = mantissa.checked_mul(i64::try_from(factor).ok()?)?;
        let exponent = self.exponent.checked_add(i32::try_from(places).ok()?)?;
        let power = 10_i64.checked_pow(exponent.unsigned_abs())?;
        if exponent >= 0 {
            return product.checked_mul(power);
        }
        // Half of a power of ten is whole.
        let half = power.checked_div(2)?;
        let away = if product < 0 {
            half.checked_neg()?
        } else {
            half
        };
        product.checked_add(away)?.checked_div(power)
    }

    fn scaled_wide(self, factor: i128, places: u32) -> Option<i64> {
        let product = self.mantissa.checked_mul(factor)?;
        if product == 0 {
            return Some(0);
        }
        let exponent = self.exponent.checked_add(i32::try_from(places).ok()?)?;
        let power = |exponent: u32| 10_i128.checked_pow(exponent);
        if exponent >= 0 {
            let scaled = product.checked_mul(power(exponent.unsigned_abs())?)?;
            return i64::try_from(scaled).ok();
        }
        // A divisor past 128 bits is more than twice any product.
        let Some(divisor) = power(exponent.unsigned_abs()) else {
            return Some(0);
        };
        let half = divisor.checked_div(2)?;
        let magnitude = product.checked_abs()?.checked_add(half)?;
        let rounded = i64::try_from(magnitude.checked_div(divisor)?).ok()?;
        rounded.checked_mul(i64::try_from(product.signum()).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, places: u32, expect: Option<i64>) {
        let read = Number::parse(text).and_then(|number| number.scaled(1, places));
        assert_eq!(read, expect, "{text}");
    }

    #[test]
    fn numbers_are_read_exactly_and_rounded_half_away_from_zero() {
        check("0.25", 8, Some(25_000_000));
        check("-1.5", 0, Some(-2));
        check("1.4999999999999999999999999999999999999999", 0, Some(1));
        check("2.5", 0, Some(3));
        check("12e2", 0, Some(1_200));
        check("1.2E-3", 6, Some(1_200));
        check("+7", 0, Some(7));
        check(
            "0.000000000000000000000000000000000000000000000001",
            6,
            Some(0),
        );
        check(
            "00000000000000000000000000000000000000000001.5",
            1,
            Some(15),
        );
        check("9223372036854775807", 0, Some(i64::MAX));
        check("9223372036854775808", 0, None);
        check("1e60", 0, None);
    }

    #[test]
    fn a_short_number_reads_as_a_long_one_does() {
        let texts = [
            "0",
            "-0",
            "0.0",
            "1",
            "12.5",
            "-3.14",
            ".5",
            "5.",
            "00.10",
            "999999999999999999",
            "-999999999999999999",
            "0.000000000000000001",
            "1234567890123456789",
            "123456789.0123456789",
            "1..2",
            "--1",
            "-",
            ".",
            "1e3",
            "+1",
            "",
            "1a",
        ];
        for text in texts {
            if let Some(read) = Number::parse_short(text) {
                assert_eq!(Some(read), Number::parse_any(text), "{text}");
            }
        }
        assert!(Number::parse_short("123456789.123456789").is_some());
        assert_eq!(Number::parse_short("123456789.0123456789"), None);
    }

    #[test]
    fn what_fits_64_bits_is_rounded_as_what_does_not() {
        for digits in [
            "0",
            "1",
            "-1",
            "4",
            "5",
            "-5",
            "14",
            "15",
            "-15",
            "149",
            "150",
            "-149",
            "922337203685477580",
        ] {
            for fraction in ["", ".4", ".5", ".49", ".50", ".51", ".499999", ".000005"] {
                let number = Number::parse(&format!("{digits}{fraction}")).unwrap();
                for (factor, places) in [(1, 0), (1, 1), (1, 3), (1, 8), (3_600_000, 0), (1, 18)] {
                    if let Some(scaled) = number.scaled_narrow(factor, places) {
                        let expect = number.scaled_wide(factor, places);
                        assert_eq!(Some(scaled), expect, "{digits}{fraction} {factor} {places}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "-",
            ".",
            "1.2.3",
            "1e",
            "0x10",
            "NaN",
            "1_000",
            "1e99999999999",
            "é",
        ] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_hour_is_its_milliseconds() {
        let hours = |text| Number::parse(text).unwrap().scaled(3_600_000, 0);
        assert_eq!(hours("0.4167"), Some(1_500_120));
        assert_eq!(hours("0.33333333"), Some(1_200_000));
    }
}
