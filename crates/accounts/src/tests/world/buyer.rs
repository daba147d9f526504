//! Who buys, as their document says, and what bears tax.

use super::World;
use super::scene::{authorization, rated};
use wattledger_domain::accounts::{AccountRecord, SessionBill};
use wattledger_domain::hash::Digest;
use wattledger_domain::money::Money;
use wattledger_domain::payment::PaymentMethod;
use wattledger_domain::price::TaxRate;
use wattledger_domain::reference::{Account, Content, Document, ReferenceRecorded, Standing};
use wattledger_domain::tax::TaxLiability;

impl World {
    pub fn document(&mut self, version: i32, standing: Standing, method: Option<PaymentMethod>) {
        self.document_of(version, |account| {
            (account.standing, account.method) = (standing, method);
        });
    }

    pub fn document_of(&mut self, version: i32, fill: impl FnOnce(&mut Account)) {
        let mut account = Account {
            id: self.account.clone(),
            name: "Ada".into(),
            group: None,
            standing: Standing::Active,
            method: None,
            vat_id: None,
            tax: TaxLiability::Seller,
        };
        fill(&mut account);
        self.fold(AccountRecord::Reference(Box::new(ReferenceRecorded {
            document: Document {
                text: "{}".into(),
                hash: Digest::ZERO,
                content: Content::Account(Box::new(account)),
            },
            version,
            valid_from: self.state.now,
            valid_to: None,
            recorded_at: self.state.now,
        })));
    }

    /// A session that costs so much before a tax.
    pub fn rate_taxed(&mut self, version: i32, net: i64, rate: TaxRate) -> &mut Self {
        let net = Money::new(net, self.currency);
        let authorized = Some(authorization());
        let mut rated = rated(&self.account, version, net, authorized, self.state.now);
        for step in &mut rated.priced.steps {
            step.tax = Some(rate);
        }
        let terms = self.terms();
        let bill = SessionBill { rated, terms };
        self.fold(AccountRecord::SessionRated(Box::new(bill)));
        self
    }
}
