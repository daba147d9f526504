//! Which versions of which documents a bill depends on, found once and kept.

use crate::desk::Desk;
use crate::devices;
use crate::reference::{self, Version};
use crate::session::Pinned;
use std::sync::Arc;
use wattledger_domain::accounts::Terms;
use wattledger_domain::cost::UsageRules;
use wattledger_domain::device::DeviceFacts;
use wattledger_domain::ids::{
    AccountId, CustomerGroup, DeviceProfileId, EvseId, StationId, TariffId,
};
use wattledger_domain::quantity::{Milliseconds, Milliwatts};
use wattledger_domain::reference::{
    Content, Kind, LegalEntity, Policy, Site, Station, TariffAssignment,
};
use wattledger_domain::session::{Pin, Pins};
use wattledger_domain::tariff::{Tariff, TariffKind};
use wattledger_domain::time::Timestamp;
use wattledger_pricing::{CompiledTariff, MarketSeries, Occupancy};

/// What a session is held to when its station is unknown: wide enough for any charger of today.
const UNKNOWN_MAX_POWER: Milliwatts = Milliwatts(1_000_000_000);

/// The documents behind a session's pins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The station.
    pub station: Arc<Station>,
    /// The site.
    pub site: Arc<Site>,
    /// The seller.
    pub legal_entity: Arc<LegalEntity>,
    /// The policy.
    pub policy: Arc<Policy>,
    /// Versions and hashes, and the compiled tariff; `None` when no tariff applies.
    pub tariff: Option<(Pins, Arc<CompiledTariff>)>,
    /// How often the tariff's market had changed when its prices were taken; `None` while no prices
    /// of a market are.
    pub market_changes: Option<i64>,
    /// How often what is known of the site's occupancy had changed when it was taken; `None` while it was not.
    pub occupancy_changes: Option<i64>,
    /// How readings are read, and by which profile; `None` where none is about the device.
    pub profile: Option<(Pin<DeviceProfileId>, DeviceFacts)>,
}

impl Bound {
    /// What travels to the account; `None` without a tariff.
    pub(crate) fn terms(&self) -> Option<Terms> {
        let (pins, _) = self.tariff.as_ref()?;
        Some(Terms {
            pins: pins.clone(),
            legal_entity: self.legal_entity.clone(),
            policy: self.policy.clone(),
        })
    }

    /// The same, by what is known of the tariff's market.
    pub(crate) fn following(&self, changes: i64, series: MarketSeries) -> Self {
        let mut bound = self.clone();
        if let Some((_, compiled)) = &mut bound.tariff {
            *compiled = Arc::new(compiled.with_series(Arc::new(series)));
        }
        bound.market_changes = Some(changes);
        bound
    }

    /// The same, by what is known of how busy the site is.
    pub(crate) fn occupied(&self, changes: i64, occupancy: Occupancy) -> Self {
        let mut bound = self.clone();
        if let Some((_, compiled)) = &mut bound.tariff {
            *compiled = Arc::new(compiled.with_occupancy(Arc::new(occupancy)));
        }
        bound.occupancy_changes = Some(changes);
        bound
    }

    pub(crate) fn compiled(&self) -> Option<&CompiledTariff> {
        self.tariff.as_ref().map(|(_, compiled)| &**compiled)
    }
}

/// The bound of plausibility of an EVSE: rated power and percent.
pub(crate) fn power_bound(bound: Option<&Bound>, evse: EvseId) -> (Milliwatts, i64) {
    let Some(bound) = bound else {
        return (UNKNOWN_MAX_POWER, 100);
    };
    let known = bound.station.evses.iter().find(|known| known.id == evse);
    let power = known.map_or(UNKNOWN_MAX_POWER, |known| known.max_power);
    (power, bound.policy.plausibility.power_percent)
}

/// How long an ended session settles, an inferred end waits, a rated session can be corrected.
pub(crate) struct Waits {
    pub(crate) settling: Milliseconds,
    pub(crate) inferred: Milliseconds,
    pub(crate) correction: Milliseconds,
}

/// By the policy, or by its defaults where the station is unknown.
pub(crate) fn waits(bound: Option<&Bound>) -> Waits {
    let Some(bound) = bound else {
        return Waits {
            settling: Milliseconds::minutes(1),
            inferred: Milliseconds::minutes(24 * 60),
            correction: Milliseconds::minutes(35 * 24 * 60),
        };
    };
    Waits {
        settling: bound.policy.settling_grace,
        inferred: bound.policy.inferred_end_hold,
        correction: bound.policy.correction_window,
    }
}

