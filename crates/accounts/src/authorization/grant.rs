//! What sessions are told about an authorisation.

use super::Authorization;
use crate::account;
use crate::desk::Desk;
use crate::effect::Effect;
use wattledger_domain::charging::{AuthorizationRefused, HoldGranted, HoldGrowth, RefusalReason};
use wattledger_domain::money::Money;

impl Authorization {
    /// Tells sessions what is held; `None` for an account that is billed afterwards.
    pub(super) fn grant(
        &mut self,
        desk: &mut Desk<'_, '_>,
        limit: Option<Money>,
        growth: HoldGrowth,
    ) {
        self.grants = self.grants.saturating_add(1);
        let reserve = self.terms.policy.hold.reserve_minor;
        let customer = account::customer(desk, &self.account);
        let tax = customer.map(|customer| customer.account.liability());
        desk.emit(Effect::Granted(HoldGranted {
            authorization: self.authorization.clone(),
            station: self.station.clone(),
            account: self.account.clone(),
            limit,
            reserve: limit.map(|limit| Money::new(reserve, limit.currency)),
            growth,
            op: self.grants,
            tax,
        }));
    }

    /// Tells sessions that nothing is held.
    pub(super) fn refuse(&self, desk: &mut Desk<'_, '_>, reason: RefusalReason) {
        desk.emit(Effect::Refused(AuthorizationRefused {
            authorization: self.authorization.clone(),
            station: self.station.clone(),
            account: self.account.clone(),
            reason,
        }));
    }
}
