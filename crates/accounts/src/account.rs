//! What a customer's own document says that billing needs.

use crate::desk::Desk;
use crate::key::{Entity, Value};
use wattledger_domain::ids::AccountId;
use wattledger_domain::payment::PaymentMethod;
use wattledger_domain::reference::{Account, Content, ReferenceRecorded, Standing};

/// The newest version of a customer's document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerAccount {
    /// The document's version.
    pub version: i32,
    /// What it says.
    pub account: Account,
}

/// Takes a newer version of the account's document.
pub(crate) fn recorded(desk: &mut Desk<'_, '_>, recorded: &ReferenceRecorded) {
    let Content::Account(account) = &recorded.document.content else {
        return;
    };
    let known = customer(desk, &account.id).map_or(0, |known| known.version);
    if recorded.version > known {
        let customer = CustomerAccount {
            version: recorded.version,
            account: (**account).clone(),
        };
        let id = account.id.clone();
        desk.put(&id, Entity::Account, Value::Account(Box::new(customer)));
    }
}

/// The customer, where a document has come.
pub(crate) fn customer(desk: &mut Desk<'_, '_>, account: &AccountId) -> Option<CustomerAccount> {
    match desk.get(account, Entity::Account)? {
        Value::Account(customer) => Some(*customer),
        Value::Authorization(_) | Value::Session(_) | Value::Payment(_) => None,
    }
}

/// Whether the customer may charge.
pub(crate) fn standing(desk: &mut Desk<'_, '_>, account: &AccountId) -> Option<Standing> {
    customer(desk, account).map(|customer| customer.account.standing)
}

/// The customer's stored method, if any.
pub(crate) fn method(desk: &mut Desk<'_, '_>, account: &AccountId) -> Option<PaymentMethod> {
    customer(desk, account)?.account.method
}
