//! What a rated session would be billed under another tariff, from what its rating carries.
//!
//! The charging periods of a rating lie between the readings that it rests on, and are what it was priced
//! from: priced again they give what the fold itself would bill. Invariant: nothing is guessed; where the
//! rating cannot be priced again to the last digit by its own tariff, that is said.

use super::cheapest::cheapest;
use super::conclusion::{PERIODS_MAX, waive_little};
use wattledger_domain::cost::{Priced, Settlement};
use wattledger_domain::money::{Currency, Money, MoneyError};
use wattledger_domain::reference::{Policy, UntrustedClock};
use wattledger_domain::session::{HoldReason, SessionFlag, SessionRated};
use wattledger_domain::tax::TaxLiability;
use wattledger_pricing::{CompiledTariff, Meter, rate, settle_for};

/// By what a session is priced again. All but the tariff is as its rating pins it.
pub struct By<'a> {
    /// The tariff that it was rated by, made ready for its site; `None` where it cannot be had.
    pub pinned: Option<&'a CompiledTariff>,
    /// The other one, made ready for its site, under the policy's rules and the site's taxes.
    pub tariff: &'a CompiledTariff,
    /// The seller's policy.
    pub policy: &'a Policy,
    /// Who owes the tax, as its invoice says.
    pub liability: TaxLiability,
}

/// What a session was billed, and would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rerated {
    /// As it was rated.
    pub billed: Settlement,
    /// By the other tariff.
    pub would_be: Settlement,
    /// What the figures rest on.
    pub basis: Basis,
    /// Why a person would be asked before it is billed so, in order of the enum; mostly empty.
    pub held: Vec<HoldReason>,
}

/// What the figures of a session that is priced again rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The periods give what was billed, to the last digit: so does the other tariff.
    Exact,
    /// A person waived it: it costs nothing under any tariff.
    Waived,
    /// It has so many periods that some were left out where its own tariff did not need them.
    Thinned,
    /// Its times are estimated: its clock was not believed.
    Clock,
    /// What was billed cannot be had from the periods again.
    Otherwise,
}

/// Why a session cannot be priced again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unpriced {
    /// Amounts of two currencies cannot be compared, nor one credited by the other.
    #[error("it was billed in {billed}, the tariff is in {tariff}")]
    Currency {
        /// Of the rating.
        billed: Box<str>,
        /// Of the tariff.
        tariff: Box<str>,
    },
    /// A price or an amount does not fit.
    #[error("what it comes to does not fit an invoice")]
    Overflow,
}

/// Prices a session again.
///
/// # Errors
/// [`Unpriced`].
pub fn rerate(rated: &SessionRated, by: &By<'_>) -> Result<Rerated, Unpriced> {
    let By {
        pinned,
        tariff,
        policy,
        liability,
    } = *by;
    if tariff.currency() != rated.priced.currency {
        return Err(Unpriced::Currency {
            billed: rated.priced.currency.code().into(),
            tariff: tariff.currency().code().into(),
        });
    }
    let settled = |priced: &Priced| {
        settle_for(priced, &policy.rounding, liability).map_err(|_| Unpriced::Overflow)
    };
    let billed = settled(&rated.priced)?;
    let again = pinned.and_then(|pinned| price(rated, pinned, (policy, liability)));
    let basis = basis(rated, again.as_ref());
    if basis == Basis::Waived {
        return Ok(Rerated {
            would_be: billed.clone(),
            billed,
            basis,
            held: Vec::new(),
        });
    }
    let priced = price(rated, tariff, (policy, liability)).ok_or(Unpriced::Overflow)?;
    let would_be = settled(&priced)?;
    let mut held = Vec::new();
    if dearer_than_let_pass(&would_be.gross, policy) && !dearer_than_let_pass(&billed.gross, policy)
    {
        held.push(HoldReason::TooDear);
    }
    let by_clock = |tariff: &CompiledTariff| waits_for_its_clock(rated, tariff, policy);
    if by_clock(tariff) && !pinned.is_some_and(by_clock) {
        held.push(HoldReason::TimesImplausible);
    }
    Ok(Rerated {
        billed,
        would_be,
        basis,
        held,
    })
}

