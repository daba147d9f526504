//! Corrections by another tariff: one decision a session, and what became of it.

use super::super::desk::PATIENCE;
use super::super::{EngineBackend, broken, of_service, of_view};
use serde_json::Value;
use std::time::{Duration, Instant};
use wattledger_api::fault::Fault;
use wattledger_domain::ids::TariffId;
use wattledger_domain::review::ReviewDecided;
use wattledger_domain::session::Pin;
use wattledger_engine::rerating::{RerateOrder, RerateRow};
use wattledger_views::{DecisionRow, OutcomeRow};

/// A decision on its way.
struct Sent {
    /// Of which row.
    place: usize,
    decision: ReviewDecided,
    /// How much had been said of it before.
    told: usize,
    /// The version that was billed before.
    version: i64,
}

/// Between two looks at what became of decisions.
const LOOK: Duration = Duration::from_millis(50);

impl EngineBackend {
    /// Hands in one decision for each session whose bill may change, all in one transaction, and waits
    /// for what becomes of them. What was decided before is not handed in again.
    pub(super) fn correct(
        &self,
        rows: &[RerateRow],
        shown: &mut [Value],
        (by, order): (&Pin<TariffId>, &RerateOrder),
    ) -> Result<(), Fault> {
        let mut sent: Vec<Sent> = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            if !row.is_to_be_corrected() {
                continue;
            }
            let decision = row.decision(by, order);
            if self.decided(&decision)?.is_some() {
                shown[place]["result"] = "already".into();
                continue;
            }
            let told = self.outcomes(&decision)?.len();
            let version = row.standing.version;
            sent.push(Sent {
                place,
                decision,
                told,
                version,
            });
        }
        if sent.is_empty() {
            return Ok(());
        }
        let decisions = sent.iter().map(|sent| sent.decision.clone());
        self.service.decide_all(decisions).map_err(of_service)?;
        let mut moved = Instant::now();
        while !sent.is_empty() && moved.elapsed() < PATIENCE && !self.service.is_stopping() {
            let before = sent.len();
            let mut left = Vec::new();
            for one in sent {
                match self.became(&one)? {
                    Some((result, reason)) => say(shown, one.place, result, reason),
                    None => left.push(one),
                }
            }
            sent = left;
            if sent.len() < before {
                moved = Instant::now();
            }
            if !sent.is_empty() {
                self.service.nap(LOOK);
            }
        }
        for one in sent {
            let (source, id) = (&one.decision.source, &one.decision.id);
            let where_to_look = format!("GET /v1/events/{source}/{id} tells what becomes of it");
            say(shown, one.place, "pending", where_to_look);
        }
        Ok(())
    }

    /// What became of a decision; `None` while nothing has.
    fn became(&self, sent: &Sent) -> Result<Option<(&'static str, String)>, Fault> {
        if let Some(done) = self.decided(&sent.decision)? {
            return Ok(Some(match (done.waits, done.version > sent.version) {
                (0, true) => ("corrected", format!("version {}", done.version)),
                (0, false) => ("unchanged", "it comes to the same bill".to_owned()),
                (round, _) => ("waits", format!("it waits for a person, round {round}")),
            }));
        }
        let said = self.outcomes(&sent.decision)?.into_iter().nth(sent.told);
        Ok(said.map(|said| match said.outcome.as_str() {
            "duplicate" => ("already", said.detail),
            _ => ("refused", said.detail),
        }))
    }

    fn decided(&self, decision: &ReviewDecided) -> Result<Option<DecisionRow>, Fault> {
        let (source, id) = (decision.source.as_str(), decision.id.as_str());
        self.service.views.decision(source, id).map_err(of_view)
    }

    fn outcomes(&self, decision: &ReviewDecided) -> Result<Vec<OutcomeRow>, Fault> {
        let (source, id) = (decision.source.as_str(), decision.id.as_str());
        let report = self.service.views.event_outcome(source, id);
        Ok(report.map_err(broken)?.outcomes)
    }
}

fn say(shown: &mut [Value], place: usize, result: &str, reason: String) {
    if let Some(row) = shown.get_mut(place) {
        row["result"] = result.into();
        row["result_reason"] = reason.into();
    }
}
