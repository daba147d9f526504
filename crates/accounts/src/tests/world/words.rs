//! What was done, in words.

use crate::{Alert, Effect};
use wattledger_domain::charging::HoldGrowth;
use wattledger_domain::document::DocumentKind;
use wattledger_domain::ids::PaymentId;
use wattledger_domain::payment::Operation;
use wattledger_domain::tax::TaxLiability;

pub(super) fn describe(effect: &Effect, payments: &[PaymentId]) -> String {
    let n = |id: &PaymentId| match payments.iter().position(|known| known == id) {
        Some(index) => format!("p{}", index + 1),
        None => "-".to_owned(),
    };
    match effect {
        Effect::Granted(grant) => {
            let growth = match grant.growth {
                HoldGrowth::MayGrow => "may grow",
                HoldGrowth::Final => "final",
            };
            let untaxed = match grant.tax {
                Some(TaxLiability::Buyer) => " untaxed",
                Some(TaxLiability::Seller) | None => "",
            };
            match grant.limit {
                Some(limit) => format!("grant {} {growth} #{}{untaxed}", limit.minor, grant.op),
                None => format!("grant credit {growth} #{}{untaxed}", grant.op),
            }
        }
        Effect::Refused(refused) => format!("refuse {:?}", refused.reason),
        Effect::Pay(command) => {
            let what = match &command.operation {
                Operation::Authorize { amount, .. } => format!("authorize {}", amount.minor),
                Operation::Increment { total } => format!("increment to {}", total.minor),
                Operation::Capture { amount } => format!("capture {}", amount.minor),
                Operation::Void => "void".to_owned(),
                Operation::Refund { amount } => format!("refund {}", amount.minor),
                Operation::Charge { amount, .. } => format!("charge {}", amount.minor),
                Operation::Retrieve { op } => format!("retrieve #{op}"),
            };
            format!(
                "{}#{}.{} {what}",
                n(&command.payment),
                command.op,
                command.attempt
            )
        }
        Effect::Draft(draft) => {
            let kind = match draft.kind {
                DocumentKind::Invoice => "invoice",
                DocumentKind::CreditNote { .. } => "credit note",
            };
            format!("{kind} v{} {}", draft.supply.version, draft.gross.minor)
        }
        Effect::Fact(fact) => {
            let on = if fact.draft.is_some() {
                " on draft"
            } else {
                ""
            };
            format!(
                "{} {:?} {}{on}",
                n(&fact.payment),
                fact.movement,
                fact.amount.minor
            )
        }
        Effect::Alert(Alert::DraftRejected { reason, .. }) => format!("alert {reason:?}"),
        Effect::Alert(Alert::RefundStuck { amount, .. }) => format!("alert stuck {}", amount.minor),
        Effect::Alert(Alert::OutcomeLost { op, .. }) => format!("alert lost #{op}"),
    }
}
