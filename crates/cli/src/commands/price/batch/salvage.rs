//! The id of a line that is no JSON: broken lines are told apart by it.

use serde_json::Value;

/// The value of the outermost field `id`, if the line holds together up to its end.
pub fn id(line: &[u8]) -> Value {
    let (mut depth, mut at) = (0_usize, 0_usize);
    while let Some(byte) = line.get(at) {
        match byte {
            b'{' | b'[' => depth = depth.saturating_add(1),
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let Some(end) = end_of_text(line, at) else {
                    return Value::Null;
                };
                let is_id = depth == 1 && line.get(at..end) == Some(b"\"id\"");
                at = end;
                if is_id && let Some(found) = value_after_colon(line, at) {
                    return found;
                }
                continue;
            }
            _ => {}
        }
        at = at.saturating_add(1);
    }
    Value::Null
}

/// The position after the closing quotation mark of a text that opens at `at`.
fn end_of_text(line: &[u8], at: usize) -> Option<usize> {
    let mut place = at.checked_add(1)?;
    loop {
        match line.get(place)? {
            b'"' => return place.checked_add(1),
            b'\\' => place = place.checked_add(2)?,
            _ => place = place.checked_add(1)?,
        }
    }
}

fn value_after_colon(line: &[u8], at: usize) -> Option<Value> {
    let rest = line.get(at..)?.trim_ascii_start().strip_prefix(b":")?;
    let rest = rest.trim_ascii_start();
    let end = match rest.first()? {
        b'"' => end_of_text(rest, 0)?,
        _ => rest
            .iter()
            .position(|byte| !byte.is_ascii_alphanumeric() && !b"+-.".contains(byte))?,
    };
    serde_json::from_slice(rest.get(..end)?).ok()
}
