//! The control stage's entities.

use super::{stored, stored_enum};
use wattledger_catalog as catalog;

stored! {
    catalog::Versions { last, kept }
    catalog::Version { version, hash, valid_from, valid_to, superseded_from }
    catalog::TokenRecord { spans, first_use, next_use }
    catalog::TokenSpan { account, group, from, to }
    catalog::TokenUse { station, session, used_at }
    catalog::AccountRecord { group, tax, tokens }
}

stored_enum! {
    catalog::Key {
        0 => Versions { kind, id }, 1 => Token(hash), 2 => Use { token, number }, 3 => Account(account),
        4 => Book(book),
    }
    catalog::Value {
        0 => Versions(value), 1 => Token(value), 2 => Use(value), 3 => Account(value), 4 => Owner(value),
    }
}