/// Whether a session is paid at the station, without a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contract {
    /// With an account or a token.
    Known,
    /// By a guest.
    Guest,
}

/// Who charges, and at which of the station's places: what a tariff may be chosen by.
#[derive(Clone, Copy)]
pub(crate) struct Customer<'a> {
    pub(crate) account: Option<&'a AccountId>,
    pub(crate) group: Option<&'a CustomerGroup>,
    pub(crate) contract: Contract,
    /// `None` while an authorisation is for any.
    pub(crate) evse: Option<EvseId>,
}

impl<'a> Customer<'a> {
    /// One with an account or a token, who charges.
    pub(crate) const fn known(
        account: Option<&'a AccountId>,
        group: Option<&'a CustomerGroup>,
        evse: EvseId,
    ) -> Self {
        Self {
            account,
            group,
            contract: Contract::Known,
            evse: Some(evse),
        }
    }
}

/// The versions in force at an instant; `None` when station, site, seller or policy is unknown.
pub(crate) fn pin(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    at: Timestamp,
    customer: Customer<'_>,
) -> Option<Pinned> {
    let document = in_force(desk, Kind::Station, station.as_str(), at)?;
    let Content::Station(of_station) = &document.recorded.document.content else {
        return None;
    };
    let site_version = in_force(desk, Kind::Site, of_station.site.as_str(), at)?;
    let Content::Site(site) = &site_version.recorded.document.content else {
        return None;
    };
    let entity_version = in_force(desk, Kind::LegalEntity, site.legal_entity.as_str(), at)?;
    let Content::LegalEntity(entity) = &entity_version.recorded.document.content else {
        return None;
    };
    let policy = in_force(desk, Kind::Policy, entity.policy.as_str(), at)?;
    let place = Place {
        station: of_station,
        site,
        customer,
    };
    let profile = devices::profile(desk, of_station, at);
    Some(Pinned {
        station: document.recorded.version,
        site: site_version.recorded.version,
        legal_entity: entity_version.recorded.version,
        policy: policy.recorded.version,
        tariff: choose(desk, &place, at),
        profile,
    })
}

struct Place<'a> {
    station: &'a Station,
    site: &'a Site,
    customer: Customer<'a>,
}

impl Place<'_> {
    fn matches(&self, assignment: &TariffAssignment) -> bool {
        let at_station = assignment
            .station
            .as_ref()
            .is_none_or(|id| *id == self.station.id);
        let at_site = assignment
            .site
            .as_ref()
            .is_none_or(|id| *id == self.site.id);
        let of_seller = assignment
            .legal_entity
            .as_ref()
            .is_none_or(|id| *id == self.site.legal_entity);
        let for_group = assignment
            .group
            .as_ref()
            .is_none_or(|group| self.customer.group == Some(group));
        let of_contract = assignment.account.as_ref();
        let for_account = of_contract.is_none_or(|id| self.customer.account == Some(id));
        let at_evse = assignment
            .evse
            .is_none_or(|id| self.customer.evse == Some(id));
        at_station && at_site && of_seller && for_group && for_account && at_evse
    }
}

/// Narrower scopes first; a contract or a group only breaks a tie of place.
fn specificity(assignment: &TariffAssignment) -> (u8, u8, u8) {
    let place = match (
        &assignment.station,
        &assignment.site,
        &assignment.legal_entity,
    ) {
        (Some(_), _, _) => 3,
        (None, Some(_), _) => 2,
        (None, None, Some(_)) => 1,
        (None, None, None) => 0,
    };
    let customer = match (&assignment.account, &assignment.group) {
        (Some(_), _) => 2,
        (None, Some(_)) => 1,
        (None, None) => 0,
    };
    (place, u8::from(assignment.evse.is_some()), customer)
}

/// The tariff of the first assignment that matches and whose tariff may be chosen then.
fn choose(desk: &mut Desk<'_, '_>, place: &Place<'_>, at: Timestamp) -> Option<(TariffId, i32)> {
    let assignments = reference::assignments(desk);
    let mut matching: Vec<&TariffAssignment> = Vec::new();
    for versions in assignments.0.values() {
        if let Some(version) = versions.at(at)
            && let Content::TariffAssignment(assignment) = &version.recorded.document.content
            && place.matches(assignment)
        {
            matching.push(assignment);
        }
    }
    // Sorting is stable and the map is in order of id: the smallest id wins a tie.
    matching.sort_by_key(|found| std::cmp::Reverse((found.priority, specificity(found))));
    for assignment in matching {
        if let Some(version) = in_force(desk, Kind::Tariff, assignment.tariff.as_str(), at)
            && let Content::Tariff(tariff) = &version.recorded.document.content
            && may_be_chosen(tariff, at, place.customer.contract)
        {
            return Some((assignment.tariff.clone(), version.recorded.version));
        }
    }
    None
}

