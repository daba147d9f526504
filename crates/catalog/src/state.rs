//! What the control fold remembers.
//!
//! Invariant: a value stays below 64 KiB: versions per document, tokens per account are bounded;
//! what grows with the number of uses is a key of its own.

use std::collections::BTreeSet;
use wattledger_domain::hash::Digest;
use wattledger_domain::ids::{
    AccountId, BookId, CustomerGroup, LegalEntityId, SessionId, StationId, TokenHash,
};
use wattledger_domain::reference::Kind;
use wattledger_domain::tax::TaxLiability;
use wattledger_domain::time::Timestamp;

/// What names an entity. All share one partition, since documents refer to each other: the routing
/// key is [`Key::ROUTING`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// The versions of a document: [`Value::Versions`].
    Versions {
        /// Of which kind.
        kind: Kind,
        /// Its id within the kind.
        id: Box<str>,
    },
    /// Whose a token is, and since when: [`Value::Token`].
    Token(TokenHash),
    /// A use of a token that nobody claims yet: [`Value::Use`].
    Use {
        /// The token.
        token: TokenHash,
        /// From 0, in order of arrival.
        number: i64,
    },
    /// A customer's group and tokens: [`Value::Account`].
    Account(AccountId),
    /// Whose a book is: [`Value::Owner`].
    Book(BookId),
}

impl Key {
    /// The routing key of everything here.
    pub const ROUTING: &'static str = "control";
}

/// An entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Of [`Key::Versions`].
    Versions(Versions),
    /// Of [`Key::Token`].
    Token(TokenRecord),
    /// Of [`Key::Use`].
    Use(TokenUse),
    /// Of [`Key::Account`].
    Account(AccountRecord),
    /// Of [`Key::Book`].
    Owner(LegalEntityId),
}

/// This fold sets no timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {}

/// The versions of one document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// The last number given; 0 before the first.
    pub last: i32,
    /// Those that hold at some time, in order; at most [`Versions::KEPT_MAX`], the newest.
    pub kept: Vec<Version>,
}

impl Versions {
    /// So many versions are kept to recognise a document that comes again.
    pub const KEPT_MAX: usize = 100;
}

/// A version of a document, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// From 1.
    pub version: i32,
    /// The hash of its text.
    pub hash: Digest,
    /// First instant at which it holds.
    pub valid_from: Timestamp,
    /// The end that its document named.
    pub valid_to: Option<Timestamp>,
    /// First instant at which a later version holds instead.
    pub superseded_from: Option<Timestamp>,
}

/// A token: whose it is, and how many uses wait.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenRecord {
    /// In order of `from`, without overlap; at most [`Versions::KEPT_MAX`], the newest.
    pub spans: Vec<TokenSpan>,
    /// The number of the first use that may still wait.
    pub first_use: i64,
    /// The number of the next use.
    pub next_use: i64,
}

/// Whose a token is for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSpan {
    /// Who pays.
    pub account: AccountId,
    /// The token's own group; absent means the account's.
    pub group: Option<CustomerGroup>,
    /// First instant at which it holds.
    pub from: Timestamp,
    /// First instant at which it no longer holds.
    pub to: Option<Timestamp>,
}

/// A use of a token that nobody claimed then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenUse {
    /// Where.
    pub station: StationId,
    /// For which session.
    pub session: SessionId,
    /// When: it is resolved as of then.
    pub used_at: Timestamp,
}

/// What tokens need to know of their account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountRecord {
    /// Its group, by its last document.
    pub group: Option<CustomerGroup>,
    /// Who owes the tax on what it is billed, by its last document.
    pub tax: TaxLiability,
    /// The tokens that are or were its; at most [`AccountRecord::TOKENS_MAX`].
    pub tokens: BTreeSet<TokenHash>,
}

impl AccountRecord {
    /// More tokens of one account are refused.
    pub const TOKENS_MAX: usize = 2_000;
}
