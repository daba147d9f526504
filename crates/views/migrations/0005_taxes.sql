-- Taxes by name, cash rounding, and the VAT id of a buyer who owes the tax.
ALTER TABLE invoices ADD COLUMN rounding BIGINT NOT NULL DEFAULT 0;
ALTER TABLE invoices ADD COLUMN reverse_charge TEXT;
CREATE TABLE document_taxes (
    invoice TEXT NOT NULL, ordinal BIGINT NOT NULL, group_rate BIGINT NOT NULL, name TEXT NOT NULL,
    account_number TEXT, tax_rate BIGINT NOT NULL, base BIGINT NOT NULL, amount BIGINT NOT NULL,
    PRIMARY KEY (invoice, ordinal));
