//! JSON from outside as one flat list of values that borrow from the text: what reads much of it, and keeps little,
//! pays neither for a string per key and number nor for a map per object.
//!
//! Invariant: a text is read, or refused with the same words, as [`unique_keys::read`] does; what the quick way is not
//! sure of goes that way.

mod scan;

use crate::unique_keys::{self, JsonFault};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A JSON text that was read.
#[derive(Clone, Debug)]
pub struct JsonTree<'a> {
    /// The root, with all that is in it.
    nodes: Vec<Node<'a>>,
}

/// A value of a [`JsonTree`], with all that is in it.
#[derive(Clone, Copy, Debug)]
pub struct Json<'t> {
    /// The value itself, then what is in it: of an object key and value in turn, each value with its own.
    nodes: &'t [Node<'t>],
}

/// What a value is, and of one without others in it what it says.
#[derive(Clone, Debug)]
struct Node<'a> {
    /// Of numbers and texts.
    words: Cow<'a, str>,
    /// Nodes that it takes with all that is in it.
    nodes: u32,
    kind: Kind,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Null,
    False,
    True,
    Number,
    Text,
    Array,
    Object,
}

impl<'a> JsonTree<'a> {
    /// Reads a JSON text.
    ///
    /// # Errors
    /// As [`unique_keys::read`].
    pub fn read(bytes: &'a [u8]) -> Result<Self, JsonFault> {
        if let Ok(text) = std::str::from_utf8(bytes)
            && let Some(nodes) = scan::nodes(text)
        {
            return Ok(Self { nodes });
        }
        let mut nodes = Vec::new();
        push_owned(unique_keys::read(bytes)?, &mut nodes);
        Ok(Self { nodes })
    }

    /// The same of a value that was read already.
    #[must_use]
    pub fn of(value: &'a Value) -> Self {
        let mut nodes = Vec::new();
        push(value, &mut nodes);
        Self { nodes }
    }

    /// The value that holds all others.
    #[must_use]
    pub fn root(&self) -> Json<'_> {
        Json { nodes: &self.nodes }
    }
}

impl<'t> Json<'t> {
    fn node(self) -> Option<&'t Node<'t>> {
        self.nodes.first()
    }

    fn is(self, kind: Kind) -> bool {
        self.node().is_some_and(|node| node.kind == kind)
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.is(Kind::Null)
    }

    /// Whether it is an object.
    #[must_use]
    pub fn is_object(self) -> bool {
        self.is(Kind::Object)
    }

    /// What it says, where it is a text.
    #[must_use]
    pub fn text(self) -> Option<&'t str> {
        self.words(Kind::Text)
    }

    /// Its digits as written, where it is a number.
    #[must_use]
    pub fn digits(self) -> Option<&'t str> {
        self.words(Kind::Number)
    }

    fn words(self, kind: Kind) -> Option<&'t str> {
        let node = self.node().filter(|node| node.kind == kind)?;
        Some(&node.words)
    }

    /// Whether it is true or false.
    #[must_use]
    pub fn flag(self) -> Option<bool> {
        match self.node()?.kind {
            Kind::True => Some(true),
            Kind::False => Some(false),
            Kind::Null | Kind::Number | Kind::Text | Kind::Array | Kind::Object => None,
        }
    }

    /// Its items, where it is an array.
    #[must_use]
    pub fn items(self) -> Option<Items<'t>> {
        self.inside(Kind::Array)
    }

    /// Its fields in the text's order, where it is an object.
    #[must_use]
    pub fn fields(self) -> Option<impl Iterator<Item = (&'t str, Json<'t>)>> {
        let mut inside = self.inside(Kind::Object)?;
        Some(std::iter::from_fn(move || {
            let (name, value) = inside.next_field()?;
            Some((name, value))
        }))
    }

    /// A field of an object.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Json<'t>> {
        let mut inside = self.inside(Kind::Object)?;
        while let Some((found, value)) = inside.next_field() {
            if found == name {
                return Some(value);
            }
        }
        None
    }

    fn inside(self, kind: Kind) -> Option<Items<'t>> {
        let (node, rest) = self.nodes.split_first()?;
        (node.kind == kind).then_some(Items { rest })
    }

    /// The same as a value of its own.
    #[must_use]
    pub fn to_value(self) -> Value {
        let Some(node) = self.node() else {
            return Value::Null;
        };
        match node.kind {
            Kind::Null => Value::Null,
            Kind::False => Value::Bool(false),
            Kind::True => Value::Bool(true),
            // What `serde_json` would not call a number is none here either.
            Kind::Number => node.words.parse().map_or(Value::Null, Value::Number),
            Kind::Text => Value::String(node.words.clone().into_owned()),
            Kind::Array => Value::Array(
                self.items()
                    .into_iter()
                    .flatten()
                    .map(Json::to_value)
                    .collect(),
            ),
            Kind::Object => {
                let fields = self.fields().into_iter().flatten();
                let fields = fields.map(|(name, value)| (name.to_owned(), value.to_value()));
                Value::Object(fields.collect::<Map<String, Value>>())
            }
        }
    }
}

