//! Which digits are a card's: as long as a brand's numbers, beginning like them, Luhn's check digit.

/// No card number is shorter.
pub const DIGITS_MIN: usize = 12;
/// No card number is longer (ISO/IEC 7812).
pub const DIGITS_MAX: usize = 19;

/// Whether digits are a card number.
pub fn is_card(digits: &[u8]) -> bool {
    brand(digits) && luhn(digits)
}

/// Whether digits begin and are as long as a brand's numbers.
fn brand(digits: &[u8]) -> bool {
    let first = |count: usize| {
        digits.iter().take(count).fold(0_u32, |number, digit| {
            number.saturating_mul(10).saturating_add(u32::from(*digit))
        })
    };
    let (one, two, three, four) = (first(1), first(2), first(3), first(4));
    let maestro = matches!(
        four,
        5_018 | 5_020 | 5_038 | 5_893 | 6_304 | 6_759 | 6_761 | 6_762 | 6_763
    );
    let diners = matches!(two, 36 | 38 | 39) || (300..=305).contains(&three);
    let discover = four == 6_011 || two == 65 || (644..=649).contains(&three);
    let jcb = (3_528..=3_589).contains(&four);
    let union_pay = two == 62;
    let of_16 = (51..=55).contains(&two)
        || (2_221..=2_720).contains(&four)
        || (2_200..=2_204).contains(&four)
        || matches!(two, 60 | 81 | 82)
        || matches!(three, 508)
        || matches!(four, 5_019 | 9_792);
    match digits.len() {
        12 => maestro,
        13 => one == 4 || maestro,
        14 => diners || maestro,
        15 => matches!(two, 34 | 37) || maestro,
        16 => one == 4 || of_16 || diners || discover || jcb || union_pay || maestro,
        17..=19 => one == 4 || diners || discover || jcb || union_pay || maestro,
        _ => false,
    }
}

fn luhn(digits: &[u8]) -> bool {
    let sum = digits
        .iter()
        .rev()
        .enumerate()
        .fold(0_u32, |sum, (place, digit)| {
            let value = u32::from(*digit);
            let value = if place % 2 == 1 {
                value.saturating_mul(2)
            } else {
                value
            };
            sum.saturating_add(if value > 9 {
                value.saturating_sub(9)
            } else {
                value
            })
        });
    sum % 10 == 0
}
