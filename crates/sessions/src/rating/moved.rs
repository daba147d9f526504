//! What a session came to, at the times that are estimated instead of those that its clock told.

use wattledger_domain::cost::Priced;
use wattledger_domain::quantity::Milliseconds;
use wattledger_domain::session::ChargingPeriod;

/// The steps of a price, later.
pub(super) fn steps(priced: Option<&mut Priced>, later: Milliseconds) {
    for step in priced.into_iter().flat_map(|priced| &mut priced.steps) {
        step.from = step.from.plus(later);
        step.to = step.to.plus(later);
    }
}

/// Periods, later.
pub(super) fn periods(
    mut periods: Vec<ChargingPeriod>,
    later: Milliseconds,
) -> Vec<ChargingPeriod> {
    for period in &mut periods {
        period.from = period.from.plus(later);
        period.to = period.to.plus(later);
    }
    periods
}
