//! The review desk: what waits, one case, and decisions about it.

use super::{EngineBackend, broken, invalid, most, of_service, of_view, parameter, to_json, whole};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use wattledger_api::code::Code;
use wattledger_api::fault::Fault;
use wattledger_domain::ids::{SessionId, StationId};
use wattledger_domain::reference::Kind;
use wattledger_domain::review::{ReviewDecided, ReviewVerdict};
use wattledger_engine::live;
use wattledger_views::{DecisionRow, ReviewOrder, ReviewPage};
use wattledger_wire::cloud_events::{self, Subject};

/// How long a request waits for what became of its decision.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

impl EngineBackend {
    /// `GET /v1/review`.
    pub(super) fn review(&self, parameters: &[(String, String)]) -> Result<Value, Fault> {
        let order = match parameter(parameters, "order").unwrap_or("age") {
            "age" => ReviewOrder::Age,
            "money" => ReviewOrder::Money,
            other => return Err(invalid("order", format!("`{other}` is not age or money"))),
        };
        let now = live::now().0;
        let list = self.service.views.review_list(ReviewPage {
            order,
            reason: parameter(parameters, "reason"),
            skip: whole(parameters, "skip", 0)?,
            limit: most(parameters, 100)?,
            now,
        });
        let mut shown = to_json(&list.map_err(of_view)?)?;
        shown["now"] = now.into();
        Ok(shown)
    }

    /// `GET /v1/reports/review`: how many wait, and over how much, by reason, age and in all.
    pub(super) fn waiting(&self, parameters: &[(String, String)]) -> Result<Value, Fault> {
        let by = parameter(parameters, "by").unwrap_or("all");
        if !["all", "reason", "age"].contains(&by) {
            return Err(invalid("by", format!("`{by}` is not reason, age or all")));
        }
        let list = self.service.views.review_list(ReviewPage {
            order: ReviewOrder::Age,
            reason: None,
            skip: 0,
            limit: 0,
            now: live::now().0,
        });
        let list = list.map_err(of_view)?;
        let mut rows = Vec::new();
        for (word, counts) in [
            ("reason", &list.by_reason),
            ("age", &list.by_age),
            ("all", &list.totals),
        ] {
            if word != "all" && by != "all" && by != word {
                continue;
            }
            for count in counts {
                let mut row = to_json(count)?;
                row["by"] = word.into();
                rows.push(row);
            }
        }
        Ok(json!({ "rows": rows }))
    }

    /// `GET /v1/review/{session}`: the case with its whole story.
    pub(super) fn review_case(&self, session: &str) -> Result<Value, Fault> {
        let views = &self.service.views;
        let case = views.review_case(session).map_err(of_view)?;
        let mut shown = to_json(&case.ok_or_else(|| unknown(session))?)?;
        let story = views.session_story(session).map_err(of_view)?;
        shown["story"] = to_json(&story.map(|story| story.items))?;
        Ok(shown)
    }

    /// `POST /v1/review/{session}/decisions`: waits for what becomes of it.
    pub(super) fn decide(&self, session: &str, body: &Value) -> Result<Value, Fault> {
        self.orderable()?;
        let views = &self.service.views;
        let case = views.review_case(session).map_err(of_view)?;
        let case = case.ok_or_else(|| unknown(session))?;
        let subject = Subject {
            session: &SessionId::new(session),
            station: &StationId::new(case.station),
            decided_at: live::now(),
        };
        let decision =
            cloud_events::decision(body, &subject).map_err(|fault| of_service(fault.into()))?;
        self.know_payer(&decision)?;
        if let Some(done) = self.carried_out(&decision)? {
            return Ok(done);
        }
        let told = self.refusals(&decision)?.len();
        self.service.decide(decision.clone()).map_err(of_service)?;
        let began = Instant::now();
        while began.elapsed() < PATIENCE && !self.service.is_stopping() {
            if let Some(done) = self.carried_out(&decision)? {
                return Ok(done);
            }
            if let Some(reason) = self.refusals(&decision)?.into_iter().nth(told) {
                return Err(Fault::new(Code::Decision, reason));
            }
            self.service.nap(Duration::from_millis(20));
        }
        Ok(
            json!({ "result": "waiting", "source": decision.source.as_str(),
                   "id": decision.id.as_str() }),
        )
    }

    /// What is ordered needs an engine that runs, its stores up to the log.
    pub(super) fn orderable(&self) -> Result<(), Fault> {
        self.attended()?;
        self.ready()
    }

    /// An account that nobody has described pays nothing: it is refused at the door.
    fn know_payer(&self, decision: &ReviewDecided) -> Result<(), Fault> {
        let ReviewVerdict::SetPayer(account) = &decision.verdict else {
            return Ok(());
        };
        let kind = Kind::Account.word();
        let known = self.service.views.references(kind, Some(account.as_str()));
        if known.map_err(of_view)?.is_empty() {
            let reason = format!("there is no account `{account}`");
            return Err(Fault::new(Code::Document, reason).at(None, Some("account".to_owned())));
        }
        Ok(())
    }

    fn carried_out(&self, decision: &ReviewDecided) -> Result<Option<Value>, Fault> {
        let (source, id) = (decision.source.as_str(), decision.id.as_str());
        let found = self.service.views.decision(source, id).map_err(of_view)?;
        let shown =
            |row: DecisionRow| Ok(json!({ "result": "carried_out", "decision": to_json(&row)? }));
        let of_session = |row: &DecisionRow| row.session == decision.session.as_str();
        found.filter(of_session).map(shown).transpose()
    }

    /// Why it was not carried out, each time that it was handed in.
    fn refusals(&self, decision: &ReviewDecided) -> Result<Vec<String>, Fault> {
        let (source, id) = (decision.source.as_str(), decision.id.as_str());
        let report = self.service.views.event_outcome(source, id);
        let outcomes = report.map_err(broken)?.outcomes.into_iter();
        let refused = outcomes.filter(|row| row.outcome != "duplicate");
        Ok(refused.map(|row| row.detail).collect())
    }
}

fn unknown(session: &str) -> Fault {
    let reason = format!("session `{session}` was neither held nor billed");
    Fault::new(Code::Session, reason)
}

/// The most that a person's words take on record.
const WORDS_MAX: usize = 4_096;

/// A text that must be there, and say something.
pub(super) fn required<'a>(body: &'a Value, name: &str) -> Result<&'a str, Fault> {
    let wrong = |reason: &str| Fault::new(Code::Field, reason).at(None, Some(name.to_owned()));
    let text = body[name].as_str().unwrap_or_default();
    if text.trim().is_empty() {
        return Err(wrong("is required"));
    }
    if text.len() > WORDS_MAX {
        return Err(wrong("expected 1 to 4096 bytes"));
    }
    Ok(text)
}
