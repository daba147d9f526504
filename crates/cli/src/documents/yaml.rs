//! YAML 1.2 to JSON values, with the line of every field.
//!
//! Plain words are read as the core schema says (`true`, `null`, numbers as JSON writes them); all
//! else is text, so `no` is `no`. Anchors, tags and merge keys are refused: a document says what it
//! means where it stands.

use super::{Located, Place, Unreadable};
use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;

/// How deep collections may nest.
const DEPTH_MAX: usize = 64;

/// Reads every document of a text; empty documents are left out.
pub fn read(file: &str, text: &str) -> Result<Vec<Located>, Unreadable> {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        lines: BTreeMap::new(),
    };
    let mut documents = Vec::new();
    while let Some((event, _)) = reader.next()? {
        if !matches!(event, Event::DocumentStart(_)) {
            continue;
        }
        let (event, span) = reader.required()?;
        let value = reader.value(event, span, "", 0)?;
        let lines = std::mem::take(&mut reader.lines);
        if !value.is_null() {
            let place = Place {
                file: file.to_owned(),
                line: span.start.line(),
            };
            documents.push(Located {
                value,
                place,
                lines,
            });
        }
    }
    Ok(documents)
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    lines: BTreeMap<String, usize>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, Unreadable> {
        match self.parser.next_event() {
            None => Ok(None),
            Some(Ok(found)) => Ok(Some(found)),
            Some(Err(error)) => Err(Unreadable {
                line: error.marker().line(),
                reason: format!("not YAML: {}", error.info()),
            }),
        }
    }

    fn required(&mut self) -> Result<(Event<'a>, Span), Unreadable> {
        self.next()?.ok_or_else(|| Unreadable {
            line: 1,
            reason: "the file ends early".to_owned(),
        })
    }

    fn value(
        &mut self,
        event: Event<'a>,
        span: Span,
        path: &str,
        depth: usize,
    ) -> Result<Value, Unreadable> {
        let line = span.start.line();
        let refused = |reason: &str| Unreadable {
            line,
            reason: reason.to_owned(),
        };
        if depth > DEPTH_MAX {
            return Err(refused("collections nest deeper than 64 levels"));
        }
        match event {
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => Err(refused("tags (`!name`) are not read here")),
            Event::Alias(_) => Err(refused("aliases (`*name`) are not read here: write it out")),
            Event::Scalar(text, style, _, None) => Ok(scalar(&text, style)),
            Event::SequenceStart(_, None) => self.sequence(path, depth),
            Event::MappingStart(_, None) => self.mapping(path, depth),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => Err(refused("a value is missing")),
        }
    }

    fn sequence(&mut self, path: &str, depth: usize) -> Result<Value, Unreadable> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.required()?;
            if event == Event::SequenceEnd {
                return Ok(Value::Array(items));
            }
            let path = format!("{path}[{}]", items.len());
            self.lines.insert(path.clone(), span.start.line());
            items.push(self.value(event, span, &path, depth.saturating_add(1))?);
        }
    }

    fn mapping(&mut self, path: &str, depth: usize) -> Result<Value, Unreadable> {
        let mut fields = Map::new();
        loop {
            let (event, span) = self.required()?;
            let line = span.start.line();
            if event == Event::MappingEnd {
                return Ok(Value::Object(fields));
            }
            let Event::Scalar(name, _, _, None) = event else {
                let reason = "a field's name must be a plain text".to_owned();
                return Err(Unreadable { line, reason });
            };
            let name = name.into_owned();
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            self.lines.insert(path.clone(), line);
            let (event, span) = self.required()?;
            let value = self.value(event, span, &path, depth.saturating_add(1))?;
            if fields.insert(name, value).is_some() {
                return Err(Unreadable {
                    line,
                    reason: format!("`{path}` is given twice"),
                });
            }
        }
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return text.into();
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => text
            .parse::<Number>()
            .map_or_else(|_| text.into(), Value::Number),
    }
}
