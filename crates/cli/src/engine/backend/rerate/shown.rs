//! A session that was priced again, as JSON.

use serde_json::{Value, json};
use wattledger_domain::money::Money;
use wattledger_domain::session::HoldReason;
use wattledger_engine::rerating::{Already, RerateRow};
use wattledger_sessions::rerating::{Basis, Rerated};

/// Amounts are minor units, before benefits of the account's.
pub(super) fn row(row: &RerateRow) -> Value {
    let RerateRow {
        rated,
        standing,
        rerated,
        cannot,
        already,
    } = row;
    let pins = &rated.pins;
    let mut shown = json!({
        "session": rated.session.as_str(),
        "version": rated.version,
        "station": pins.station.id.as_str(),
        "site": pins.site.id.as_str(),
        "time_zone": &*pins.time_zone,
        "ended_at": rated.ended_at.0,
        "energy": rated.energy.0,
        "tariff": pins.tariff.id.as_str(),
        "tariff_version": pins.tariff.version,
        "currency": rated.priced.currency.code(),
        "invoice": standing.invoice,
        "already": *already == Already::Yes,
        "cannot": cannot,
    });
    match rerated {
        Err(_) => shown["state"] = "not_priced".into(),
        Ok(rerated) => amounts(row, rerated, &mut shown),
    }
    shown
}

fn amounts(row: &RerateRow, rerated: &Rerated, shown: &mut Value) {
    let Rerated {
        billed,
        would_be,
        basis,
        held,
    } = rerated;
    let mut put = |name: &str, amount: Money| shown[name] = amount.minor.into();
    put("billed_net", billed.net);
    put("billed_gross", billed.gross);
    put("would_be_net", would_be.net);
    put("would_be_gross", would_be.gross);
    if let Ok((net, gross)) = rerated.difference() {
        put("difference_net", net);
        put("difference_gross", gross);
        let state = match (gross.minor.signum(), net.minor.signum()) {
            (1, _) | (0, 1) => "dearer",
            (-1, _) | (0, -1) => "cheaper",
            _ if rerated.is_unchanged() => "unchanged",
            _ => "other_tax",
        };
        shown["state"] = state.into();
    }
    let mut notes: Vec<String> = Vec::new();
    notes.extend(match basis {
        Basis::Exact => None,
        Basis::Waived => Some("waived by a person: it costs nothing".to_owned()),
        Basis::Thinned => Some("estimated: not all of its periods were kept".to_owned()),
        Basis::Clock => Some("estimated: its clock was not believed".to_owned()),
        Basis::Otherwise => {
            Some("estimated: its own tariff does not give what was billed".to_owned())
        }
    });
    if !held.is_empty() {
        let why: Vec<&str> = held.iter().map(|reason| word(*reason)).collect();
        notes.push(format!("would wait for a person: {}", why.join(", ")));
    }
    let of_this = row.standing.invoice_version == Some(i64::from(row.rated.version));
    if let (true, Some(invoice)) = (of_this, row.standing.invoice_gross)
        && invoice != billed.gross.minor
    {
        let invoice = Money::new(invoice, billed.gross.currency);
        notes.push(format!(
            "its invoice says {invoice}: benefits of its account do not count here"
        ));
    }
    shown["basis"] = match basis {
        Basis::Exact => "exact",
        Basis::Waived => "waived",
        Basis::Thinned | Basis::Clock | Basis::Otherwise => "estimated",
    }
    .into();
    shown["notes"] = notes.into();
}

/// The reasons for which another price makes a session wait; the others do not depend on it.
const fn word(reason: HoldReason) -> &'static str {
    match reason {
        HoldReason::TooDear => "too dear",
        HoldReason::TimesImplausible => "its clock is not believed and the price depends on it",
        HoldReason::NoPayer
        | HoldReason::NoTariff
        | HoldReason::NoStation
        | HoldReason::EnergyImplausible
        | HoldReason::RegisterBackwards
        | HoldReason::ConflictingEnd
        | HoldReason::TooLong
        | HoldReason::AfterCorrectionWindow => "held",
    }
}
