-- What intake adds to a record.

ALTER TABLE gcrm.accounts ADD COLUMN website text, ADD COLUMN tax_number text;
COMMENT ON COLUMN gcrm.accounts.website IS 'Address of its web pages.';
COMMENT ON COLUMN gcrm.accounts.tax_number IS 'Number under which it pays VAT or other taxes.';
