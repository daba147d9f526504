//! Dead letters: what was set aside, one with its bytes, and driving them in again.

use super::desk::required;
use super::{EngineBackend, broken, invalid, most, of_service, of_view, parameter, to_json, whole};
use serde_json::{Value, json};
use wattledger_api::code::Code;
use wattledger_api::fault::Fault;
use wattledger_engine::letters::{Redrive, RedriveError};
use wattledger_engine::live;
use wattledger_views::{LetterFilter, LetterRow, Waiting};

impl EngineBackend {
    /// `GET /v1/dead-letters`.
    pub(super) fn letters(&self, parameters: &[(String, String)]) -> Result<Value, Fault> {
        let only_waiting = match parameter(parameters, "waiting").unwrap_or("false") {
            "true" => Some(Waiting),
            "false" => None,
            other => {
                return Err(invalid(
                    "waiting",
                    format!("`{other}` is not true or false"),
                ));
            }
        };
        let filter = LetterFilter {
            reason: parameter(parameters, "reason"),
            topic: parameter(parameters, "topic"),
            stage: parameter(parameters, "stage"),
            only_waiting,
        };
        let (skip, limit) = (whole(parameters, "skip", 0)?, most(parameters, 100)?);
        let list = self.service.views.letters(filter, skip, limit);
        to_json(&list.map_err(of_view)?)
    }

    /// `GET /v1/dead-letters/{topic}/{partition}/{offset}`.
    pub(super) fn letter(&self, parameters: &[(String, String)]) -> Result<Value, Fault> {
        let topic = parameter(parameters, "topic").unwrap_or_default();
        let (partition, offset) = (
            whole(parameters, "partition", -1)?,
            whole(parameters, "offset", -1)?,
        );
        let rows = self.letter_rows(topic, partition, offset)?;
        let shown = rows.iter().map(|row| self.shown_letter(row));
        Ok(json!({ "letters": shown.collect::<Result<Vec<Value>, Fault>>()? }))
    }

    fn letter_rows(
        &self,
        topic: &str,
        partition: i64,
        offset: i64,
    ) -> Result<Vec<LetterRow>, Fault> {
        let rows = self.service.views.letter(topic, partition, offset);
        let rows = rows.map_err(of_view)?;
        if rows.is_empty() {
            let reason = format!("the record at {topic}/{partition}/{offset} was not set aside");
            return Err(Fault::new(Code::Letter, reason));
        }
        Ok(rows)
    }

    /// A letter with its bytes: as hexadecimal figures, as text where it is text, as the record that it
    /// is where it can be read.
    fn shown_letter(&self, row: &LetterRow) -> Result<Value, Fault> {
        let mut shown = to_json(row)?;
        let Some(record) = self.service.letter(row).map_err(of_service)? else {
            shown["kept"] = false.into();
            return Ok(shown);
        };
        let bytes = record.value.as_deref().unwrap_or_default();
        let hexadecimal: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        shown["kept"] = true.into();
        shown["hex"] = hexadecimal.into();
        shown["text"] = std::str::from_utf8(bytes).ok().into();
        shown["reads_as"] = wattledger_wire::json::render(bytes).unwrap_or(Value::Null);
        Ok(shown)
    }

    /// `POST /v1/dead-letters/redrive`.
    pub(super) fn redrive(&self, body: &Value) -> Result<Value, Fault> {
        self.orderable()?;
        let letters = self.chosen(body)?;
        let mended = Some(&body["event"])
            .filter(|event| !event.is_null())
            .cloned();
        if mended.is_some() && letters.len() != 1 {
            return Err(invalid("event", "one mended event stands for one letter"));
        }
        let asked = Redrive {
            letters,
            mended,
            by: required(body, "decidedBy")?.into(),
            reason: required(body, "reason")?.into(),
            at: live::now(),
        };
        let done = self.service.redrive(&asked).map_err(|error| match error {
            RedriveError::Service(error) => of_service(error),
            RedriveError::Views(error) => of_view(error),
            RedriveError::ViewsBehind => broken(error),
        })?;
        let left = done.left.iter();
        let left = left.map(|(place, why)| json!({ "letter": place, "why": why }));
        Ok(json!({ "redriven": done.redriven, "left": left.collect::<Vec<Value>>() }))
    }

    /// Those named in `letters`, or a page of those that a filter names and that wait.
    fn chosen(&self, body: &Value) -> Result<Vec<LetterRow>, Fault> {
        let Some(named) = body["letters"].as_array() else {
            let text = |name: &str| body[name].as_str();
            let filter = LetterFilter {
                reason: text("code"),
                topic: text("topic"),
                stage: text("stage"),
                only_waiting: Some(Waiting),
            };
            let limit = body["limit"].as_i64().unwrap_or(1_000);
            let list = self.service.views.letters(filter, 0, limit);
            return Ok(list.map_err(of_view)?.items);
        };
        let mut letters = Vec::new();
        for name in named {
            let name = name.as_str().unwrap_or_default();
            let place = || {
                let (rest, offset) = name.rsplit_once('/')?;
                let (topic, partition) = rest.rsplit_once('/')?;
                Some((topic, partition.parse().ok()?, offset.parse().ok()?))
            };
            let (topic, partition, offset) = place().ok_or_else(|| {
                invalid("letters", format!("`{name}` is not topic/partition/offset"))
            })?;
            letters.extend(self.letter_rows(topic, partition, offset)?);
        }
        Ok(letters)
    }
}
