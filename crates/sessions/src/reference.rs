//! Reference data as a partition knows it: documents by version, and what was made of them.

use crate::desk::Desk;
use crate::key::{Key, Value};
use crate::market;
use crate::occupancy;
use crate::pinning::Bound;
use crate::session::Pinned;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use wattledger_domain::reference::{Content, Kind, ReferenceRecorded};
use wattledger_domain::time::Timestamp;
use wattledger_pricing::CompiledTariff;

/// The versions of a document, in order of version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions(pub Vec<Arc<Version>>);

/// A version of a document, with what was made of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Version {
    /// As it was broadcast.
    pub recorded: ReferenceRecorded,
    /// Of a tariff: compiled, by time zone. Derived, not written down.
    pub(crate) compiled: Cache<Box<str>, Option<Arc<CompiledTariff>>>,
    /// Of a station: what sessions there are bound to. Derived, not written down.
    pub(crate) bound: Cache<Pinned, Option<Arc<Bound>>>,
}

impl Version {
    /// A version of which nothing has been made yet.
    #[must_use]
    pub const fn new(recorded: ReferenceRecorded) -> Self {
        Self {
            recorded,
            compiled: Cache::new(),
            bound: Cache::new(),
        }
    }

    /// A tariff for a time zone; `None` when it is none or cannot be compiled.
    pub(crate) fn compiled(&self, time_zone: &str) -> Option<Arc<CompiledTariff>> {
        let Content::Tariff(tariff) = &self.recorded.document.content else {
            return None;
        };
        self.compiled.get_or_make(time_zone.into(), || {
            CompiledTariff::compile(tariff, time_zone)
                .ok()
                .map(Arc::new)
        })
    }
}

/// All documents of a kind by id, each with its versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignments(pub BTreeMap<Box<str>, Versions>);

impl Value {
    /// The stored form of a document's versions, when they are read back.
    #[must_use]
    pub fn from_reference(versions: Vec<ReferenceRecorded>) -> Self {
        let versions = versions
            .into_iter()
            .map(|recorded| Arc::new(Version::new(recorded)));
        Self::Reference(Versions(versions.collect()))
    }

    /// The stored form of all assignments, when they are read back.
    #[must_use]
    pub fn from_assignments(recorded: Vec<ReferenceRecorded>) -> Self {
        let mut assignments = Assignments::default();
        for recorded in recorded {
            assignments
                .0
                .entry(recorded.document.content.id())
                .or_default()
                .add(recorded);
        }
        Self::Assignments(assignments)
    }
}

impl Versions {
    /// The newest version that holds at an instant.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> Option<&Arc<Version>> {
        self.0.iter().rev().find(|version| {
            let recorded = &version.recorded;
            recorded.valid_from <= at && recorded.valid_to.is_none_or(|to| at < to)
        })
    }

    /// A version by its number.
    #[must_use]
    pub fn numbered(&self, version: i32) -> Option<&Arc<Version>> {
        self.0
            .iter()
            .find(|known| known.recorded.version == version)
    }

    fn add(&mut self, recorded: ReferenceRecorded) {
        let place = self
            .0
            .partition_point(|known| known.recorded.version < recorded.version);
        if self
            .0
            .get(place)
            .is_none_or(|known| known.recorded.version != recorded.version)
        {
            self.0.insert(place, Arc::new(Version::new(recorded)));
        }
    }
}

/// Keeps a version of a document; one that is known changes nothing.
pub(crate) fn recorded(desk: &mut Desk<'_, '_>, recorded: &ReferenceRecorded) {
    let (kind, id) = (
        recorded.document.content.kind(),
        recorded.document.content.id(),
    );
    match kind {
        Kind::TariffAssignment => {
            let mut known = assignments(desk);
            known.0.entry(id).or_default().add(recorded.clone());
            desk.put(Key::Assignments, Value::Assignments(known));
        }
        Kind::Policy | Kind::LegalEntity | Kind::Site | Kind::Station | Kind::Tariff => {
            let mut known = versions(desk, kind, &id);
            known.add(recorded.clone());
            desk.put(Key::Reference(kind, id), Value::Reference(known));
        }
        Kind::MarketPrices => {
            if let Content::MarketPrices(prices) = &recorded.document.content {
                market::recorded(desk, recorded, prices);
            }
        }
        Kind::SiteOccupancy => {
            if let Content::SiteOccupancy(shares) = &recorded.document.content {
                occupancy::recorded(desk, recorded, shares);
            }
        }
        Kind::DeviceProfile => {
            let mut known = device_profiles(desk).cloned().unwrap_or_default();
            known.0.entry(id).or_default().add(recorded.clone());
            desk.put(Key::DeviceProfiles, Value::DeviceProfiles(known));
        }
        // Not this stage's: intake and control resolve them.
        Kind::Account | Kind::Token => {}
    }
}

pub(crate) fn versions(desk: &mut Desk<'_, '_>, kind: Kind, id: &str) -> Versions {
    match desk.get(&Key::Reference(kind, id.into())) {
        Some(Value::Reference(versions)) => versions.clone(),
        Some(_) | None => Versions::default(),
    }
}

pub(crate) fn assignments(desk: &mut Desk<'_, '_>) -> Assignments {
    match desk.get(&Key::Assignments) {
        Some(Value::Assignments(assignments)) => assignments.clone(),
        Some(_) | None => Assignments::default(),
    }
}

/// All device profiles; `None` while there are none.
pub(crate) fn device_profiles<'d>(desk: &'d mut Desk<'_, '_>) -> Option<&'d Assignments> {
    match desk.get(&Key::DeviceProfiles) {
        Some(Value::DeviceProfiles(profiles)) => Some(profiles),
        Some(_) | None => None,
    }
}

/// What a pure function gave for the last few keys; never part of what is equal or written down.
#[derive(Debug)]
pub(crate) struct Cache<K, V>(Mutex<Vec<(K, V)>>);

impl<K: Eq, V: Clone> Cache<K, V> {
    /// More would be kept for nobody: a station's sessions are pinned to its site's newest versions.
    const KEPT: usize = 8;

    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub(crate) fn get_or_make(&self, key: K, make: impl FnOnce() -> V) -> V {
        // A poisoned lock only means that a reader panicked elsewhere: make it afresh.
        let Ok(mut made) = self.0.lock() else {
            return make();
        };
        if let Some((_, known)) = made.iter().find(|(known, _)| *known == key) {
            return known.clone();
        }
        let value = make();
        if made.len() >= Self::KEPT {
            made.remove(0);
        }
        made.push((key, value.clone()));
        value
    }
}

impl<K, V> PartialEq for Cache<K, V> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<K, V> Eq for Cache<K, V> {}
