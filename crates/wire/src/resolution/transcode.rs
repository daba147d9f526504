//! Bytes of one schema as bytes of another, by Avro's rules of schema resolution.
//!
//! Variants of unions are matched by name: apache-avro matches them by their fields, so that of two
//! variants with the same fields, or none, it always takes the first. Invariant: bounded by the
//! bytes there are and by [`STEPS_MAX`]; a value that the reader's schema cannot say is an error.

use super::shape::{Defined, Field, Plain, Shape, Type};
use crate::avro::{DecodeError, Input, put_bytes, put_long};
use serde_json::Value;

/// At most this many values in a record: values without bytes are not bounded by its length.
const STEPS_MAX: u32 = 1_000_000;

/// A body written by one schema, as the other would have it.
///
/// # Errors
/// [`DecodeError::Unresolvable`], or what is wrong with the bytes.
pub fn transcode(writer: &Shape, reader: &Shape, body: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::with_capacity(body.len());
    let mut input = Input::new(body);
    let mut transcoder = Transcoder {
        writer,
        reader,
        steps: STEPS_MAX,
    };
    transcoder.value(&writer.root, &reader.root, &mut input, &mut out)?;
    input.finish()?;
    Ok(out)
}

struct Transcoder<'s> {
    writer: &'s Shape,
    reader: &'s Shape,
    steps: u32,
}

fn unresolvable<T>(why: String) -> Result<T, DecodeError> {
    Err(DecodeError::Unresolvable(why))
}

