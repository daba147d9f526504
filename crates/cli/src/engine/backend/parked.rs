//! What a fold had to hold back, and what people order about it.

use super::desk::{PATIENCE, required};
use super::{EngineBackend, invalid, of_service};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use wattledger_api::code::Code;
use wattledger_api::fault::Fault;
use wattledger_domain::parking::{ParkingAction, ParkingOrder};
use wattledger_engine::live;
use wattledger_engine::service::ParkedUnit;
use wattledger_engine::task::StageName;

impl EngineBackend {
    /// `GET /v1/parked`.
    pub(super) fn parked_units(&self) -> Value {
        let units = self.service.parked().into_iter().map(|unit| {
            json!({ "stage": unit.stage, "partition": unit.partition, "unit": unit.unit,
                    "records": unit.records })
        });
        json!({ "units": units.collect::<Vec<Value>>() })
    }

    /// `POST /v1/parked/release` and `/skip`: waits until the unit is no longer parked.
    pub(super) fn order_parked(&self, action: ParkingAction, body: &Value) -> Result<Value, Fault> {
        self.orderable()?;
        let (stage, unit) = (required(body, "stage")?, required(body, "unit")?);
        let known = StageName::ALL
            .into_iter()
            .find(|known| known.word() == stage);
        let known = known.ok_or_else(|| invalid("stage", format!("`{stage}` is not a stage")))?;
        let parked = self.held_back(stage, unit).ok_or_else(|| {
            let reason = format!("stage {stage} holds nothing of `{unit}` back");
            Fault::new(Code::Parked, reason)
        })?;
        let order = ParkingOrder {
            unit: unit.into(),
            action,
            reason: required(body, "reason")?.into(),
            ordered_by: required(body, "decidedBy")?.into(),
            ordered_at: live::now(),
        };
        let ordered = self.service.order_parked((known, parked.partition), &order);
        ordered.map_err(of_service)?;
        let began = Instant::now();
        while began.elapsed() < PATIENCE && !self.service.is_stopping() {
            if self.held_back(stage, unit).is_none() {
                return Ok(json!({ "result": "carried_out", "records": parked.records }));
            }
            self.service.nap(Duration::from_millis(20));
        }
        let result = "it is still parked: what made the fold panic does so again";
        Ok(json!({ "result": "waiting", "records": parked.records, "detail": result }))
    }

    fn held_back(&self, stage: &str, unit: &str) -> Option<ParkedUnit> {
        let mut parked = self.service.parked().into_iter();
        parked.find(|parked| *parked.stage == *stage && *parked.unit == *unit)
    }
}
