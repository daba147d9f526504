//! The parts of a story that are about money: asked, answered, moved, booked.

use crate::figures::{Fields, amount, local_time, plain};

/// An amount as recorded: `{"minor", "currency"}`.
pub fn amount_of(money: Fields<'_>) -> String {
    amount(money.number("minor"), money.text("currency"))
}

/// What a processor was asked.
pub fn asked(is: Fields<'_>) -> String {
    let mut facts = format!(
        "{} to {}",
        is.text("processor"),
        plain(is.text("operation"))
    );
    if is.inside("amount").0.is_object() {
        facts.push_str(&format!(" {}", amount_of(is.inside("amount"))));
    }
    facts.push_str(&format!(
        " ({} operation {}",
        is.text("payment"),
        is.number("op")
    ));
    if is.number("attempt") > 1 {
        facts.push_str(&format!(", attempt {}", is.number("attempt")));
    }
    facts.push(')');
    facts
}

/// What a processor answered.
pub fn answered(is: Fields<'_>, zone: &str) -> String {
    let result = is.inside("result");
    let mut facts = plain(result.text("is"));
    for name in ["held", "captured", "refunded", "charged", "amount"] {
        if result.inside(name).0.is_object() {
            facts.push_str(&format!(" {}", amount_of(result.inside(name))));
        }
    }
    if let Some(until) = result.stated_number("capture_before") {
        facts.push_str(&format!(
            ", to be captured before {}",
            local_time(until, zone)
        ));
    }
    if result.inside("released").number("minor") != 0 {
        facts.push_str(&format!(
            ", released {}",
            amount_of(result.inside("released"))
        ));
    }
    for name in ["code", "detail", "dispute"] {
        if let Some(text) = result.stated(name) {
            facts.push_str(&format!(": {text}"));
        }
    }
    if is.text("via") == "webhook" {
        facts.push_str(", by webhook");
    }
    format!(
        "{facts} ({} operation {})",
        is.text("payment"),
        is.number("op")
    )
}

/// A movement of money.
pub fn moved(is: Fields<'_>) -> String {
    format!(
        "{} {} at {} ({})",
        plain(is.text("movement")),
        is.amount("amount", "currency"),
        is.text("processor"),
        is.text("payment")
    )
}

/// A journal entry with its postings.
pub fn booked(is: Fields<'_>) -> String {
    let mut lines = vec![format!(
        "entry {} of book {}, for {}",
        is.number("sequence"),
        is.text("book"),
        plain(is.text("cause"))
    )];
    for posting in is.items("postings").iter().map(Fields) {
        lines.push(format!(
            "  {:<6} {} {}",
            posting.text("side"),
            posting.text("ledger"),
            posting.amount("amount", "currency")
        ));
    }
    lines.join("\n")
}
