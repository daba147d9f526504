//! Which tariff prices which period.

use super::{Record, RecordError, RecordNote, RecordTariff};

/// A tariff's place for each period.
pub struct Assignment {
    /// One per period; `None` where no tariff is relevant.
    pub places: Vec<Option<usize>>,
    /// Whose lowest and highest price hold: the first period's.
    pub limiting: usize,
}

impl Assignment {
    /// The tariffs that price anything, and the one whose limits hold.
    pub fn used<'a>(
        &'a self,
        tariffs: &'a [RecordTariff],
    ) -> impl Iterator<Item = &'a RecordTariff> {
        let places = self.places.iter().flatten();
        places.filter_map(|place| tariffs.get(*place))
    }
}

pub fn assign(
    tariffs: &[RecordTariff],
    record: &Record<'_>,
    notes: &mut Vec<RecordNote>,
) -> Result<Assignment, RecordError> {
    if tariffs.is_empty() {
        return Err(RecordError::NoTariff);
    }
    if record.periods.iter().all(|period| period.tariff.is_none()) {
        let valid = tariffs
            .iter()
            .position(|tariff| tariff.is_valid(record.start));
        if valid.is_none() {
            notes.push(RecordNote::NoTariffValid);
        }
        let place = valid.unwrap_or(0);
        return Ok(Assignment {
            places: vec![Some(place); record.periods.len()],
            limiting: place,
        });
    }
    let mut places = Vec::with_capacity(record.periods.len());
    for (period, stated) in record.periods.iter().enumerate() {
        let Some(id) = &stated.tariff else {
            notes.push(RecordNote::WithoutTariff { period });
            places.push(None);
            continue;
        };
        // Ids do not tell capital letters from small ones (OCPI `CiString`).
        let named = tariffs
            .iter()
            .position(|tariff| tariff.id.as_str().eq_ignore_ascii_case(id.as_str()));
        let place = match tariffs {
            // One that is given to price a record by prices what its periods call otherwise.
            [_] => Some(0),
            _ => named,
        };
        if named.is_none() {
            notes.push(RecordNote::UnknownTariff { period });
        }
        places.push(place);
    }
    let limiting = places.iter().flatten().next().copied().unwrap_or(0);
    Ok(Assignment { places, limiting })
}
