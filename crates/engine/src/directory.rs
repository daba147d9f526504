//! What tokens resolve to: `directory.tokens`, read to its end, and the keyed hash of a token.

use crate::topics::Topics;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::sync::Arc;
use wattledger_domain::charging::TokenRef;
use wattledger_domain::ids::{AccountId, TokenHash};
use wattledger_domain::reference::TokenEntry;
use wattledger_domain::time::Timestamp;
use wattledger_runtime::log::read;
use wattledger_runtime::{Consumer, Log, LogError, Record, Visibility};
use wattledger_wire::topics as wire;

/// The tenant's secret: what makes a token's hash useless to others.
#[derive(Clone)]
pub struct TenantSecret(Vec<u8>);

impl TenantSecret {
    /// Takes the secret's bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The keyed hash of a token.
    ///
    /// # Panics
    /// Never: HMAC takes keys of any length.
    #[must_use]
    pub fn hash(&self, token: &str) -> TokenHash {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(token.as_bytes());
        let digest = mac.finalize().into_bytes();
        let mut hash = [0; 16];
        hash.iter_mut()
            .zip(digest.iter())
            .for_each(|(to, from)| *to = *from);
        TokenHash(hash)
    }
}

/// The directory as of its end.
pub struct Directory {
    consumer: Box<dyn Consumer>,
    positions: BTreeMap<u32, i64>,
    entries: BTreeMap<TokenHash, Vec<TokenEntry>>,
    secret: TenantSecret,
    /// Who pays for a token that nobody claims (imports).
    payer: Option<AccountId>,
}

impl Directory {
    /// Opens it; call [`Directory::refresh`] before resolving.
    ///
    /// # Errors
    /// When the log lacks the topic.
    pub fn open(
        log: &Arc<dyn Log>,
        topics: &Topics,
        secret: TenantSecret,
        payer: Option<AccountId>,
    ) -> Result<Self, LogError> {
        let consumer = log.consumer(&topics.directory_tokens, Visibility::Process)?;
        let (positions, entries) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self {
            consumer,
            positions,
            entries,
            secret,
            payer,
        })
    }

    /// Reads what is new, to the end.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn refresh(&mut self) -> Result<(), LogError> {
        for (partition, end) in (0_u32..).zip(self.consumer.ends()?) {
            let next = self.positions.entry(partition).or_insert(0);
            if *next >= end {
                continue;
            }
            let entries = &mut self.entries;
            let mut take =
                |record: Record| match record.value.as_deref().map(wire::directory::decode) {
                    Some(Ok(entry)) => {
                        entries.insert(entry.token, entry.entries);
                    }
                    Some(Err(error)) => {
                        tracing::error!(%error, "unreadable entry of directory.tokens");
                    }
                    None => {}
                };
            read(self.consumer.as_mut(), partition, (*next, end), &mut take)?;
            *next = end;
        }
        Ok(())
    }

    /// The keyed hash of a token.
    #[must_use]
    pub fn hash(&self, token: &str) -> TokenHash {
        self.secret.hash(token)
    }

    /// The newest entry of a token.
    #[must_use]
    pub fn newest(&self, token: &TokenHash) -> Option<&TokenEntry> {
        self.entries.get(token)?.last()
    }

    /// What a token resolves to at an instant.
    #[must_use]
    pub fn resolve(&self, token: &str, at: Timestamp) -> TokenRef {
        self.resolve_hash(self.secret.hash(token), at)
    }

    /// What a token known by its hash resolves to at an instant.
    #[must_use]
    pub fn resolve_hash(&self, hash: TokenHash, at: Timestamp) -> TokenRef {
        let entries = self.entries.get(&hash);
        let found = entries.and_then(|entries| {
            entries
                .iter()
                .rev()
                .find(|entry| entry.from <= at && entry.to.is_none_or(|to| at < to))
        });
        match found {
            Some(entry) => TokenRef {
                hash,
                account: Some(entry.account.clone()),
                group: entry.group.clone(),
                tax: entry.tax,
            },
            None => TokenRef {
                hash,
                account: self.payer.clone(),
                group: None,
                tax: None,
            },
        }
    }
}
