//! The hash chain of issued documents: the canonical form of a document and its hash.
//!
//! The form is a list of byte strings, hashed by [`Digest::of_parts`] (each preceded by its length
//! as eight bytes, big end first). Fields come in the order in which the types declare them, save
//! that a document's own `hash` is left out. Text is UTF-8, numbers are decimal, hashes their 32
//! bytes, an amount is its minor units and then its currency's letters. What may be absent is
//! preceded by `1` or stands as `0`; a list is preceded by its length; a variant by its name.
//!
//! Invariant: two documents with the same form are equal in every field but `hash`.

use crate::cost::{LineKind, SettledLine, TaxGroup};
use crate::document::{Credited, DocumentKind, InvoiceDraft, IssuedDocument, Supply};
use crate::hash::Digest;
use crate::money::Money;
use crate::price::TaxRate;
use crate::reference::LegalEntity;
use crate::session::Pin;
use crate::tariff::{Dimension, LocalDate};
use crate::tax::TaxLine;

/// The hash that an issued document must carry: over its canonical form, which holds the hash of
/// the document before it. Whatever its own `hash` says is not looked at.
#[must_use]
pub fn document_hash(document: &IssuedDocument) -> Digest {
    let IssuedDocument {
        invoice,
        number,
        series,
        sequence,
        issued_at,
        credits,
        draft,
        previous_hash,
        hash: _,
    } = document;
    let mut form = Form(Vec::with_capacity(128));
    // What the first form had no place for stands under another name, so that the hash of documents
    // that say nothing of it stays what it was.
    form.text(if says_more(draft) {
        "wattledger.document.2"
    } else {
        "wattledger.document.1"
    });
    form.text(invoice.as_str());
    form.text(number);
    form.text(series);
    form.number(sequence);
    form.number(issued_at.0);
    if form.present(credits.is_some())
        && let Some(Credited {
            invoice,
            number,
            issue_date,
        }) = credits
    {
        form.text(invoice.as_str());
        form.text(number);
        form.date(*issue_date);
    }
    form.draft(draft);
    form.digest(*previous_hash);
    form.hash()
}

/// Whether a document has named taxes, cash rounding or a reverse charge.
const fn says_more(draft: &InvoiceDraft) -> bool {
    draft.taxes.is_some() || draft.rounding.is_some() || draft.reverse_charge.is_some()
}

/// A canonical form being written.
struct Form(Vec<Box<[u8]>>);

impl Form {
    fn text(&mut self, text: &str) {
        self.0.push(text.as_bytes().into());
    }

    fn number(&mut self, number: impl ToString) {
        self.text(&number.to_string());
    }

    fn digest(&mut self, digest: Digest) {
        self.0.push(Box::new(digest.0));
    }

    fn present(&mut self, present: bool) -> bool {
        self.text(if present { "1" } else { "0" });
        present
    }

