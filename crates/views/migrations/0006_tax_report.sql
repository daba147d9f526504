-- The seller's country, which names the accounts of a document's taxes: tax:COUNTRY:NAME, vat:COUNTRY:RATE.
ALTER TABLE invoices ADD COLUMN country TEXT NOT NULL DEFAULT '';
UPDATE invoices SET country = COALESCE((
    SELECT json_extract(r.document, '$.spec.country') FROM reference_versions r
    WHERE r.kind = 'LegalEntity' AND r.id = invoices.legal_entity ORDER BY r.version DESC LIMIT 1), '');
CREATE INDEX invoices_by_issue_date ON invoices (issue_date);
