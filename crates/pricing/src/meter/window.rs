//! What is in force between two edges.

use super::stretch::{Flow, Stretch};
use crate::calendar::Offsetting;
use crate::compile::FlowDependence;
use wattledger_domain::record::Extent;
use wattledger_domain::time::Timestamp;

/// What is in force, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Next instant at which a price may change.
    pub until: Timestamp,
    /// Next energy at which a price may change, on the way on which energy moves.
    pub energy: Option<i64>,
    /// As metered, not as derived.
    pub power: Flow,
    pub current: Option<Extent<i64>>,
    pub places: Places,
    /// What is known of the wall clock.
    pub offset: Option<Offsetting>,
}

/// Positions among the steps of what is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    pub energy: Option<u16>,
    pub time: Option<u16>,
    pub parking: Option<u16>,
}

impl Window {
    /// Whether usage has the power and current that the window was found with, where that matters.
    /// Without a metered power each stretch has its own mean.
    #[inline]
    pub fn flows_alike(&self, flow: FlowDependence, stretch: &Stretch) -> bool {
        match flow {
            FlowDependence::Independent => true,
            FlowDependence::Current => self.current == stretch.current,
            FlowDependence::Power => {
                stretch.power != Flow::Mean
                    && self.power == stretch.power
                    && self.current == stretch.current
            }
        }
    }
}
