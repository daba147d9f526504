//! `POST /v1/rerate`: sessions priced again by another tariff, a page at a time, and corrected if asked.

mod correct;
mod shown;

use super::desk::required;
use super::records::positions;
use super::{EngineBackend, broken, cursor, of_view};
use serde_json::{Value, json};
use std::time::Duration;
use wattledger_api::code::Code;
use wattledger_api::fault::Fault;
use wattledger_domain::ids::TariffId;
use wattledger_domain::reference::{Content, Kind};
use wattledger_domain::session::Pin;
use wattledger_domain::tariff::Tariff;
use wattledger_engine::live;
use wattledger_engine::rerating::{Edge, Replaces, RerateAsk, RerateError, RerateOrder};
use wattledger_runtime::LogError;
use wattledger_views::ReferenceRow;
use wattledger_wire::{documents, ocpi, times};

/// Sessions of a page, unless told.
const ROWS: i64 = 200;
/// Sessions of a page at most: so many corrections are waited for at once.
const ROWS_MAX: i64 = 1_000;
/// How long the views may take to show all that is durable.
const VIEWS: Duration = Duration::from_secs(20);

/// The fields that are known.
const FIELDS: [&str; 13] = [
    "tariff", "from", "to", "site", "station", "session", "replaces", "apply", "by", "reason",
    "cursor", "until", "limit",
];

impl EngineBackend {
    /// `POST /v1/rerate`.
    pub(super) fn rerate(&self, body: &Value) -> Result<Value, Fault> {
        let fields = body.as_object();
        let fields = fields.ok_or_else(|| field("$", "expected an object"))?;
        if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            return Err(field(unknown, format!("is not one of {FIELDS:?}")));
        }
        let ask = self.rerate_ask(body)?;
        let order = self.rerate_order(body, &ask)?;
        let ends = self.page_ends(body)?;
        let mut at = page_positions(body, &ends)?;
        let limit = match given(body, "limit") {
            None => ROWS,
            Some(limit) => whole_between(limit, 1, ROWS_MAX).ok_or_else(|| {
                let reason = format!("expected a whole number from 1 to {ROWS_MAX}");
                field("limit", reason)
            })?,
        };
        let limit = usize::try_from(limit).unwrap_or(1);
        let page = self.service.rerate(&ask, &mut at, &ends, limit);
        let page = page.map_err(of_rerating)?;
        let mut rows: Vec<Value> = page.rows.iter().map(shown::row).collect();
        if let (Some(order), Some(by)) = (&order, &ask.applied) {
            self.correct(&page.rows, &mut rows, (by, order))?;
        }
        let over = at.iter().zip(&ends).all(|(at, end)| at >= end);
        let of: i64 = ends.iter().fold(0, |sum, end| sum.saturating_add(*end));
        Ok(json!({
            "tariff": ask.tariff.id.as_str(),
            "version": ask.applied.as_ref().map(|pin| pin.version),
            "rows": rows,
            "read": page.read,
            "of": of,
            "cursor": cursor(&at),
            "until": cursor(&ends),
            "end": over,
        }))
    }

    fn rerate_ask(&self, body: &Value) -> Result<RerateAsk, Fault> {
        let (tariff, applied) = self.named_tariff(&body["tariff"])?;
        let replaces = match text(body, "replaces")? {
            None => Replaces::Tariff(tariff.id.clone()),
            Some("*") => Replaces::Any,
            Some(id) => Replaces::Tariff(TariffId::new(id)),
        };
        let (from, to) = (edge(body, "from")?, edge(body, "to")?);
        let is_empty = match (from, to) {
            (Some(Edge::At(from)), Some(Edge::At(to))) => to <= from,
            (Some(Edge::Day(from)), Some(Edge::Day(to))) => to <= from,
            (Some(_) | None, Some(_) | None) => false,
        };
        if is_empty {
            return Err(field("to", "is not after `from`: nothing lies between"));
        }
        let owned = |name| text(body, name).map(|found| found.map(Into::into));
        Ok(RerateAsk {
            tariff,
            applied,
            from,
            to,
            site: owned("site")?,
            station: owned("station")?,
            session: owned("session")?,
            replaces,
            now: live::now(),
        })
    }

    /// Who orders corrections; `None` where none are.
    fn rerate_order(&self, body: &Value, ask: &RerateAsk) -> Result<Option<RerateOrder>, Fault> {
        let apply = match given(body, "apply") {
            None => false,
            Some(apply) => apply
                .as_bool()
                .ok_or_else(|| field("apply", "expected true or false"))?,
        };
        if !apply {
            return Ok(None);
        }
        self.orderable()?;
        let by = required(body, "by")?.into();
        if ask.applied.is_none() {
            let id = &ask.tariff.id;
            let reason = format!(
                "no version of tariff `{id}` with this content is applied: apply it first, as a document \
                 {{kind: Tariff, id: {id}, spec: …}} with `wattledger apply -f`, then correct by it"
            );
            return Err(Fault::new(Code::Document, reason).at(None, Some("tariff".to_owned())));
        }
        Ok(Some(RerateOrder {
            by,
            reason: text(body, "reason")?.map(Into::into),
            at: live::now(),
        }))
    }

    /// Where the sessions to look at end: as told, else where they end now, once the views show them.
    fn page_ends(&self, body: &Value) -> Result<Vec<i64>, Fault> {
        let topic = &self.service.topics.charging_sessions;
        let ends = self.service.ends(topic).map_err(broken)?;
        let Some(until) = text(body, "until")? else {
            if !self.service.wait_for_views(VIEWS).map_err(broken)? {
                let reason = "the views do not show all that was rated yet: ask again";
                return Err(Fault::new(Code::Busy, reason));
            }
            return Ok(ends);
        };
        positions(until, &ends).map_err(|_| field("until", "is not that of an earlier page"))
    }

    /// The tariff that is asked for, and the newest version with its content, if any was applied.
    fn named_tariff(&self, named: &Value) -> Result<(Tariff, Option<Pin<TariffId>>), Fault> {
        if let Some(name) = named.as_str() {
            return self.applied_tariff(name);
        }
        let Some(object) = named.as_object() else {
            let reason = "expected an id, an id@version, or a tariff as an object";
            return Err(field("tariff", reason));
        };
        let tariff = if object.contains_key("kind") {
            self.document_tariff(named)?
        } else {
            let read = ocpi::tariff_value(named);
            read.map(|(tariff, _)| tariff).map_err(|fault| {
                let path = fault.path.replacen('$', "tariff", 1);
                field(&path, fault.reason)
            })?
        };
        let rows = self.tariff_versions(tariff.id.as_str())?;
        let same = rows.iter().rev().find_map(|row| {
            let (known, pin) = of_row(row)?;
            (known == tariff).then_some(pin)
        });
        Ok((tariff, same))
    }

    /// `ad-hoc` is the newest version, `ad-hoc@2` the second.
    fn applied_tariff(&self, name: &str) -> Result<(Tariff, Option<Pin<TariffId>>), Fault> {
        let exact = |id: &str, version: Option<i64>| -> Result<_, Fault> {
            let rows = self.tariff_versions(id)?;
            let is = |row: &&ReferenceRow| version.is_none_or(|version| row.version == version);
            Ok(rows.iter().rev().find(is).and_then(of_row))
        };
        let mut found = exact(name, None)?;
        if found.is_none()
            && let Some((id, version)) = name.rsplit_once('@')
            && let Ok(version) = version.parse()
        {
            found = exact(id, Some(version))?;
        }
        let (tariff, pin) = found.ok_or_else(|| {
            let reason =
                format!("no tariff `{name}` is applied: `wattledger get Tariff` lists them");
            Fault::new(Code::Document, reason).at(None, Some("tariff".to_owned()))
        })?;
        Ok((tariff, Some(pin)))
    }

    fn document_tariff(&self, document: &Value) -> Result<Tariff, Fault> {
        let read = self.service.read_document(document);
        let read = read.map_err(|documents::Fault { path, reason }| {
            field(&format!("tariff.{path}"), reason)
        })?;
        let content = read.document.content;
        let kind = content.kind().word();
        let Content::Tariff(tariff) = content else {
            let reason = format!("is a {kind}, not a Tariff");
            return Err(field("tariff.kind", reason));
        };
        Ok(*tariff)
    }

    fn tariff_versions(&self, id: &str) -> Result<Vec<ReferenceRow>, Fault> {
        let views = &self.service.views;
        views
            .references(Kind::Tariff.word(), Some(id))
            .map_err(of_view)
    }
}

