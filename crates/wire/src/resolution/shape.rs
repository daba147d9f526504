//! A schema as types to walk: names in full, named types by reference.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A type; named ones are looked up in their [`Shape`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// One without parts, and its logical type.
    Plain(Plain, Option<Box<str>>),
    /// Items of one type.
    Array(Box<Type>),
    /// Texts to values of one type.
    Map(Box<Type>),
    /// One of several.
    Union(Vec<Type>),
    /// A record, enum or fixed.
    Named(Box<str>),
}

/// Types without parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    /// `null`.
    Null,
    /// `boolean`.
    Boolean,
    /// `int`.
    Int,
    /// `long`.
    Long,
    /// `float`.
    Float,
    /// `double`.
    Double,
    /// `bytes`.
    Bytes,
    /// `string`.
    Text,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defined {
    /// Fields in order.
    Record(Vec<Field>),
    /// Symbols in order, and the one that stands for those it does not know.
    Enum(Vec<Box<str>>, Option<Box<str>>),
    /// So many bytes.
    Fixed(usize),
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: Box<str>,
    /// Its type.
    pub kind: Type,
    /// What it is where a writer does not know it.
    pub default: Option<Value>,
}

/// A whole schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Its outermost type.
    pub root: Type,
    named: BTreeMap<Box<str>, Defined>,
    /// Every logical type, in order of appearance.
    logical: Vec<Box<str>>,
}

impl Shape {
    /// Reads a schema; says what is wrong with one by which nothing can be read. A type that
    /// contains itself is refused: its values could be nested beyond any stack.
    pub fn of(schema: &Value) -> Result<Self, String> {
        let mut shape = Self {
            root: Type::Plain(Plain::Null, None),
            named: BTreeMap::new(),
            logical: Vec::new(),
        };
        shape.root = shape.read(schema, "")?;
        shape.finite(&shape.root, &mut Vec::new(), &mut BTreeSet::new())?;
        Ok(shape)
    }

    /// What a name stands for.
    pub fn defined(&self, name: &str) -> Option<&Defined> {
        self.named.get(name)
    }

    /// Whether numbers of both mean the same where their bytes are the same.
    pub fn agrees_in_logical_types(&self, other: &Self) -> bool {
        self.logical == other.logical
    }

    fn read(&mut self, schema: &Value, space: &str) -> Result<Type, String> {
        match schema {
            Value::String(word) => Ok(plain(word).map_or_else(
                || Type::Named(full(word, space).into()),
                |plain| Type::Plain(plain, None),
            )),
            Value::Array(variants) => {
                let read = variants.iter().map(|variant| self.read(variant, space));
                Ok(Type::Union(read.collect::<Result<_, _>>()?))
            }
            Value::Object(_) => self.read_object(schema, space),
            Value::Null | Value::Bool(_) | Value::Number(_) => {
                Err(format!("`{schema}` is no type"))
            }
        }
    }

    fn read_object(&mut self, schema: &Value, space: &str) -> Result<Type, String> {
        let Some(word) = schema["type"].as_str() else {
            return self.read(&schema["type"], space);
        };
        match word {
            "array" => Ok(Type::Array(self.read(&schema["items"], space)?.into())),
            "map" => Ok(Type::Map(self.read(&schema["values"], space)?.into())),
            "record" | "error" | "enum" | "fixed" => self.define(word, schema, space),
            _ => {
                let logical: Option<Box<str>> = schema["logicalType"].as_str().map(Into::into);
                self.logical.extend(logical.clone());
                let plain = plain(word).ok_or_else(|| format!("`{word}` is no type"))?;
                Ok(Type::Plain(plain, logical))
            }
        }
    }

    fn define(&mut self, word: &str, schema: &Value, space: &str) -> Result<Type, String> {
        let name = schema["name"].as_str().unwrap_or_default();
        if name.is_empty() {
            return Err(format!("a {word} without a name"));
        }
        let name = full(name, schema["namespace"].as_str().unwrap_or(space));
        let inner = name.rsplit_once('.').map_or("", |(space, _)| space);
        let list = |part: &str| schema[part].as_array().into_iter().flatten();
        let defined = match word {
            "enum" => {
                let symbols = list("symbols").filter_map(Value::as_str).map(Into::into);
                Defined::Enum(
                    symbols.collect(),
                    schema["default"].as_str().map(Into::into),
                )
            }
            "fixed" => {
                let size = schema["size"].as_u64().map(usize::try_from);
                let size = size.and_then(Result::ok);
                Defined::Fixed(size.ok_or_else(|| format!("`{name}` has no size"))?)
            }
            _ => {
                if !schema["fields"].is_array() {
                    return Err(format!("`{name}` has no fields"));
                }
                let mut fields = Vec::new();
                for field in list("fields") {
                    fields.push(Field {
                        name: field["name"].as_str().unwrap_or_default().into(),
                        kind: self.read(&field["type"], inner)?,
                        default: field.get("default").cloned(),
                    });
                }
                Defined::Record(fields)
            }
        };
        if self.named.insert(name.as_str().into(), defined).is_some() {
            return Err(format!("`{name}` is defined twice"));
        }
        Ok(Type::Named(name.into()))
    }

    fn finite<'s>(
        &'s self,
        kind: &'s Type,
        open: &mut Vec<&'s str>,
        done: &mut BTreeSet<&'s str>,
    ) -> Result<(), String> {
        match kind {
            Type::Plain(..) => Ok(()),
            Type::Array(inner) | Type::Map(inner) => self.finite(inner, open, done),
            Type::Union(variants) => {
                let mut each = variants.iter();
                each.try_for_each(|variant| self.finite(variant, open, done))
            }
            Type::Named(name) if open.contains(&&**name) => {
                Err(format!("`{name}` contains itself"))
            }
            Type::Named(name) if done.contains(&**name) => Ok(()),
            Type::Named(name) => {
                let defined = self.defined(name);
                let defined = defined.ok_or_else(|| format!("`{name}` is not defined"))?;
                open.push(name);
                if let Defined::Record(fields) = defined {
                    for field in fields {
                        self.finite(&field.kind, open, done)?;
                    }
                }
                open.pop();
                done.insert(name);
                Ok(())
            }
        }
    }
}

fn full(name: &str, space: &str) -> String {
    if name.contains('.') || space.is_empty() {
        name.to_owned()
    } else {
        format!("{space}.{name}")
    }
}

fn plain(word: &str) -> Option<Plain> {
    Some(match word {
        "null" => Plain::Null,
        "boolean" => Plain::Boolean,
        "int" => Plain::Int,
        "long" => Plain::Long,
        "float" => Plain::Float,
        "double" => Plain::Double,
        "bytes" => Plain::Bytes,
        "string" => Plain::Text,
        _ => return None,
    })
}