impl Transcoder<'_> {
    fn step(&mut self) -> Result<(), DecodeError> {
        let left = self.steps.checked_sub(1);
        self.steps = left.ok_or(DecodeError::Range {
            what: "the number of values",
        })?;
        Ok(())
    }

    fn value(
        &mut self,
        writer: &Type,
        reader: &Type,
        input: &mut Input<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), DecodeError> {
        self.step()?;
        match (writer, reader) {
            (Type::Union(variants), _) => {
                let chosen = chosen(variants, input)?;
                self.value(chosen, reader, input, out)
            }
            (_, Type::Union(variants)) => {
                let Some((index, variant)) = branch(writer, variants) else {
                    return unresolvable(format!("no variant for {}", said(writer)));
                };
                put_long(out, index);
                self.value(writer, variant, input, out)
            }
            (Type::Plain(writer, means), Type::Plain(reader, meant)) => {
                if means.is_some() && meant.is_some() && means != meant {
                    return unresolvable(format!("{means:?} where {meant:?} is meant"));
                }
                plain(*writer, *reader, input, out)
            }
            (Type::Array(writer), Type::Array(reader)) => blocks(input, out, &mut |input, out| {
                self.value(writer, reader, input, out)
            }),
            (Type::Map(writer), Type::Map(reader)) => blocks(input, out, &mut |input, out| {
                put_bytes(out, input.bytes()?);
                self.value(writer, reader, input, out)
            }),
            (Type::Named(writer), Type::Named(reader)) if writer == reader => {
                self.named(writer, input, out)
            }
            _ => unresolvable(format!("{} where {} is read", said(writer), said(reader))),
        }
    }

    fn named(
        &mut self,
        name: &str,
        input: &mut Input<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), DecodeError> {
        let (writer, reader) = (self.writer.defined(name), self.reader.defined(name));
        match (writer, reader) {
            (Some(Defined::Record(written)), Some(Defined::Record(read))) => {
                self.record(name, (written, read), input, out)
            }
            (Some(Defined::Enum(written, _)), Some(Defined::Enum(read, default))) => {
                let symbol = chosen(written, input)?;
                let place = |wanted: &str| read.iter().position(|symbol| **symbol == *wanted);
                let default = || default.as_deref().and_then(place);
                let Some(place) = place(symbol).or_else(default) else {
                    return unresolvable(format!("`{name}` does not know `{symbol}`"));
                };
                put_long(out, i64::try_from(place).unwrap_or(i64::MAX));
                Ok(())
            }
            (Some(Defined::Fixed(written)), Some(Defined::Fixed(read))) if written == read => {
                out.extend_from_slice(input.take(*written)?);
                Ok(())
            }
            _ => unresolvable(format!("`{name}` is something else to each")),
        }
    }

    /// Fields by name: what only the writer knows is skipped, what only the reader knows is its
    /// default.
    fn record(
        &mut self,
        name: &str,
        (written, read): (&[Field], &[Field]),
        input: &mut Input<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), DecodeError> {
        let mut parts: Vec<Option<Vec<u8>>> = vec![None; read.len()];
        for field in written {
            let mut wanted = read.iter().zip(&mut parts);
            match wanted.find(|(wanted, _)| wanted.name == field.name) {
                Some((wanted, part)) => {
                    let mut bytes = Vec::new();
                    self.value(&field.kind, &wanted.kind, input, &mut bytes)?;
                    *part = Some(bytes);
                }
                None => self.skip(&field.kind, input)?,
            }
        }
        for (field, part) in read.iter().zip(parts) {
            match (part, &field.default) {
                (Some(bytes), _) => out.extend(bytes),
                (None, Some(default)) => self.default(&field.kind, default, out)?,
                (None, None) => {
                    let field = &field.name;
                    return unresolvable(format!("`{name}` lacks `{field}`, which has no default"));
                }
            }
        }
        Ok(())
    }

    fn skip(&mut self, writer: &Type, input: &mut Input<'_>) -> Result<(), DecodeError> {
        self.step()?;
        match writer {
            Type::Plain(of, _) => plain(*of, *of, input, &mut Vec::new()),
            Type::Union(variants) => {
                let chosen = chosen(variants, input)?;
                self.skip(chosen, input)
            }
            Type::Array(items) => blocks(input, &mut Vec::new(), &mut |input, _| {
                self.skip(items, input)
            }),
            Type::Map(values) => blocks(input, &mut Vec::new(), &mut |input, _| {
                input.bytes()?;
                self.skip(values, input)
            }),
            Type::Named(name) => match self.writer.defined(name) {
                Some(Defined::Record(fields)) => {
                    let mut fields = fields.iter();
                    fields.try_for_each(|field| self.skip(&field.kind, input))
                }
                Some(Defined::Enum(symbols, _)) => chosen(symbols, input).map(drop),
                Some(Defined::Fixed(size)) => input.take(*size).map(drop),
                None => unresolvable(format!("`{name}` is not defined")),
            },
        }
    }

    /// A default of the reader's schema as bytes; a union's is of its first variant.
    fn default(&self, of: &Type, value: &Value, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        let wrong = || unresolvable(format!("default {value} of {}", said(of)));
        match (of, value) {
            (Type::Plain(Plain::Null, _), Value::Null) => Ok(()),
            (Type::Plain(Plain::Boolean, _), Value::Bool(value)) => {
                out.push(u8::from(*value));
                Ok(())
            }
            (Type::Plain(Plain::Int | Plain::Long, _), Value::Number(number)) => {
                number.as_i64().map_or_else(wrong, |number| {
                    put_long(out, number);
                    Ok(())
                })
            }
            (Type::Plain(Plain::Text, _), Value::String(text)) => {
                put_bytes(out, text.as_bytes());
                Ok(())
            }
            (Type::Array(of), Value::Array(items)) => {
                if !items.is_empty() {
                    put_long(out, i64::try_from(items.len()).unwrap_or(i64::MAX));
                    let mut items = items.iter();
                    items.try_for_each(|item| self.default(of, item, out))?;
                }
                put_long(out, 0);
                Ok(())
            }
            (Type::Union(variants), _) => {
                put_long(out, 0);
                let first = variants.first();
                first.map_or_else(wrong, |first| self.default(first, value, out))
            }
            (Type::Named(name), _) => match (self.reader.defined(name), value) {
                (Some(Defined::Enum(symbols, _)), Value::String(symbol)) => {
                    let place = symbols.iter().position(|known| **known == **symbol);
                    let place = place.and_then(|place| i64::try_from(place).ok());
                    place.map_or_else(wrong, |place| {
                        put_long(out, place);
                        Ok(())
                    })
                }
                (Some(Defined::Record(fields)), Value::Object(parts)) => {
                    for field in fields {
                        let part = parts.get(&*field.name).or(field.default.as_ref());
                        let part =
                            part.map_or_else(wrong, |part| self.default(&field.kind, part, out));
                        part?;
                    }
                    Ok(())
                }
                _ => wrong(),
            },
            _ => wrong(),
        }
    }
}

