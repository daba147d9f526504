//! What the desk hands in: decisions of people, as records of the log.

use super::{Service, ServiceError};
use crate::live;
use crate::topics;
use wattledger_domain::charging::ChargingRecord;
use wattledger_domain::review::ReviewDecided;
use wattledger_runtime::Outgoing;
use wattledger_views::{ReviewList, ReviewOrder, ReviewPage, ViewError};
use wattledger_wire::topics as wire;

impl Service {
    /// Takes a decision about a session; it is durable when this returns. The same one twice counts
    /// once.
    ///
    /// # Errors
    /// [`ServiceError`]; nothing is taken then.
    pub fn decide(&self, decision: ReviewDecided) -> Result<(), ServiceError> {
        let key = topics::key(decision.station.as_str());
        let value = wire::charging::encode(&ChargingRecord::ReviewDecided(Box::new(decision)));
        let record = Outgoing::keyed(&self.topics.charging_events, key, value);
        self.inlet()
            .append(self.log.as_ref(), std::iter::once(record))?;
        self.log.sync()?;
        Ok(())
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
