//! What documents say of tax: the taxes of a place, and who owes them.

use super::reader::{Fault, Reader};
use crate::ocpi;
use serde_json::Value;
use wattledger_domain::price::TaxRate;
use wattledger_domain::tax::{NamedTax, TaxLiability};

/// 100 %, in 10⁻⁴ percent: nobody levies more.
const RATE_MAX: i64 = TaxRate::WHOLE;

/// `taxes` of a site; none where it says nothing.
pub fn named(reader: &mut Reader<'_>) -> Result<Vec<NamedTax>, Fault> {
    if reader.optional("taxes").is_none() {
        return Ok(Vec::new());
    }
    named_taxes(reader.array("taxes")?, "spec.taxes")
}

/// Taxes by name, each `{name, percent, stack, accountNumber}`, in the order in which they are told; `path`
/// is where the list stands.
///
/// # Errors
/// A [`Fault`] with the path of what is no tax, of a name that is given twice, or of the ninth tax.
pub fn named_taxes(list: &[Value], path: &str) -> Result<Vec<NamedTax>, Fault> {
    if list.len() > NamedTax::COUNT_MAX {
        let most = NamedTax::COUNT_MAX;
        return Err(Fault {
            path: path.to_owned(),
            reason: format!("expected at most {most} taxes"),
        });
    }
    let mut taxes: Vec<NamedTax> = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let mut inner = Reader::new(value, &path)?;
        let name = inner.text("name")?;
        if name.len() > 64 || taxes.iter().any(|tax| &*tax.name == name) {
            return Err(inner.fault("name", "expected a name of its own, of at most 64 bytes"));
        }
        let stack = inner.number("stack", 0, 0..=i64::from(NamedTax::STACK_MAX))?;
        let percent = inner.required("percent")?;
        let rate = ocpi::scaled_number(percent, &format!("{path}.percent"), 4)
            .map_err(|ocpi::Fault { path, reason }| Fault { path, reason })?;
        if !(0..=RATE_MAX).contains(&rate) {
            return Err(inner.fault("percent", "expected 0 to 100"));
        }
        taxes.push(NamedTax {
            name: name.into(),
            rate: TaxRate(rate),
            stack: i32::try_from(stack).unwrap_or_default(),
            account_number: inner.optional_text("accountNumber")?.map(Into::into),
        });
        inner.finish()?;
    }
    Ok(taxes)
}

/// `vatId` and `tax` of an account.
pub fn liability(reader: &mut Reader<'_>) -> Result<(Option<Box<str>>, TaxLiability), Fault> {
    let vat_id: Option<Box<str>> = reader.optional_text("vatId")?.map(Into::into);
    let words = [
        ("seller", TaxLiability::Seller),
        ("buyer", TaxLiability::Buyer),
    ];
    let tax = reader.word("tax", TaxLiability::Seller, &words)?;
    if tax == TaxLiability::Buyer && vat_id.is_none() {
        return Err(reader.fault("vatId", "is required where the buyer owes the tax"));
    }
    Ok((vat_id, tax))
}
