//! The checks on links between stages: nothing lost, nothing doubled, nothing foreign.

use crate::record::Link;
use std::collections::BTreeMap;

/// The last link seen of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Its epoch.
    pub epoch: u32,
    /// Its sequence.
    pub sequence: u64,
    /// Its event.
    pub event: (i64, u32),
}

/// The last link seen of every source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions(pub BTreeMap<Box<str>, Position>);

/// What a link says about its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The next of its source.
    Next,
    /// Seen before: drop it.
    Again,
}

/// A link that must not be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// Two different records under one number.
    #[error("two records of `{origin}` carry number {sequence}")]
    Another {
        /// The source.
        origin: Box<str>,
        /// The number.
        sequence: u64,
    },
    /// A record is missing.
    #[error("`{origin}` went from {last} to {found}: records between are missing")]
    Gap {
        /// The source.
        origin: Box<str>,
        /// The last number seen.
        last: u64,
        /// The number found.
        found: u64,
    },
    /// An epoch that nobody announced.
    #[error("`{origin}` began epoch {found} after {last} without announcement")]
    Epoch {
        /// The source.
        origin: Box<str>,
        /// The last epoch.
        last: u32,
        /// The epoch found.
        found: u32,
    },
}

impl Positions {
    /// Checks a link and moves on to it.
    ///
    /// # Errors
    /// A [`LinkFault`]: the task must stop.
    pub fn arrive(&mut self, link: &Link) -> Result<Arrival, LinkFault> {
        let found = Position {
            epoch: link.epoch,
            sequence: link.sequence,
            event: link.event,
        };
        let last = self.0.get(&link.source).copied();
        let (epoch, sequence) = last.map_or((link.epoch, 0), |last| (last.epoch, last.sequence));
        if link.epoch != epoch {
            let origin = link.source.clone();
            return Err(LinkFault::Epoch {
                origin,
                last: epoch,
                found: link.epoch,
            });
        }
        if link.sequence <= sequence {
            return match last {
                Some(last) if last.sequence == link.sequence && last.event != link.event => {
                    Err(LinkFault::Another {
                        origin: link.source.clone(),
                        sequence,
                    })
                }
                _ => Ok(Arrival::Again),
            };
        }
        if link.sequence != sequence + 1 {
            let origin = link.source.clone();
            return Err(LinkFault::Gap {
                origin,
                last: sequence,
                found: link.sequence,
            });
        }
        self.0.insert(link.source.clone(), found);
        Ok(Arrival::Next)
    }

    /// A source starts again at sequence 1 in a new epoch.
    pub fn announce(&mut self, source: &str, epoch: u32) {
        let start = Position {
            epoch,
            sequence: 0,
            event: (0, 0),
        };
        self.0.insert(source.into(), start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(epoch: u32, sequence: u64, offset: i64) -> Link {
        Link {
            source: "stage/0".into(),
            epoch,
            sequence,
            event: (offset, 0),
        }
    }

    #[test]
    fn links_are_taken_in_order_and_once() {
        let mut seen = Positions::default();
        assert_eq!(seen.arrive(&link(0, 1, 5)), Ok(Arrival::Next));
        assert_eq!(seen.arrive(&link(0, 2, 6)), Ok(Arrival::Next));
        assert_eq!(seen.arrive(&link(0, 1, 5)), Ok(Arrival::Again));
        assert_eq!(seen.arrive(&link(0, 2, 6)), Ok(Arrival::Again));
    }

    #[test]
    fn a_gap_a_double_number_and_a_foreign_epoch_stop_the_task() {
        let mut seen = Positions::default();
        assert!(matches!(
            seen.arrive(&link(0, 2, 5)),
            Err(LinkFault::Gap { .. })
        ));
        assert_eq!(seen.arrive(&link(0, 1, 5)), Ok(Arrival::Next));
        assert!(matches!(
            seen.arrive(&link(0, 1, 9)),
            Err(LinkFault::Another { .. })
        ));
        assert!(matches!(
            seen.arrive(&link(1, 1, 9)),
            Err(LinkFault::Epoch { .. })
        ));
        seen.announce("stage/0", 1);
        assert_eq!(seen.arrive(&link(1, 1, 9)), Ok(Arrival::Next));
    }
}