/// The items of an array.
#[derive(Clone, Debug)]
pub struct Items<'t> {
    rest: &'t [Node<'t>],
}

impl<'t> Items<'t> {
    #[inline]
    fn next_field(&mut self) -> Option<(&'t str, Json<'t>)> {
        let (name, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some((&name.words, self.next()?))
    }
}

impl<'t> Iterator for Items<'t> {
    type Item = Json<'t>;

    #[inline]
    fn next(&mut self) -> Option<Json<'t>> {
        let nodes = usize::try_from(self.rest.first()?.nodes).ok()?;
        let (nodes, rest) = self.rest.split_at_checked(nodes)?;
        self.rest = rest;
        Some(Json { nodes })
    }
}

impl<'a> Node<'a> {
    /// One that holds no other, or none yet.
    const fn alone(kind: Kind, words: Cow<'a, str>) -> Self {
        Self {
            words,
            nodes: 1,
            kind,
        }
    }

    const fn bare(kind: Kind) -> Self {
        Self::alone(kind, Cow::Borrowed(""))
    }
}

/// Says of what began at a place that all since is in it; `None` past what a tree can hold.
fn close(nodes: &mut [Node<'_>], place: usize) -> Option<()> {
    let taken = u32::try_from(nodes.len().checked_sub(place)?).ok()?;
    nodes.get_mut(place)?.nodes = taken;
    Some(())
}

fn push<'a>(value: &'a Value, nodes: &mut Vec<Node<'a>>) {
    let place = nodes.len();
    match value {
        Value::Null => nodes.push(Node::bare(Kind::Null)),
        Value::Bool(false) => nodes.push(Node::bare(Kind::False)),
        Value::Bool(true) => nodes.push(Node::bare(Kind::True)),
        Value::Number(number) => nodes.push(Node::alone(Kind::Number, number.as_str().into())),
        Value::String(text) => nodes.push(Node::alone(Kind::Text, text.into())),
        Value::Array(items) => {
            nodes.push(Node::bare(Kind::Array));
            for item in items {
                push(item, nodes);
            }
        }
        Value::Object(fields) => {
            nodes.push(Node::bare(Kind::Object));
            for (name, value) in fields {
                nodes.push(Node::alone(Kind::Text, name.into()));
                push(value, nodes);
            }
        }
    }
    // A value in memory has fewer than 2^32 values in it: each takes 32 bytes.
    let _ = close(nodes, place);
}

fn push_owned(value: Value, nodes: &mut Vec<Node<'_>>) {
    let place = nodes.len();
    match value {
        Value::Null => nodes.push(Node::bare(Kind::Null)),
        Value::Bool(false) => nodes.push(Node::bare(Kind::False)),
        Value::Bool(true) => nodes.push(Node::bare(Kind::True)),
        Value::Number(number) => nodes.push(Node::alone(Kind::Number, number.to_string().into())),
        Value::String(text) => nodes.push(Node::alone(Kind::Text, text.into())),
        Value::Array(items) => {
            nodes.push(Node::bare(Kind::Array));
            for item in items {
                push_owned(item, nodes);
            }
        }
        Value::Object(fields) => {
            nodes.push(Node::bare(Kind::Object));
            for (name, value) in fields {
                nodes.push(Node::alone(Kind::Text, name.into()));
                push_owned(value, nodes);
            }
        }
    }
    let _ = close(nodes, place);
}

#[cfg(test)]
mod tests;
