//! Bounds on JSON from outside, known fields or not (reliability §8.1).

use serde_json::Value;

/// Nothing that billing reads is nested deeper.
const DEPTH_MAX: usize = 32;
/// No list that billing reads is longer.
const ITEMS_MAX: usize = 10_000;

/// What a document says travels in one record, beside what is known of it.
const DOCUMENT_BYTES_MAX: usize = 200_000;

/// Refuses a document's text that no record can carry.
///
/// # Errors
/// A sentence that names the bound.
pub fn check_document(text: &str) -> Result<(), String> {
    if text.len() > DOCUMENT_BYTES_MAX {
        let length = text.len();
        return Err(format!(
            "{length} bytes; a document has at most {DOCUMENT_BYTES_MAX}"
        ));
    }
    Ok(())
}

/// Refuses what is nested too deep or has too long a list.
///
/// # Errors
/// A sentence that names the bound.
pub fn check(value: &Value) -> Result<(), String> {
    within(value, DEPTH_MAX)
}

fn within(value: &Value, depth: usize) -> Result<(), String> {
    let deeper = || {
        depth
            .checked_sub(1)
            .ok_or_else(|| format!("nested deeper than {DEPTH_MAX} levels"))
    };
    match value {
        Value::Array(items) if items.len() > ITEMS_MAX => Err(format!(
            "has a list of {} items, at most {ITEMS_MAX} are read",
            items.len()
        )),
        Value::Array(items) => {
            let depth = deeper()?;
            items.iter().try_for_each(|item| within(item, depth))
        }
        Value::Object(fields) => {
            let depth = deeper()?;
            fields.values().try_for_each(|field| within(field, depth))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> Value {
        (0..levels).fold(Value::Null, |inner, _| serde_json::json!([inner]))
    }

    #[test]
    fn thirty_two_levels_and_ten_thousand_items_are_read_and_not_one_more() {
        assert_eq!(check(&nested(32)), Ok(()));
        assert!(check(&nested(33)).is_err_and(|reason| reason.contains("32")));
        let list = |length: usize| serde_json::json!({ "list": vec![0; length] });
        assert_eq!(check(&list(10_000)), Ok(()));
        assert!(check(&list(10_001)).is_err_and(|reason| reason.contains("10000")));
    }
}
