//! The quick way to read a JSON text (RFC 8259).
//!
//! Invariant: what it reads, `serde_json` reads alike; `None` decides nothing.

use super::{Kind, Node, close};
use std::borrow::Cow;

/// Values in values that are read; `serde_json` goes a little further.
const DEPTH_MAX: u32 = 100;

/// Keys of an object that are held against each other one by one.
const KEYS_MAX: u32 = 64;

/// How keys begin that are none: `serde_json` tells a number digit by digit by them.
const SERDE: &str = "$serde_json";

/// Nodes that room is made for at first: a text of 16 kB hardly needs more.
const NODES_FIRST: usize = 2_048;

/// All values of a text in order; `None` for a text that is none, that has a key twice, or that is left to others.
pub fn nodes(text: &str) -> Option<Vec<Node<'_>>> {
    let room = text.len().checked_div(8)?.min(NODES_FIRST);
    let mut scan = Scan {
        text,
        bytes: text.as_bytes(),
        place: 0,
        nodes: Vec::with_capacity(room),
    };
    scan.value(DEPTH_MAX)?;
    scan.skip_spaces();
    (scan.place == text.len()).then_some(scan.nodes)
}

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    place: usize,
    nodes: Vec<Node<'a>>,
}

impl<'a> Scan<'a> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.place).copied()
    }

    #[inline]
    fn step(&mut self) {
        self.place = self.place.wrapping_add(1);
    }

    #[inline]
    fn skip_spaces(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.step();
        }
    }

    /// The next byte that is no space.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        self.skip_spaces();
        self.peek()
    }

    fn value(&mut self, depth: u32) -> Option<()> {
        match self.next()? {
            b'"' => {
                let words = self.text()?;
                self.nodes.push(Node::alone(Kind::Text, words));
            }
            b'-' | b'0'..=b'9' => {
                let words = Cow::Borrowed(self.number()?);
                self.nodes.push(Node::alone(Kind::Number, words));
            }
            b'{' => self.object(depth)?,
            b'[' => self.array(depth)?,
            b't' => self.word("true", Kind::True)?,
            b'f' => self.word("false", Kind::False)?,
            b'n' => self.word("null", Kind::Null)?,
            _ => return None,
        }
        Some(())
    }

    fn word(&mut self, word: &str, kind: Kind) -> Option<()> {
        let rest = self.bytes.get(self.place..)?;
        if !rest.starts_with(word.as_bytes()) {
            return None;
        }
        self.place = self.place.wrapping_add(word.len());
        self.nodes.push(Node::bare(kind));
        Some(())
    }

    fn array(&mut self, depth: u32) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let begin = self.nodes.len();
        self.nodes.push(Node::bare(Kind::Array));
        self.step();
        if self.next()? == b']' {
            self.step();
            return Some(());
        }
        loop {
            self.value(depth)?;
            match self.next()? {
                b',' => self.step(),
                b']' => {
                    self.step();
                    return close(&mut self.nodes, begin);
                }
                _ => return None,
            }
        }
    }

    fn object(&mut self, depth: u32) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let begin = self.nodes.len();
        self.nodes.push(Node::bare(Kind::Object));
        self.step();
        if self.next()? == b'}' {
            self.step();
            return Some(());
        }
        let (mut marks, mut keys) = (0_u64, 0);
        loop {
            if self.next()? != b'"' || keys == KEYS_MAX {
                return None;
            }
            keys = keys.wrapping_add(1);
            let name = self.text()?;
            let mark = mark_of(&name);
            let twice = marks & mark != 0 && self.has_key(begin, &name);
            if twice || name.starts_with(SERDE) {
                return None;
            }
            marks |= mark;
            self.nodes.push(Node::alone(Kind::Text, name));
            if self.next()? != b':' {
                return None;
            }
            self.step();
            self.value(depth)?;
            match self.next()? {
                b',' => self.step(),
                b'}' => {
                    self.step();
                    return close(&mut self.nodes, begin);
                }
                _ => return None,
            }
        }
    }

    /// Whether the object that began at a place has a key already.
    fn has_key(&self, begin: usize, name: &str) -> bool {
        let mut place = begin.wrapping_add(1);
        while let Some(key) = self.nodes.get(place) {
            if key.words == name {
                return true;
            }
            let value = place.wrapping_add(1);
            let taken = self.nodes.get(value).map_or(1, |value| value.nodes);
            place = value.wrapping_add(usize::try_from(taken).unwrap_or(usize::MAX));
        }
        false
    }

    /// A text; the place is at its first quotation mark.
    #[inline]
    fn text(&mut self) -> Option<Cow<'a, str>> {
        let begin = self.place.wrapping_add(1);
        let rest = self.bytes.get(begin..)?;
        let plain = rest.iter().position(|byte| !is_plain(*byte))?;
        let end = begin.wrapping_add(plain);
        if self.bytes.get(end) == Some(&b'"') {
            self.place = end.wrapping_add(1);
            return self.text.get(begin..end).map(Cow::Borrowed);
        }
        self.escaped_text(end)
    }

    /// A text with escapes, the first of them at a place.
    #[inline(never)]
    fn escaped_text(&mut self, first: usize) -> Option<Cow<'a, str>> {
        let mut end = first;
        loop {
            match self.bytes.get(end)? {
                b'"' => break,
                b'\\' => end = end.checked_add(2)?,
                _ => end = end.checked_add(1)?,
            }
        }
        let past = end.checked_add(1)?;
        let written = self.text.get(self.place..past)?;
        self.place = past;
        serde_json::from_str::<String>(written).ok().map(Cow::Owned)
    }

    /// A number as written.
    #[inline]
    fn number(&mut self) -> Option<&'a str> {
        let begin = self.place;
        if self.peek() == Some(b'-') {
            self.step();
        }
        match self.peek()? {
            b'0' => self.step(),
            b'1'..=b'9' => self.digits()?,
            _ => return None,
        }
        if self.peek() == Some(b'.') {
            self.step();
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.step();
            if let Some(b'+' | b'-') = self.peek() {
                self.step();
            }
            self.digits()?;
        }
        self.text.get(begin..self.place)
    }

    /// One digit or more.
    #[inline]
    fn digits(&mut self) -> Option<()> {
        if !self.peek()?.is_ascii_digit() {
            return None;
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.step();
        }
        Some(())
    }
}

/// Whether a byte stands in a text for itself.
#[inline]
const fn is_plain(byte: u8) -> bool {
    byte >= 0x20 && byte != b'"' && byte != b'\\'
}

/// One of 64 marks: two keys with different ones are different.
#[inline]
fn mark_of(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let ends = [bytes.first(), bytes.last(), bytes.get(4)];
    let [first, last, fifth] = ends.map(|byte| byte.copied().map_or(0, u32::from));
    let length = u32::try_from(bytes.len()).unwrap_or(0);
    let mixed = first.wrapping_mul(7) ^ last.wrapping_mul(3) ^ fifth ^ length.wrapping_mul(5);
    1_u64.rotate_left(mixed & 63)
}