    fn optional(&mut self, text: Option<&str>) {
        self.present(text.is_some());
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn money(&mut self, money: Money) {
        let Money { minor, currency } = money;
        self.number(minor);
        self.text(currency.code());
    }

    fn rate(&mut self, rate: Option<TaxRate>) {
        self.present(rate.is_some());
        if let Some(TaxRate(rate)) = rate {
            self.number(rate);
        }
    }

    fn date(&mut self, date: LocalDate) {
        let LocalDate { year, month, day } = date;
        self.text(&format!("{year:04}-{month:02}-{day:02}"));
    }

    fn pin<Id: ToString>(&mut self, pin: &Pin<Id>) {
        let Pin { id, version, hash } = pin;
        self.number(id.to_string());
        self.number(version);
        self.digest(*hash);
    }

    fn draft(&mut self, draft_of: &InvoiceDraft) {
        let InvoiceDraft {
            draft,
            kind,
            seller,
            seller_pin,
            account,
            buyer_name,
            supply,
            issue_date,
            tax_point,
            currency,
            lines,
            groups,
            net,
            tax,
            gross,
            taxes,
            rounding,
            reverse_charge,
        } = draft_of;
        self.text(draft.as_str());
        match kind {
            DocumentKind::Invoice => self.text("Invoice"),
            DocumentKind::CreditNote { credits } => {
                self.text("CreditNote");
                self.text(credits.as_str());
            }
        }
        self.seller(seller);
        self.pin(seller_pin);
        self.text(account.as_str());
        self.optional(buyer_name.as_deref());
        self.supply(supply);
        self.date(*issue_date);
        self.number(tax_point.0);
        self.text(currency.code());
        self.number(lines.len());
        lines.iter().for_each(|line| self.line(line));
        self.number(groups.len());
        groups.iter().for_each(|group| self.group(group));
        self.money(*net);
        self.money(*tax);
        self.money(*gross);
        if says_more(draft_of) {
            self.taxes(taxes.as_deref());
            if self.present(rounding.is_some())
                && let Some(rounding) = rounding
            {
                self.money(*rounding);
            }
            self.optional(reverse_charge.as_deref());
        }
    }

    fn taxes(&mut self, taxes: Option<&[TaxLine]>) {
        self.present(taxes.is_some());
        let Some(taxes) = taxes else { return };
        self.number(taxes.len());
        for tax in taxes {
            let TaxLine {
                group,
                name,
                account_number,
                rate,
                base,
                amount,
            } = tax;
            self.number(group.0);
            self.text(name);
            self.optional(account_number.as_deref());
            self.number(rate.0);
            self.money(*base);
            self.money(*amount);
        }
    }

    fn seller(&mut self, seller: &LegalEntity) {
        let LegalEntity {
            id,
            name,
            address,
            country,
            vat_id,
            time_zone,
            currency,
            book,
            invoice_number,
            credit_note_number,
            policy,
            processor,
        } = seller;
        self.text(id.as_str());
        self.text(name);
        self.number(address.len());
        address.iter().for_each(|line| self.text(line));
        self.text(country);
        self.optional(vat_id.as_deref());
        self.text(time_zone);
        self.text(currency.code());
        self.text(book.as_str());
        self.text(invoice_number);
        self.text(credit_note_number);
        self.text(policy.as_str());
        self.text(processor.as_str());
    }

    fn supply(&mut self, supply: &Supply) {
        let Supply {
            session,
            version,
            station,
            evse,
            site,
            time_zone,
            started_at,
            ended_at,
            energy,
            tariff,
        } = supply;
        self.text(session.as_str());
        self.number(version);
        self.text(station.as_str());
        self.number(evse.0);
        self.text(site.as_str());
        self.text(time_zone);
        self.number(started_at.0);
        self.number(ended_at.0);
        self.number(energy.0);
        self.pin(tariff);
    }

    fn line(&mut self, line: &SettledLine) {
        let SettledLine {
            kind,
            element,
            quantity,
            price,
            tax,
            exact_net,
            net,
            from,
            to,
        } = line;
        self.text(match kind {
            LineKind::Usage(Dimension::Energy) => "Energy",
            LineKind::Usage(Dimension::Time) => "Time",
            LineKind::Usage(Dimension::ParkingTime) => "ParkingTime",
            LineKind::Usage(Dimension::Flat) => "Flat",
            LineKind::MinPrice => "MinPrice",
            LineKind::MaxPrice => "MaxPrice",
        });
        self.number(element);
        self.number(quantity);
        self.number(price.0);
        self.rate(*tax);
        self.number(exact_net.0);
        self.money(*net);
        self.number(from.0);
        self.number(to.0);
    }

    fn group(&mut self, group: &TaxGroup) {
        let TaxGroup {
            rate,
            net,
            tax,
            gross,
        } = group;
        self.rate(*rate);
        self.money(*net);
        self.money(*tax);
        self.money(*gross);
    }

    fn hash(&self) -> Digest {
        let parts: Vec<&[u8]> = self.0.iter().map(AsRef::as_ref).collect();
        Digest::of_parts(&parts)
    }
}