impl Rerated {
    /// Whether a new invoice would say the same: net, tax and gross, rate by rate.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        let Self {
            billed, would_be, ..
        } = self;
        (billed.net, billed.tax, billed.gross) == (would_be.net, would_be.tax, would_be.gross)
            && billed.groups == would_be.groups
            && billed.taxes == would_be.taxes
    }

    /// What is owed more, before and after tax; below zero what is owed less.
    ///
    /// # Errors
    /// [`Unpriced::Overflow`].
    pub fn difference(&self) -> Result<(Money, Money), Unpriced> {
        let less = |now: Money, before: Money| now.minus(before).map_err(|_| Unpriced::Overflow);
        Ok((
            less(self.would_be.net, self.billed.net)?,
            less(self.would_be.gross, self.billed.gross)?,
        ))
    }
}

/// Amounts of sessions in one currency, added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// How many sessions.
    pub sessions: u64,
    /// Billed, before and after tax.
    pub billed: (Money, Money),
    /// By the other tariff, before and after tax.
    pub would_be: (Money, Money),
}

impl Sum {
    /// Of no sessions.
    #[must_use]
    pub const fn nothing(currency: Currency) -> Self {
        let none = (Money::zero(currency), Money::zero(currency));
        Self {
            sessions: 0,
            billed: none,
            would_be: none,
        }
    }

    /// With one session more: what it was billed and would be, before and after tax.
    ///
    /// # Errors
    /// [`MoneyError`] when the sum does not fit, or the currency is another.
    pub fn plus(
        self,
        billed: (Money, Money),
        would_be: (Money, Money),
    ) -> Result<Self, MoneyError> {
        let both = |one: (Money, Money), more: (Money, Money)| {
            Ok::<_, MoneyError>((one.0.plus(more.0)?, one.1.plus(more.1)?))
        };
        Ok(Self {
            sessions: self.sessions.saturating_add(1),
            billed: both(self.billed, billed)?,
            would_be: both(self.would_be, would_be)?,
        })
    }

    /// What would be owed more, before and after tax.
    ///
    /// # Errors
    /// [`MoneyError`] when it does not fit.
    pub fn difference(&self) -> Result<(Money, Money), MoneyError> {
        let (net, gross) = (self.would_be.0, self.would_be.1);
        Ok((net.minus(self.billed.0)?, gross.minus(self.billed.1)?))
    }
}

/// The exact price by a tariff, as the fold would have it.
fn price(
    rated: &SessionRated,
    tariff: &CompiledTariff,
    (policy, liability): (&Policy, TaxLiability),
) -> Option<Priced> {
    let (started_at, periods) = (rated.started_at, &rated.periods);
    let cheap = policy.plausibility.untrusted_clock == UntrustedClock::Cheapest;
    let mut priced = if cheap && depends_on_a_suspect_clock(rated, tariff) {
        cheapest(tariff, started_at, periods, (&policy.rounding, liability))?
    } else {
        rate(tariff, started_at, periods).ok()?
    };
    let span = rated.ended_at.since(started_at);
    waive_little(&mut priced, (rated.energy, span), policy);
    Some(priced)
}

/// What the figures rest on; `again` is the price by the session's own tariff.
fn basis(rated: &SessionRated, again: Option<&Priced>) -> Basis {
    let nothing = |priced: &Priced| priced.steps.is_empty() && priced.min_price.is_none();
    let costs = again.is_some_and(|again| !nothing(again));
    if nothing(&rated.priced) && costs {
        Basis::Waived
    } else if rated.evidence.flags.contains(&SessionFlag::ClockSuspect) {
        Basis::Clock
    } else if again != Some(&rated.priced) {
        Basis::Otherwise
    } else if rated.periods.len() > PERIODS_MAX / 2 {
        Basis::Thinned
    } else {
        Basis::Exact
    }
}

fn depends_on_a_suspect_clock(rated: &SessionRated, tariff: &CompiledTariff) -> bool {
    let suspect = rated.evidence.flags.contains(&SessionFlag::ClockSuspect);
    suspect && Meter::start(rated.started_at).next_change(tariff).is_some()
}

fn waits_for_its_clock(rated: &SessionRated, tariff: &CompiledTariff, policy: &Policy) -> bool {
    let holds = policy.plausibility.untrusted_clock == UntrustedClock::Hold;
    holds && depends_on_a_suspect_clock(rated, tariff)
}

fn dearer_than_let_pass(gross: &Money, policy: &Policy) -> bool {
    gross.minor > policy.plausibility.gross_max_minor
}
