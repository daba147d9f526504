//! The directory, and payers of tokens that were unknown when used.

use super::*;
use wattledger_domain::charging::TokenRef;
use wattledger_domain::control::TokenUnknown;
use wattledger_domain::ids::SessionId;
use wattledger_domain::reference::TokenEntry;
use wattledger_domain::tax::TaxLiability;

impl Bench {
    fn use_token(&mut self, session: &str, used_at: Timestamp) {
        self.fold(ControlRecord::TokenUnknown(TokenUnknown {
            station: StationId::new("station"),
            session: SessionId::new(session),
            token: TokenRef {
                hash: HASH,
                account: None,
                group: None,
                tax: None,
            },
            used_at,
        }));
    }

    fn claim_from(&mut self, from: Timestamp, group: Option<&str>) {
        self.submit(ReferenceSubmitted {
            valid_from: Some(from),
            ..submitted(token(group))
        });
    }

    /// The last directory entry.
    fn directory(&self) -> Vec<TokenEntry> {
        let mut entries = Vec::new();
        for effect in &self.effects {
            if let Effect::Directory(entry) = effect {
                entries.clone_from(&entry.entries);
            }
        }
        entries
    }

    /// Sessions whose payer was told, with the customer group.
    fn resolved(&self) -> Vec<(&str, Option<&str>)> {
        let mut resolved = Vec::new();
        for effect in &self.effects {
            if let Effect::PayerResolved(payer) = effect {
                assert_eq!(payer.token.account, Some(AccountId::new("account")));
                let group = payer.token.group.as_ref().map(CustomerGroup::as_str);
                resolved.push((payer.session.as_str(), group));
            }
        }
        resolved
    }
}

fn entry(group: Option<&str>, from: Timestamp, to: Option<Timestamp>) -> TokenEntry {
    TokenEntry {
        account: AccountId::new("account"),
        group: group.map(CustomerGroup::new),
        tax: Some(TaxLiability::Seller),
        from,
        to,
    }
}

#[test]
fn a_token_is_a_directory_entry_and_nothing_else() {
    let mut bench = Bench::set_up();
    bench.submit(submitted(token(Some("staff"))));
    assert_eq!(bench.effects.len(), 1);
    let expect = [entry(Some("staff"), Timestamp(0), None)];
    assert_eq!(bench.directory(), expect);
}

#[test]
fn a_later_claim_ends_the_earlier() {
    let mut bench = Bench::set_up();
    bench.claim_from(Timestamp(0), None);
    bench.claim_from(NOW, Some("staff"));
    let expect = [
        entry(None, Timestamp(0), Some(NOW)),
        entry(Some("staff"), NOW, None),
    ];
    assert_eq!(bench.directory(), expect);
}

#[test]
fn a_token_says_who_owes_the_tax_even_when_that_changes() {
    let mut bench = Bench::set_up();
    let owing = |tax, vat_id: Option<&str>| {
        let Content::Account(mut account) = account(None) else {
            unreachable!("an account");
        };
        (account.tax, account.vat_id) = (tax, vat_id.map(Into::into));
        submitted(Content::Account(account))
    };
    let told = |bench: &Bench| bench.directory().last().map(|entry| entry.tax);
    bench.submit(owing(TaxLiability::Buyer, Some("ATU12345678")));
    bench.submit(submitted(token(Some("staff"))));
    assert_eq!(told(&bench), Some(Some(TaxLiability::Buyer)));
    bench.submit(owing(TaxLiability::Seller, Some("ATU12345678")));
    assert_eq!(told(&bench), Some(Some(TaxLiability::Seller)));
    // Without a VAT id the invoice could not name it, and bills the tax.
    bench.submit(owing(TaxLiability::Buyer, None));
    assert_eq!(told(&bench), Some(Some(TaxLiability::Seller)));
}

#[test]
fn a_token_without_a_group_has_its_accounts_even_when_that_changes() {
    let mut bench = Bench::set_up();
    bench.submit(submitted(account(Some("gold"))));
    bench.submit(submitted(token(None)));
    assert_eq!(bench.directory(), [entry(Some("gold"), Timestamp(0), None)]);
    bench.submit(submitted(account(Some("silver"))));
    assert_eq!(
        bench.directory(),
        [entry(Some("silver"), Timestamp(0), None)]
    );
}

#[test]
fn an_unknown_token_that_is_claimed_by_now_is_resolved_at_once() {
    let mut bench = Bench::set_up();
    bench.submit(submitted(token(Some("staff"))));
    bench.use_token("s", NOW);
    assert_eq!(bench.resolved(), [("s", Some("staff"))]);
}

#[test]
fn a_use_waits_until_its_token_is_claimed_as_of_then_and_is_resolved_once() {
    let mut bench = Bench::set_up();
    let hour = Milliseconds::minutes(60);
    bench.use_token("early", NOW.minus(hour));
    bench.use_token("late", NOW.plus(hour));
    assert_eq!(bench.resolved(), []);
    bench.claim_from(NOW, None);
    assert_eq!(bench.resolved(), [("late", None)]);
    bench.claim_from(NOW.minus(hour), Some("staff"));
    assert_eq!(bench.resolved(), [("late", None), ("early", Some("staff"))]);
    let waits = |key: &&Key| matches!(key, Key::Use { .. });
    assert_eq!(bench.state.entities.keys().filter(waits).count(), 0);
}
