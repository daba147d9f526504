//! A session priced by another version of a tariff, all else as it was pinned.

use super::{Refused, refuse};
use crate::desk::Desk;
use crate::rating;
use crate::reference;
use crate::session::{Pinned, Session};
use crate::work::Work;
use wattledger_domain::ids::TariffId;
use wattledger_domain::outcome::Outcome;
use wattledger_domain::reference::Kind;
use wattledger_domain::review::ReviewVerdict;
use wattledger_domain::session::Pin;

/// Whether a session is not priced by the named version already: the same cause twice changes nothing,
/// whatever else has happened to the session since.
pub(super) fn is_new(session: &Session, verdict: &ReviewVerdict) -> Result<(), Refused> {
    let ReviewVerdict::Reprice(Some(tariff)) = verdict else {
        return Ok(());
    };
    let pinned = session.pinned.as_ref();
    let by = pinned.and_then(|pinned| pinned.tariff.as_ref());
    if by.is_some_and(|(id, version)| (id, *version) == (&tariff.id, tariff.version)) {
        let (id, version) = (&tariff.id, tariff.version);
        let reason = format!("it is priced by tariff `{id}` version {version} already");
        return Err((Outcome::Duplicate, reason));
    }
    Ok(())
}

/// Prices a session by a version of a tariff, and bills it again where its bill comes to something else.
///
/// What a person accepted stays accepted, unless the new price raises another doubt.
pub(super) fn by_tariff(
    desk: &mut Desk<'_, '_>,
    work: &mut Work<'_>,
    tariff: &Pin<TariffId>,
) -> Result<(), Refused> {
    let (Some(pinned), Some(bound)) = (work.session.pinned.clone(), work.bound()) else {
        return refuse("its station is not described: describe it, and decide `reprice` first");
    };
    let (id, version) = (&tariff.id, tariff.version);
    let known = reference::versions(desk, Kind::Tariff, id.as_str());
    let known = known.numbered(version).cloned();
    let Some(known) = known.filter(|known| known.recorded.document.hash == tariff.hash) else {
        return refuse(format!(
            "tariff `{id}` version {version} of that content is not known here: apply it first"
        ));
    };
    let Some(compiled) = known.compiled(&bound.site.time_zone) else {
        return refuse(format!(
            "tariff `{id}` version {version} cannot price anything there: `wattledger tariff lint` says why"
        ));
    };
    let before = bound.compiled().map(|before| before.currency());
    if work.session.billed.is_some() && before.is_some_and(|before| before != compiled.currency()) {
        return refuse("it was billed in another currency than that of the tariff");
    }
    let billed = rating::settled(desk, work);
    let accepted = rating::standing(desk, work, None);
    let doubts = rating::doubts(desk, work);
    let tariff = Some((id.clone(), version));
    work.pin_again(desk, Some(Pinned { tariff, ..pinned }));
    let raised = rating::doubts(desk, work);
    let stands = rating::standing(desk, work, None);
    if let Some(decided) = &mut work.session.decided
        && decided.standing == accepted
        && raised.iter().all(|doubt| doubts.contains(doubt))
    {
        decided.standing = stands;
    }
    rating::rate_anew(desk, work, billed.as_ref());
    Ok(())
}
