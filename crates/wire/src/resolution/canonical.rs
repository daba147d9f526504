//! The Parsing Canonical Form of a schema and its CRC-64-AVRO fingerprint.
//!
//! apache-avro has both, but its canonical form panics on schemas of others that are odd and allowed, such as an
//! enum with an attribute `fields`; a test holds that the two agree on every schema of ours.

use super::shape::{Defined, Plain, Shape, Type};
use std::collections::BTreeSet;

/// CRC-64-AVRO of no bytes, and its polynomial.
const EMPTY: u64 = 0xc15d_213a_a4d7_a795;

/// The fingerprint of a schema.
pub fn fingerprint(shape: &Shape) -> u64 {
    let mut form = String::new();
    write(shape, &shape.root, &mut BTreeSet::new(), &mut form);
    form.bytes().fold(EMPTY, |print, byte| {
        let mut low = (print ^ u64::from(byte)) & 0xff;
        for _ in 0..8 {
            low = (low >> 1) ^ if low & 1 == 1 { EMPTY } else { 0 };
        }
        (print >> 8) ^ low
    })
}

fn write<'s>(shape: &'s Shape, kind: &'s Type, seen: &mut BTreeSet<&'s str>, out: &mut String) {
    match kind {
        Type::Plain(plain, _) => quote(word(*plain), out),
        Type::Array(items) => {
            out.push_str("{\"type\":\"array\",\"items\":");
            write(shape, items, seen, out);
            out.push('}');
        }
        Type::Map(values) => {
            out.push_str("{\"type\":\"map\",\"values\":");
            write(shape, values, seen, out);
            out.push('}');
        }
        Type::Union(variants) => {
            list(variants, out, |variant, out| {
                write(shape, variant, seen, out)
            });
        }
        Type::Named(name) => match shape.defined(name) {
            Some(defined) if seen.insert(name) => define(shape, name, defined, seen, out),
            _ => quote(name, out),
        },
    }
}

fn define<'s>(
    shape: &'s Shape,
    name: &str,
    defined: &'s Defined,
    seen: &mut BTreeSet<&'s str>,
    out: &mut String,
) {
    out.push_str("{\"name\":");
    quote(name, out);
    match defined {
        Defined::Record(fields) => {
            out.push_str(",\"type\":\"record\",\"fields\":");
            list(fields, out, |field, out| {
                out.push_str("{\"name\":");
                quote(&field.name, out);
                out.push_str(",\"type\":");
                write(shape, &field.kind, seen, out);
                out.push('}');
            });
        }
        Defined::Enum(symbols, _) => {
            out.push_str(",\"type\":\"enum\",\"symbols\":");
            list(symbols, out, |symbol, out| quote(symbol, out));
        }
        Defined::Fixed(size) => {
            out.push_str(",\"type\":\"fixed\",\"size\":");
            out.push_str(&size.to_string());
        }
    }
    out.push('}');
}

fn list<'s, T>(items: &'s [T], out: &mut String, mut item: impl FnMut(&'s T, &mut String)) {
    out.push('[');
    for (place, each) in items.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        item(each, out);
    }
    out.push(']');
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    out.push_str(text);
    out.push('"');
}

const fn word(plain: Plain) -> &'static str {
    match plain {
        Plain::Null => "null",
        Plain::Boolean => "boolean",
        Plain::Int => "int",
        Plain::Long => "long",
        Plain::Float => "float",
        Plain::Double => "double",
        Plain::Bytes => "bytes",
        Plain::Text => "string",
    }
}
