//! What a gateway has written: keyed by station, in transactions.

use super::{Door, PARTITIONS, Plan};
use std::sync::OnceLock;
use wattledger_benches::scene::{self, Scene};
use wattledger_domain::charging::{ChargingRecord, FieldBody};
use wattledger_engine::topics::{self, Topics};
use wattledger_runtime::log::kafka::KafkaLog;
use wattledger_runtime::{Log as _, Outgoing};
use wattledger_sessions::Key;
use wattledger_wire::topics::charging;

static TOPICS: OnceLock<Topics> = OnceLock::new();
/// Records of a transaction.
const TRANSACTION: usize = 10_000;

/// Records before the readings, over all partitions.
pub const fn opening_records(scene: Scene) -> usize {
    let everywhere = SHARED_DOCUMENTS + scene.sessions.div_ceil(2) + 1;
    everywhere * PARTITIONS as usize + 3 * scene.sessions
}

/// Documents of a scene beside its stations.
const SHARED_DOCUMENTS: usize = 5;

/// Writes all of it.
pub fn fill(log: &KafkaLog, plan: Plan) {
    let mut producer = log.producer("gateway").unwrap();
    let scene = plan.scene;
    let opening = scene
        .documents()
        .chain(std::iter::once(scene::tick(0)))
        .chain(scene.openings());
    let readings = (1..=plan.minutes)
        .flat_map(|minute| std::iter::once(scene::tick(minute)).chain(scene.readings(minute)));
    producer.begin().unwrap();
    for (place, record) in opening.chain(readings).enumerate() {
        if place % TRANSACTION == TRANSACTION - 1 {
            producer.commit().unwrap();
            producer.begin().unwrap();
        }
        let through_intake = plan.door == Door::Intake && is_reading(&record);
        let written = if through_intake {
            vec![before_intake(&record)]
        } else {
            written(&record)
        };
        for record in written {
            producer.send(record).unwrap();
        }
    }
    producer.commit().unwrap();
}

const fn is_reading(record: &ChargingRecord) -> bool {
    matches!(record, ChargingRecord::Field(event) if matches!(event.body, FieldBody::SessionUpdated(_)))
}

/// A reading as a gateway writes that knows our schema but not our partitions.
fn before_intake(record: &ChargingRecord) -> Outgoing {
    let topics = TOPICS.get_or_init(Topics::default);
    let station = scene::station_of(record).unwrap();
    let value = charging::encode(record);
    Outgoing::keyed(&topics.gateway_events, topics::key(station.as_str()), value)
}

/// One record for its station's partition; reference data and ticks for all of them.
pub fn written(record: &ChargingRecord) -> Vec<Outgoing> {
    let topics = TOPICS.get_or_init(Topics::default);
    let value = charging::encode(record);
    let to = |routing| Outgoing::keyed(&topics.charging_events, topics::key(routing), value);
    match scene::station_of(record) {
        Some(station) => vec![to(station.as_str())],
        None => {
            let everywhere = to(Key::REFERENCE);
            (0..PARTITIONS)
                .map(|partition| everywhere.clone().to_partition(partition))
                .collect()
        }
    }
}
