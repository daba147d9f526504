//! Documents that say how busy a site is.

use super::reader::{Fault, Reader};
use crate::{ocpi, times};
use wattledger_domain::ids::{SiteId, SiteOccupancyId};
use wattledger_domain::occupancy::{BusyShare, SiteOccupancy};
use wattledger_domain::quantity::Milliseconds;

/// 0.1 in 10⁻⁹.
const TENTH: i64 = 100_000_000;

pub fn occupancy(id: &str, reader: &mut Reader<'_>) -> Result<SiteOccupancy, Fault> {
    let site = SiteId::new(reader.text("site")?);
    let minutes = reader.number("slotMinutes", 15, 5..=60)?;
    if !SiteOccupancy::SLOT_MINUTES.contains(&minutes) {
        return Err(reader.fault("slotMinutes", "expected 5, 10, 15, 20, 30 or 60"));
    }
    let start = times::parse(reader.text("start")?)
        .filter(|start| start.0.rem_euclid(SiteOccupancy::GRID.0) == 0);
    let start = start
        .ok_or_else(|| reader.fault("start", "expected an RFC 3339 time on whole five minutes"))?;
    let values = reader.array("busyPercent")?;
    let shares: Result<Vec<_>, Fault> = values.iter().enumerate().map(share).collect();
    let shares = shares?;
    let count = shares.len();
    if !(1..=SiteOccupancy::SLOTS_MAX).contains(&count) {
        let most = SiteOccupancy::SLOTS_MAX;
        let reason = format!("expected 1 to {most} shares, found {count}");
        return Err(reader.fault("busyPercent", reason));
    }
    Ok(SiteOccupancy {
        id: SiteOccupancyId::new(id),
        site,
        start,
        slot: Milliseconds(minutes.saturating_mul(60_000)),
        shares,
    })
}

/// A percentage, rounded down to a tenth so that no limit is reached before it is; null is a share that is
/// not published.
fn share((place, value): (usize, &serde_json::Value)) -> Result<Option<BusyShare>, Fault> {
    if value.is_null() {
        return Ok(None);
    }
    let path = format!("spec.busyPercent[{place}]");
    let scaled = ocpi::scaled_number(value, &path, 9)
        .map_err(|ocpi::Fault { path, reason }| Fault { path, reason })?;
    let share = BusyShare::of_per_mille(scaled.div_euclid(TENTH));
    let reason = || "expected 0 to 100 percent, or null".to_owned();
    let share = share.ok_or_else(|| Fault {
        path,
        reason: reason(),
    });
    share.map(Some)
}
