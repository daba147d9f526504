//! A session's readings: the newest with it, the older ones in chunks beside it, so that an event in
//! order rewrites few bytes and now and then the last chunk.
//!
//! Invariant: chunks follow each other, and all of them come before what the session keeps itself.

use super::Work;
use crate::desk::Desk;
use crate::key::{Key, Value};
use crate::ledger::{Aligned, Ledger, Start, align};
use crate::samples::{Added, Entry, Samples};
use crate::thinning::{self, By, Reached};

/// From so many bytes of readings on, a session puts them into the last chunk: about 8 readings.
const RECENT: usize = 64;
/// From so many bytes on, a chunk is full: about 64 readings.
const CHUNK: usize = 512;
/// From so many chunks on, readings are left out that nothing depends on: about 16,000 readings.
pub const CHUNKS_MANY: u16 = 256;
/// How many more come before it is tried again.
const CHUNKS_MORE: u16 = 32;
/// No more chunks are kept: about 100,000 readings.
const CHUNKS_MAX: u16 = 1_600;

impl Work<'_> {
    /// All readings, in order.
    pub(crate) fn readings(&self, desk: &mut Desk<'_, '_>) -> Vec<Entry> {
        let mut readings = Vec::new();
        for number in 0..self.session.chunks {
            if let Some(chunk) = self.chunk(desk, number) {
                readings.extend(chunk.iter());
            }
        }
        readings.extend(self.session.recent.iter());
        readings
    }

    /// Keeps a reading at its place.
    pub(super) fn keep(&mut self, desk: &mut Desk<'_, '_>, entry: Entry) -> Added {
        let session = &mut self.session;
        if session.older_to.is_some_and(|last| entry.at <= last) {
            return self.keep_older(desk, entry);
        }
        let bytes = session.recent.bytes().len();
        let later = session.recent.last().is_some_and(|last| last.at < entry.at);
        if bytes >= RECENT && later {
            self.push_down(desk);
            return self.session.recent.add(entry);
        }
        let added = session.recent.add(entry);
        // Readings that come backwards pile up where they come to stand.
        if bytes >= CHUNK {
            self.push_down(desk);
        }
        added
    }

    /// Puts the newest readings behind the older ones.
    fn push_down(&mut self, desk: &mut Desk<'_, '_>) {
        let recent = std::mem::take(&mut self.session.recent);
        let Some(newest) = recent.last() else { return };
        let count = self.session.chunks;
        let last = count.saturating_sub(1);
        let full = self
            .chunk(desk, last)
            .is_some_and(|chunk| chunk.bytes().len() >= CHUNK);
        let number = if full { count } else { last };
        self.take_chunk(desk, number).extend(&recent);
        self.session.chunks = number.saturating_add(1);
        self.session.older_to = Some(newest.at);
        let more = number.checked_sub(CHUNKS_MANY);
        if full && more.is_some_and(|more| more % CHUNKS_MORE == 0) {
            self.thin(desk);
        }
    }

    /// Whether no further reading is kept.
    pub(crate) fn is_full(&self) -> bool {
        self.session.chunks >= CHUNKS_MAX
    }

    /// Leaves out older readings that nothing depends on. What has begun at another register than its
    /// readings say keeps all: they are judged together.
    fn thin(&mut self, desk: &mut Desk<'_, '_>) {
        let entries = self.readings(desk);
        let session = &self.session;
        let (rules, bound) = (self.rules(), self.bound());
        let (mut read, mut plain) = (entries.clone(), rules);
        let start = Start::of(session, &rules);
        plain.read_all(&mut read);
        if align(&mut read, &start, &plain) != Aligned::default() {
            return;
        }
        let begin = Reached {
            ledger: Ledger::start(session.started_at, rules.believed(session.first_state)),
            meter: self.meter(),
        };
        let by = By {
            rules: &rules,
            tariff: bound.as_ref().and_then(|bound| bound.compiled()),
        };
        if let Some(fewer) = thinning::readings(&entries, &begin, by) {
            self.cut(desk, fewer);
        }
    }

    fn keep_older(&mut self, desk: &mut Desk<'_, '_>, entry: Entry) -> Added {
        let last = self.session.chunks.saturating_sub(1);
        let mut before = (1..=last).rev();
        let number = before.find(|number| {
            let first = self.chunk(desk, *number).and_then(Samples::first);
            first.is_some_and(|first| first <= entry)
        });
        let number = number.unwrap_or(0);
        let is_last = number == last && self.session.recent.is_empty();
        let chunk = self.take_chunk(desk, number);
        let added = chunk.add(entry);
        if chunk.bytes().len() > CHUNK.saturating_mul(2) {
            self.cut_anew(desk);
        }
        match added {
            Added::Last if !is_last => Added::Between,
            Added::Known | Added::Last | Added::Between => added,
        }
    }

    /// Cuts the older readings into chunks again: many came in between.
    fn cut_anew(&mut self, desk: &mut Desk<'_, '_>) {
        let mut entries = Vec::new();
        for number in 0..self.session.chunks {
            entries.extend(self.take_chunk(desk, number).iter());
        }
        self.cut(desk, entries);
    }

    /// Puts these in the place of the older readings.
    fn cut(&mut self, desk: &mut Desk<'_, '_>, entries: Vec<Entry>) {
        let before = self.session.chunks;
        let mut chunks: Vec<Box<Samples>> = Vec::new();
        for entry in entries {
            match chunks.last_mut() {
                Some(chunk) if chunk.bytes().len() < CHUNK => {
                    chunk.add(entry);
                }
                Some(_) | None => {
                    let mut chunk = Box::<Samples>::default();
                    chunk.add(entry);
                    chunks.push(chunk);
                }
            }
        }
        self.older = (0..).zip(chunks).collect();
        self.session.chunks = u16::try_from(self.older.len()).unwrap_or(u16::MAX);
        for number in self.session.chunks..before {
            desk.remove(&self.name(number));
        }
    }

    fn name(&self, number: u16) -> Key {
        Key::Samples(self.station.clone(), self.id.clone(), number)
    }

    /// A chunk, to read.
    fn chunk<'c>(&'c self, desk: &'c mut Desk<'_, '_>, number: u16) -> Option<&'c Samples> {
        if let Some(taken) = self.older.get(&number) {
            return Some(taken);
        }
        match desk.get(&self.name(number)) {
            Some(Value::Samples(chunk)) => Some(chunk),
            Some(_) | None => None,
        }
    }

    /// A chunk, to change; it is put back with the session.
    fn take_chunk(&mut self, desk: &mut Desk<'_, '_>, number: u16) -> &mut Samples {
        let name = self.name(number);
        self.older
            .entry(number)
            .or_insert_with(|| match desk.take(&name) {
                Some(Value::Samples(chunk)) => chunk,
                Some(_) | None => Box::default(),
            })
    }

    /// Puts back the chunks that were changed.
    pub(super) fn put_chunks(&mut self, desk: &mut Desk<'_, '_>) {
        while let Some((number, chunk)) = self.older.pop_first() {
            desk.put(self.name(number), Value::Samples(chunk));
        }
    }
}
