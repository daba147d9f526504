//! Documents of a session: invoices from ratings, credit notes from invoices.

use crate::effect::Rejection;
use wattledger_domain::accounts::SessionBill;
use wattledger_domain::document::{DocumentKind, InvoiceDraft, Supply};
use wattledger_domain::ids::DraftId;
use wattledger_domain::reference::Account;
use wattledger_domain::tariff::LocalDate;
use wattledger_domain::tax::TaxLiability;
use wattledger_domain::time::Timestamp;
use wattledger_pricing::settle_for;

/// Who buys, as their document says.
#[derive(Default)]
pub(super) struct Buyer {
    pub(super) name: Option<Box<str>>,
    /// The VAT id of one who owes the tax.
    pub(super) reverse_charge: Option<Box<str>>,
}

impl Buyer {
    pub(super) fn of(account: Account) -> Self {
        let owes = account.liability() == TaxLiability::Buyer;
        Self {
            name: Some(account.name),
            reverse_charge: account.vat_id.filter(|_| owes),
        }
    }

    /// As an invoice of before named them: a correction bills the same buyer.
    pub(super) fn on(invoice: &InvoiceDraft) -> Self {
        Self {
            name: invoice.buyer_name.clone(),
            reverse_charge: invoice.reverse_charge.clone(),
        }
    }
}

/// The invoice of a rating, dated in the seller's zone.
pub(super) fn invoice(
    bill: &SessionBill,
    buyer: Buyer,
    now: Timestamp,
) -> Result<InvoiceDraft, Rejection> {
    let SessionBill { rated, terms } = bill;
    let liability = match &buyer.reverse_charge {
        Some(_) => TaxLiability::Buyer,
        None => TaxLiability::Seller,
    };
    let rounding = &terms.policy.rounding;
    let settled = settle_for(&rated.priced, rounding, liability);
    let settled = settled.map_err(|fault| Rejection::Unsettled {
        session: rated.session.clone(),
        detail: fault.to_string(),
    })?;
    Ok(InvoiceDraft {
        draft: draft_id(rated.session.as_str(), rated.version, "invoice"),
        kind: DocumentKind::Invoice,
        seller: terms.legal_entity.clone(),
        seller_pin: terms.pins.legal_entity.clone(),
        account: rated.account.clone(),
        buyer_name: buyer.name,
        supply: Supply {
            session: rated.session.clone(),
            version: rated.version,
            station: rated.pins.station.id.clone(),
            evse: rated.evse,
            site: rated.pins.site.id.clone(),
            time_zone: rated.pins.time_zone.clone(),
            started_at: rated.started_at,
            ended_at: rated.ended_at,
            energy: rated.energy,
            tariff: rated.pins.tariff.clone(),
        },
        issue_date: date(&terms.legal_entity.time_zone, now)?,
        tax_point: rated.ended_at,
        currency: rated.priced.currency,
        lines: settled.lines,
        groups: settled.groups,
        net: settled.net,
        tax: settled.tax,
        gross: settled.gross,
        taxes: (!settled.taxes.is_empty()).then_some(settled.taxes),
        rounding: (!settled.rounding.is_zero()).then_some(settled.rounding),
        reverse_charge: buyer.reverse_charge,
    })
}

/// The credit note over a whole invoice, dated now; its amounts are the invoice's.
pub(super) fn credit_note(
    invoice: &InvoiceDraft,
    now: Timestamp,
) -> Result<InvoiceDraft, Rejection> {
    let supply = &invoice.supply;
    Ok(InvoiceDraft {
        draft: draft_id(supply.session.as_str(), supply.version, "credit-note"),
        kind: DocumentKind::CreditNote {
            credits: invoice.draft.clone(),
        },
        issue_date: date(&invoice.seller.time_zone, now)?,
        ..invoice.clone()
    })
}

/// Whether two ratings come to the same bill: same lines, same totals, so same money.
pub(super) fn bills_the_same(one: &InvoiceDraft, other: &InvoiceDraft) -> bool {
    let told = |draft: &InvoiceDraft| (draft.currency, draft.gross, draft.reverse_charge.clone());
    one.lines == other.lines
        && one.groups == other.groups
        && one.taxes == other.taxes
        && told(one) == told(other)
}

fn draft_id(session: &str, version: i32, kind: &str) -> DraftId {
    DraftId::of(&[session, &version.to_string(), kind])
}

fn date(zone: &str, at: Timestamp) -> Result<LocalDate, Rejection> {
    wattledger_pricing::local_date(zone, at).ok_or_else(|| Rejection::NoDate {
        zone: zone.into(),
        at,
    })
}