/// What the next number chooses of a union or an enum.
fn chosen<'s, T>(choices: &'s [T], input: &mut Input<'_>) -> Result<&'s T, DecodeError> {
    let index = input.long()?;
    let place = usize::try_from(index).ok();
    let choice = place.and_then(|place| choices.get(place));
    choice.ok_or(DecodeError::Variant {
        name: "the writer's schema",
        index,
    })
}

/// The reader's variant for a type: the same one, else the first that it can become.
fn branch<'s>(writer: &Type, variants: &'s [Type]) -> Option<(i64, &'s Type)> {
    let fits = |variant: &Type, same: bool| match (writer, variant) {
        (Type::Plain(writer, _), Type::Plain(reader, _)) if same => writer == reader,
        (Type::Plain(writer, _), Type::Plain(reader, _)) => becomes(*writer, *reader),
        (Type::Array(_), Type::Array(_)) | (Type::Map(_), Type::Map(_)) => true,
        (Type::Named(writer), Type::Named(reader)) => writer == reader,
        _ => false,
    };
    [true, false].into_iter().find_map(|same| {
        let mut numbered = (0_i64..).zip(variants);
        numbered.find(|(_, variant)| fits(variant, same))
    })
}

fn becomes(writer: Plain, reader: Plain) -> bool {
    matches!(
        (writer, reader),
        (Plain::Int, Plain::Long) | (Plain::Text, Plain::Bytes) | (Plain::Bytes, Plain::Text)
    )
}

fn plain(
    writer: Plain,
    reader: Plain,
    input: &mut Input<'_>,
    out: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    if writer != reader && !becomes(writer, reader) {
        return unresolvable(format!("{writer:?} where {reader:?} is read"));
    }
    match writer {
        Plain::Null => {}
        Plain::Boolean => out.extend_from_slice(input.take(1)?),
        Plain::Int | Plain::Long => put_long(out, input.long()?),
        Plain::Float => out.extend_from_slice(input.take(4)?),
        Plain::Double => out.extend_from_slice(input.take(8)?),
        Plain::Bytes | Plain::Text => put_bytes(out, input.bytes()?),
    }
    Ok(())
}

type Item<'f> = dyn FnMut(&mut Input<'_>, &mut Vec<u8>) -> Result<(), DecodeError> + 'f;

/// The blocks of an array or a map, without the sizes that some writers give.
fn blocks(
    input: &mut Input<'_>,
    out: &mut Vec<u8>,
    item: &mut Item<'_>,
) -> Result<(), DecodeError> {
    loop {
        let count = input.long()?;
        if count < 0 {
            input.long()?;
        }
        let items = input.items(count.saturating_abs())?;
        put_long(out, count.saturating_abs());
        if items == 0 {
            return Ok(());
        }
        for _ in 0..items {
            item(input, out)?;
        }
    }
}

fn said(of: &Type) -> String {
    match of {
        Type::Plain(plain, _) => format!("{plain:?}").to_lowercase(),
        Type::Array(_) => "an array".to_owned(),
        Type::Map(_) => "a map".to_owned(),
        Type::Union(_) => "a union".to_owned(),
        Type::Named(name) => format!("`{name}`"),
    }
}
