//! A running total: what a meter has come to in money, without lines and without allocating.
//!
//! Invariant: it is what [`crate::settle()`] says of the same meter: by the same code, or by the short cut
//! of `quick`, which a law holds against it.

use super::lines::Unlisted;
use super::{
    Bill, Limits, Taxes, Units, charging_blocks, in_cash, levied, minus, quick, terms_of, units_of,
};
use crate::PricingError;
use crate::compile::CompiledTariff;
use crate::meter::Meter;
use wattledger_domain::cost::Rounding;
use wattledger_domain::money::Money;
use wattledger_domain::tax::TaxLiability;

/// What a session has come to: net + tax + rounding = gross.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// Before tax.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// What cash rounding adds, or takes off; it bears no tax.
    pub rounding: Money,
    /// What the driver would owe now.
    pub gross: Money,
}

impl Meter {
    /// The total so far, as [`crate::settle()`] would say it of [`Meter::priced`].
    ///
    /// # Errors
    /// [`PricingError::Overflow`] when an amount does not fit.
    pub fn total(
        &self,
        tariff: &CompiledTariff,
        rounding: &Rounding,
    ) -> Result<Total, PricingError> {
        self.total_for(tariff, rounding, TaxLiability::Seller)
    }

    /// As [`Meter::total`], where the buyer may owe the tax: see [`crate::settle_for()`].
    ///
    /// # Errors
    /// As [`Meter::total`].
    pub fn total_for(
        &self,
        tariff: &CompiledTariff,
        rounding: &Rounding,
        liability: TaxLiability,
    ) -> Result<Total, PricingError> {
        if liability == TaxLiability::Seller
            && let Some(total) = quick::total(&self.steps, tariff, rounding)
        {
            return Ok(total);
        }
        self.total_by_groups(tariff, rounding, liability)
    }

    /// By all that a bill goes through but its lines.
    fn total_by_groups(
        &self,
        tariff: &CompiledTariff,
        rounding: &Rounding,
        liability: TaxLiability,
    ) -> Result<Total, PricingError> {
        let blocks = charging_blocks(&self.steps, rounding)?;
        let terms = terms_of(tariff.currency, rounding, liability);
        let bill = Bill {
            currency: tariff.currency,
            steps: &self.steps,
            blocks: &blocks,
            limits: Limits::of(tariff.min_price, tariff.max_price)?
                .known(false, liability == TaxLiability::Buyer),
            taxes: levied(tariff.tax_included, tariff.taxes.as_deref()),
        };
        let taxes = Taxes::of(bill.taxes)?;
        let groups = bill.sums(
            |_| tariff.tax_included,
            (terms, taxes),
            &mut Unlisted::default(),
        )?;
        let Units { net, tax, gross } = units_of(groups.as_slice())?;
        let money = |units: i64| {
            let minor = units.checked_mul(terms.step);
            let minor = minor.ok_or(PricingError::Overflow)?;
            Ok::<_, PricingError>(Money::new(minor, tariff.currency))
        };
        let (net, tax, gross) = (money(net)?, money(tax)?, money(gross)?);
        let (tax, gross) = match liability {
            TaxLiability::Seller => (tax, gross),
            TaxLiability::Buyer => (Money::zero(tariff.currency), net),
        };
        let paid = in_cash(gross, terms)?;
        Ok(Total {
            net,
            tax,
            rounding: minus(paid, gross)?,
            gross: paid,
        })
    }
}
