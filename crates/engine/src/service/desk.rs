//! What the desk hands in: decisions of people, as records of the log.

use super::{Service, ServiceError};
use crate::intake::Door;
use crate::live;
use crate::task::StageName;
use crate::topics;
use serde_json::Value;
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::parking::ParkingOrder;
use wattledger_domain::review::ReviewDecided;
use wattledger_domain::time::Timestamp;
use wattledger_runtime::Outgoing;
use wattledger_views::{ReviewList, ReviewOrder, ReviewPage, ViewError};
use wattledger_wire::topics as wire;

/// A unit whose records are held back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedUnit {
    /// The stage that holds them.
    pub stage: Box<str>,
    /// In which partition.
    pub partition: u32,
    /// Whose they are: a station, an account, a draft, a payment.
    pub unit: Box<str>,
    /// How many.
    pub records: u64,
}

impl Service {
    /// Takes a decision about a session; it is durable when this returns. The same one twice counts
    /// once.
    ///
    /// # Errors
    /// [`ServiceError`]; nothing is taken then.
    pub fn decide(&self, decision: ReviewDecided) -> Result<(), ServiceError> {
        self.append(std::iter::once(self.decision(decision)))
    }

    /// Takes decisions about sessions, all or none; they are durable when this returns.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] when more waits than can be folded soon.
    pub fn decide_all(
        &self,
        decisions: impl IntoIterator<Item = ReviewDecided>,
    ) -> Result<(), ServiceError> {
        if !self.has_room()? {
            return Err(ServiceError::Busy);
        }
        self.append(
            decisions
                .into_iter()
                .map(|decision| self.decision(decision)),
        )
    }

    fn decision(&self, decision: ReviewDecided) -> Outgoing {
        let key = topics::key(decision.station.as_str());
        let value = wire::charging::encode(&ChargingRecord::ReviewDecided(Box::new(decision)));
        Outgoing::keyed(&self.topics.charging_events, key, value)
    }

    /// Appends records in one transaction; they are durable when this returns.
    pub(crate) fn append(
        &self,
        records: impl Iterator<Item = Outgoing>,
    ) -> Result<(), ServiceError> {
        self.inlet().append(self.log.as_ref(), records)?;
        self.log.sync()?;
        Ok(())
    }

    /// One event in JSON as a record, its tokens resolved.
    pub(crate) fn field_event(
        &self,
        event: &Value,
        received_at: Timestamp,
    ) -> Result<ChargingRecord, ServiceError> {
        let mut inlet = self.inlet();
        inlet.directory.refresh()?;
        let door = Door {
            directory: &inlet.directory,
            received_at,
        };
        Ok(ChargingRecord::Field(door.event(event)?))
    }

    /// Units whose records are held back in partitions of this process.
    pub fn parked(&self) -> Vec<ParkedUnit> {
        let mut found = Vec::new();
        for standing in self.standings() {
            for (unit, records) in &standing.task.parked_units {
                found.push(ParkedUnit {
                    stage: standing.task.stage.as_ref().into(),
                    partition: standing.task.partition,
                    unit: String::from_utf8_lossy(unit).into(),
                    records: *records,
                });
            }
        }
        found
    }

    /// Orders what becomes of a parked unit; it is durable when this returns.
    ///
    /// # Errors
    /// [`ServiceError`]; nothing is ordered then.
    pub fn order_parked(
        &self,
        (stage, partition): (StageName, u32),
        order: &ParkingOrder,
    ) -> Result<(), ServiceError> {
        let value = wire::parking::encode(order);
        let record = Outgoing::keyed(stage.input(&self.topics), topics::key(&order.unit), value);
        self.append(std::iter::once(record.to_partition(partition)))
    }

    /// What waits for people, in sums.
    pub(super) fn review_sums(&self) -> Result<ReviewList, ViewError> {
        self.views.review_list(ReviewPage {
            order: ReviewOrder::Age,
            reason: None,
            skip: 0,
            limit: 0,
            now: live::now().0,
        })
    }
}