fn may_be_chosen(tariff: &Tariff, at: Timestamp, contract: Contract) -> bool {
    let valid =
        tariff.valid_from.is_none_or(|from| from <= at) && tariff.valid_to.is_none_or(|to| at < to);
    let fits = match tariff.kind {
        None => true,
        Some(TariffKind::AdHocPayment) => contract == Contract::Guest,
        Some(
            TariffKind::Regular
            | TariffKind::ProfileCheap
            | TariffKind::ProfileFast
            | TariffKind::ProfileGreen,
        ) => contract == Contract::Known,
    };
    valid && fits
}

fn in_force(desk: &mut Desk<'_, '_>, kind: Kind, id: &str, at: Timestamp) -> Option<Arc<Version>> {
    reference::versions(desk, kind, id).at(at).cloned()
}

fn numbered(desk: &mut Desk<'_, '_>, kind: Kind, id: &str, version: i32) -> Option<Arc<Version>> {
    reference::versions(desk, kind, id)
        .numbered(version)
        .cloned()
}

/// The documents behind pins.
pub(crate) fn bind(
    desk: &mut Desk<'_, '_>,
    station: &StationId,
    pinned: &Pinned,
) -> Option<Arc<Bound>> {
    let version = numbered(desk, Kind::Station, station.as_str(), pinned.station)?;
    let made = || found(desk, &version, pinned).map(Arc::new);
    version.bound.get_or_make(pinned.clone(), made)
}

fn found(desk: &mut Desk<'_, '_>, station: &Version, pinned: &Pinned) -> Option<Bound> {
    let Content::Station(of_station) = &station.recorded.document.content else {
        return None;
    };
    let site = numbered(desk, Kind::Site, of_station.site.as_str(), pinned.site)?;
    let Content::Site(of_site) = &site.recorded.document.content else {
        return None;
    };
    let seller = of_site.legal_entity.as_str();
    let entity = numbered(desk, Kind::LegalEntity, seller, pinned.legal_entity)?;
    let Content::LegalEntity(of_entity) = &entity.recorded.document.content else {
        return None;
    };
    let policy = numbered(desk, Kind::Policy, of_entity.policy.as_str(), pinned.policy)?;
    let Content::Policy(of_policy) = &policy.recorded.document.content else {
        return None;
    };
    let tariff = pinned.tariff.as_ref().and_then(|(id, version)| {
        let tariff = numbered(desk, Kind::Tariff, id.as_str(), *version)?;
        let pins = Pins {
            station: pinned_as(of_station.id.clone(), station),
            site: pinned_as(of_site.id.clone(), &site),
            time_zone: of_site.time_zone.clone(),
            legal_entity: pinned_as(of_entity.id.clone(), &entity),
            policy: pinned_as(of_policy.id.clone(), &policy),
            tariff: pinned_as(id.clone(), &tariff),
        };
        let compiled = tariff.compiled(&of_site.time_zone)?;
        let usual = of_policy.usage == UsageRules::default() && of_site.taxes.is_empty();
        let under = || {
            let ruled = (*compiled).clone().with_rules(of_policy.usage);
            Arc::new(ruled.with_taxes(&of_site.taxes))
        };
        Some((pins, if usual { compiled.clone() } else { under() }))
    });
    let profile = pinned.profile.as_deref().and_then(|(id, version)| {
        let profiles = reference::device_profiles(desk)?;
        let version = profiles.0.get(id.as_str())?.numbered(*version)?;
        let Content::DeviceProfile(of_device) = &version.recorded.document.content else {
            return None;
        };
        Some((pinned_as(id.clone(), version), of_device.facts))
    });
    Some(Bound {
        station: of_station.clone(),
        site: of_site.clone(),
        legal_entity: of_entity.clone(),
        policy: of_policy.clone(),
        tariff,
        market_changes: None,
        occupancy_changes: None,
        profile,
    })
}

fn pinned_as<Id>(id: Id, version: &Version) -> Pin<Id> {
    Pin {
        id,
        version: version.recorded.version,
        hash: version.recorded.document.hash,
    }
}
