//! A record's link as a Kafka header, and records from messages.

use crate::codec::{Input, put_bytes, put_varint};
use crate::record::{Link, Record};
use rdkafka::message::{BorrowedMessage, Header, Headers as _, Message as _, OwnedHeaders};
use std::sync::Arc;

/// Carries source, epoch, sequence and event of a stage's output.
const LINK: &str = "wattledger-link";

type Plain = [(Box<str>, Vec<u8>)];

/// The headers of a record; none when it has none.
pub fn written(link: Option<&Link>, plain: &Plain) -> Option<OwnedHeaders> {
    if link.is_none() && plain.is_empty() {
        return None;
    }
    let mut headers = OwnedHeaders::new_with_capacity(plain.len() + 1);
    if let Some(link) = link {
        let mut bytes = Vec::with_capacity(32);
        put_bytes(&mut bytes, link.source.as_bytes());
        put_varint(&mut bytes, u64::from(link.epoch));
        put_varint(&mut bytes, link.sequence);
        put_varint(&mut bytes, link.event.0 as u64);
        put_varint(&mut bytes, u64::from(link.event.1));
        headers = headers.insert(Header {
            key: LINK,
            value: Some(&bytes),
        });
    }
    for (name, value) in plain {
        headers = headers.insert(Header {
            key: name,
            value: Some(value),
        });
    }
    Some(headers)
}

/// A message as a record of its topic.
pub fn record(topic: &Arc<str>, message: &BorrowedMessage<'_>) -> Record {
    let mut record = Record {
        topic: Arc::clone(topic),
        partition: message.partition() as u32,
        offset: message.offset(),
        key: message.key().unwrap_or_default().to_vec(),
        value: message.payload().map(<[u8]>::to_vec),
        link: None,
        headers: Vec::new(),
    };
    for header in message.headers().into_iter().flat_map(|all| all.iter()) {
        let value = header.value.unwrap_or_default();
        match (header.key == LINK).then(|| link(value)).flatten() {
            Some(link) => record.link = Some(link),
            None => record.headers.push((header.key.into(), value.to_vec())),
        }
    }
    record
}

fn link(bytes: &[u8]) -> Option<Link> {
    let mut input = Input(bytes);
    Some(Link {
        source: input.text()?.into(),
        epoch: u32::try_from(input.varint()?).ok()?,
        sequence: input.varint()?,
        event: (input.signed()?, u32::try_from(input.varint()?).ok()?),
    })
}