fn of_row(row: &ReferenceRow) -> Option<(Tariff, Pin<TariffId>)> {
    let content = documents::content(Kind::Tariff, &row.document).ok()?;
    let Content::Tariff(tariff) = content else {
        return None;
    };
    let pin = Pin {
        id: tariff.id.clone(),
        version: i32::try_from(row.version).ok()?,
        hash: wattledger_domain::hash::Digest::of(row.document.as_bytes()),
    };
    Some((*tariff, pin))
}

fn of_rerating(error: RerateError) -> Fault {
    match error {
        RerateError::Log(LogError::UnknownTopic(topic)) => {
            Fault::new(Code::Topic, format!("there is no topic `{topic}`"))
        }
        RerateError::Log(error) => broken(error),
        RerateError::Views(error) => of_view(error),
    }
}

fn field(name: &str, reason: impl Into<String>) -> Fault {
    Fault::new(Code::Field, reason).at(None, Some(name.to_owned()))
}

/// A field that is there; null is as good as absent.
fn given<'a>(body: &'a Value, name: &str) -> Option<&'a Value> {
    body.get(name).filter(|value| !value.is_null())
}

fn text<'a>(body: &'a Value, name: &str) -> Result<Option<&'a str>, Fault> {
    let Some(stated) = given(body, name) else {
        return Ok(None);
    };
    let text = stated.as_str().filter(|text| !text.is_empty());
    text.map(Some).ok_or_else(|| field(name, "expected a text"))
}

fn whole_between(value: &Value, least: i64, most: i64) -> Option<i64> {
    value
        .as_i64()
        .filter(|value| (least..=most).contains(value))
}

/// An instant, or a date on the clock of each session's site.
fn edge(body: &Value, name: &str) -> Result<Option<Edge>, Fault> {
    let Some(stated) = text(body, name)? else {
        return Ok(None);
    };
    if let Some(at) = times::parse(stated) {
        return Ok(Some(Edge::At(at)));
    }
    let day = super::parameters::local_date(stated).map(Edge::Day);
    day.map(Some).ok_or_else(|| {
        let reason =
            format!("`{stated}` is neither a date such as 2026-03-01 nor an RFC 3339 time");
        field(name, reason)
    })
}

fn page_positions(body: &Value, ends: &[i64]) -> Result<Vec<i64>, Fault> {
    match text(body, "cursor")? {
        None => Ok(vec![0; ends.len()]),
        Some(stated) => {
            positions(stated, ends).map_err(|_| field("cursor", "is not that of an earlier page"))
        }
    }
}
