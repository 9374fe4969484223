-- The customers and everything that hangs on them. Every table that files feed has (source, source_key):
-- the record's key in the system it comes from, so that importing a file again finds its own rows.

CREATE TABLE gcrm.regions (
    region_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name      text NOT NULL UNIQUE
);
COMMENT ON TABLE gcrm.regions IS 'One row per sales region. Source: the region column of imported territories.';
COMMENT ON COLUMN gcrm.regions.region_id IS 'Key.';
COMMENT ON COLUMN gcrm.regions.name IS 'Name of the region.';

CREATE TABLE gcrm.territories (
    territory_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source       text NOT NULL,
    source_key   text NOT NULL,
    name         text NOT NULL,
    region_id    int REFERENCES gcrm.regions,
    boundary     geometry(MultiPolygon, 4326),
    made_up      boolean NOT NULL,
    import_id    bigint NOT NULL REFERENCES gcrm.imports,
    updated_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, source_key)
);
-- Usage: which territory covers a point (enrich).
CREATE INDEX territories_boundary ON gcrm.territories USING gist (boundary);
COMMENT ON TABLE gcrm.territories IS 'One row per sales territory. Source: gcrm import territories.';
COMMENT ON COLUMN gcrm.territories.territory_id IS 'Key.';
COMMENT ON COLUMN gcrm.territories.source IS 'System the record comes from.';
COMMENT ON COLUMN gcrm.territories.source_key IS 'Key in that system.';
COMMENT ON COLUMN gcrm.territories.name IS 'Name of the territory.';
COMMENT ON COLUMN gcrm.territories.region_id IS 'The region it belongs to.';
COMMENT ON COLUMN gcrm.territories.boundary IS 'Boundary, EPSG:4326; empty where only the name is known.';
COMMENT ON COLUMN gcrm.territories.made_up IS 'True for invented data.';
COMMENT ON COLUMN gcrm.territories.import_id IS 'The import that wrote it last.';
COMMENT ON COLUMN gcrm.territories.updated_at IS 'When it changed last.';

CREATE TABLE gcrm.reps (
    rep_id       int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source       text NOT NULL,
    source_key   text NOT NULL,
    name         text NOT NULL,
    email        text,
    territory_id int REFERENCES gcrm.territories,
    home         geometry(Point, 4326),
    made_up      boolean NOT NULL,
    import_id    bigint NOT NULL REFERENCES gcrm.imports,
    updated_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, source_key)
);
COMMENT ON TABLE gcrm.reps IS 'One row per sales representative. Source: gcrm import reps.';
COMMENT ON COLUMN gcrm.reps.rep_id IS 'Key.';
COMMENT ON COLUMN gcrm.reps.source IS 'System the record comes from.';
COMMENT ON COLUMN gcrm.reps.source_key IS 'Key in that system.';
COMMENT ON COLUMN gcrm.reps.name IS 'Name, or the position where no name is known.';
COMMENT ON COLUMN gcrm.reps.email IS 'Mail address.';
COMMENT ON COLUMN gcrm.reps.territory_id IS 'The territory served.';
COMMENT ON COLUMN gcrm.reps.home IS 'Where the rep starts, EPSG:4326.';
COMMENT ON COLUMN gcrm.reps.made_up IS 'True for invented data.';
COMMENT ON COLUMN gcrm.reps.import_id IS 'The import that wrote it last.';
COMMENT ON COLUMN gcrm.reps.updated_at IS 'When it changed last.';

CREATE TABLE gcrm.products (
    product_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source     text NOT NULL,
    source_key text NOT NULL,
    name       text NOT NULL,
    category   text NOT NULL,
    unit_price numeric(14, 2) CHECK (unit_price >= 0),
    unit_cost  numeric(14, 2) CHECK (unit_cost >= 0),
    currency   char(3),
    made_up    boolean NOT NULL,
    import_id  bigint NOT NULL REFERENCES gcrm.imports,
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, source_key)
);
COMMENT ON TABLE gcrm.products IS 'One row per product. Source: gcrm import products.';
COMMENT ON COLUMN gcrm.products.product_id IS 'Key.';
COMMENT ON COLUMN gcrm.products.source IS 'System the record comes from.';
COMMENT ON COLUMN gcrm.products.source_key IS 'Key in that system.';
COMMENT ON COLUMN gcrm.products.name IS 'Name of the product.';
COMMENT ON COLUMN gcrm.products.category IS 'Product category, a level of the cube.';
COMMENT ON COLUMN gcrm.products.unit_price IS 'List price of one unit, in the currency beside it.';
COMMENT ON COLUMN gcrm.products.unit_cost IS 'Cost of one unit, in the currency beside it.';
COMMENT ON COLUMN gcrm.products.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN gcrm.products.made_up IS 'True for invented data.';
COMMENT ON COLUMN gcrm.products.import_id IS 'The import that wrote it last.';
COMMENT ON COLUMN gcrm.products.updated_at IS 'When it changed last.';

CREATE TABLE gcrm.accounts (
    account_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source            text NOT NULL,
    source_key        text NOT NULL,
    kind              text NOT NULL CHECK (kind IN ('company', 'household', 'person')),
    status            text NOT NULL CHECK (status IN ('customer', 'prospect', 'lost', 'partner', 'competitor')),
    name              text NOT NULL,
    segment           text,
    parent_account_id bigint REFERENCES gcrm.accounts,
    street            text,
    house_number      text,
    postcode          text,
    city              text,
    country_code      char(2),
    phone             text,
    email             text,
    position          geometry(Point, 4326),
    cell              bigint,
    geocode_level     text CHECK (geocode_level IN ('given', 'rooftop', 'street', 'postcode', 'none')),
    geocode_score     real CHECK (geocode_score BETWEEN 0 AND 1),
    geocoded_at       timestamptz,
    territory_id      int REFERENCES gcrm.territories,
    territory_given   boolean NOT NULL DEFAULT false,
    made_up           boolean NOT NULL,
    import_id         bigint NOT NULL REFERENCES gcrm.imports,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, source_key),
    CHECK ((position IS NULL) = (cell IS NULL))
);
-- Usage: the accounts of a cell and of everything below it (cell BETWEEN lo AND hi).
CREATE INDEX accounts_cell ON gcrm.accounts (cell);
-- Usage: the accounts inside a drawn shape (export).
CREATE INDEX accounts_position ON gcrm.accounts USING gist (position);
-- Usage: what still has to be geocoded (geocode).
CREATE INDEX accounts_not_geocoded ON gcrm.accounts (account_id) WHERE geocode_level IS NULL;
COMMENT ON TABLE gcrm.accounts IS 'One row per account: company, household or person. Source: gcrm import accounts.';
COMMENT ON COLUMN gcrm.accounts.account_id IS 'Key.';
COMMENT ON COLUMN gcrm.accounts.source IS 'System the record comes from.';
COMMENT ON COLUMN gcrm.accounts.source_key IS 'Key in that system.';
COMMENT ON COLUMN gcrm.accounts.kind IS 'company, household or person.';
COMMENT ON COLUMN gcrm.accounts.status IS 'customer, prospect, lost, partner or competitor.';
COMMENT ON COLUMN gcrm.accounts.name IS 'Name.';
COMMENT ON COLUMN gcrm.accounts.segment IS 'Market segment.';
COMMENT ON COLUMN gcrm.accounts.parent_account_id IS 'The account it belongs to, for example the store of a person.';
COMMENT ON COLUMN gcrm.accounts.street IS 'Street without the number.';
COMMENT ON COLUMN gcrm.accounts.house_number IS 'House number with its suffix.';
COMMENT ON COLUMN gcrm.accounts.postcode IS 'Postcode.';
COMMENT ON COLUMN gcrm.accounts.city IS 'City or place.';
COMMENT ON COLUMN gcrm.accounts.country_code IS 'ISO 3166-1 alpha-2 code.';
COMMENT ON COLUMN gcrm.accounts.phone IS 'Telephone number.';
COMMENT ON COLUMN gcrm.accounts.email IS 'Mail address.';
COMMENT ON COLUMN gcrm.accounts.position IS 'Position, EPSG:4326; empty where it is not known.';
COMMENT ON COLUMN gcrm.accounts.cell IS 'H3 cell of level 10 of the position, as a signed 64-bit integer.';
COMMENT ON COLUMN gcrm.accounts.geocode_level IS 'How the position was found: given in the file, rooftop, street, postcode, none; empty where nobody tried yet.';
COMMENT ON COLUMN gcrm.accounts.geocode_score IS 'How sure the match is, 0 to 1 (no unit).';
COMMENT ON COLUMN gcrm.accounts.geocoded_at IS 'When the position was found.';
COMMENT ON COLUMN gcrm.accounts.territory_id IS 'The territory that serves it.';
COMMENT ON COLUMN gcrm.accounts.territory_given IS 'True where the file named the territory; then the position does not change it.';
COMMENT ON COLUMN gcrm.accounts.made_up IS 'True for invented data.';
COMMENT ON COLUMN gcrm.accounts.import_id IS 'The import that wrote it last.';
COMMENT ON COLUMN gcrm.accounts.created_at IS 'When it came in first.';
COMMENT ON COLUMN gcrm.accounts.updated_at IS 'When it changed last.';

CREATE TABLE gcrm.contacts (
    contact_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source      text NOT NULL,
    source_key  text NOT NULL,
    account_id  bigint NOT NULL REFERENCES gcrm.accounts,
    given_name  text,
    family_name text,
    role        text,
    phone       text,
    email       text,
    made_up     boolean NOT NULL,
    import_id   bigint NOT NULL REFERENCES gcrm.imports,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, source_key)
);
-- Usage: the contacts of an account.
CREATE INDEX contacts_account ON gcrm.contacts (account_id);
COMMENT ON TABLE gcrm.contacts IS 'One row per person at an account. Source: gcrm import contacts.';
COMMENT ON COLUMN gcrm.contacts.contact_id IS 'Key.';
COMMENT ON COLUMN gcrm.contacts.source IS 'System the record comes from.';
COMMENT ON COLUMN gcrm.contacts.source_key IS 'Key in that system.';
COMMENT ON COLUMN gcrm.contacts.account_id IS 'The account.';
COMMENT ON COLUMN gcrm.contacts.given_name IS 'Given name.';
COMMENT ON COLUMN gcrm.contacts.family_name IS 'Family name.';
COMMENT ON COLUMN gcrm.contacts.role IS 'Role at the account.';
COMMENT ON COLUMN gcrm.contacts.phone IS 'Telephone number.';
COMMENT ON COLUMN gcrm.contacts.email IS 'Mail address.';
COMMENT ON COLUMN gcrm.contacts.made_up IS 'True for invented data.';
COMMENT ON COLUMN gcrm.contacts.import_id IS 'The import that wrote it last.';
COMMENT ON COLUMN gcrm.contacts.updated_at IS 'When it changed last.';

CREATE TABLE gcrm.orders (
    order_line_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source        text NOT NULL,
    source_key    text NOT NULL,
    order_key     text NOT NULL,
    account_id    bigint NOT NULL REFERENCES gcrm.accounts,
    product_id    int REFERENCES gcrm.products,
    ordered_at    timestamptz NOT NULL,
    channel       text,
    quantity      numeric(12, 3) NOT NULL,
    revenue       numeric(14, 2) NOT NULL,
    cost          numeric(14, 2),
    currency      char(3) NOT NULL,
    made_up       boolean NOT NULL,
    import_id     bigint NOT NULL REFERENCES gcrm.imports,
    updated_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, source_key)
);
-- Usage: the orders of an account; the join of accounts and orders under row-level security.
CREATE INDEX orders_account ON gcrm.orders (account_id);
COMMENT ON TABLE gcrm.orders IS 'One row per order line. Source: gcrm import orders.';
COMMENT ON COLUMN gcrm.orders.order_line_id IS 'Key.';
COMMENT ON COLUMN gcrm.orders.source IS 'System the record comes from.';
COMMENT ON COLUMN gcrm.orders.source_key IS 'Key of the line in that system: order key, slash, line number.';
COMMENT ON COLUMN gcrm.orders.order_key IS 'Key of the order that the line belongs to.';
COMMENT ON COLUMN gcrm.orders.account_id IS 'The account that ordered.';
COMMENT ON COLUMN gcrm.orders.product_id IS 'The product; empty where it is not known.';
COMMENT ON COLUMN gcrm.orders.ordered_at IS 'When it was ordered.';
COMMENT ON COLUMN gcrm.orders.channel IS 'Sales channel.';
COMMENT ON COLUMN gcrm.orders.quantity IS 'Units ordered (count; negative for a return).';
COMMENT ON COLUMN gcrm.orders.revenue IS 'Revenue of the line, in the currency beside it.';
COMMENT ON COLUMN gcrm.orders.cost IS 'Cost of the line, in the currency beside it; empty where it is not known.';
COMMENT ON COLUMN gcrm.orders.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN gcrm.orders.made_up IS 'True for invented data.';
COMMENT ON COLUMN gcrm.orders.import_id IS 'The import that wrote it last.';
COMMENT ON COLUMN gcrm.orders.updated_at IS 'When it changed last.';

CREATE TABLE gcrm.activities (
    activity_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source      text NOT NULL,
    source_key  text NOT NULL,
    account_id  bigint NOT NULL REFERENCES gcrm.accounts,
    rep_id      int REFERENCES gcrm.reps,
    kind        text NOT NULL CHECK (kind IN ('call', 'visit', 'mail', 'meeting', 'note', 'task')),
    happened_at timestamptz NOT NULL,
    subject     text,
    outcome     text,
    made_up     boolean NOT NULL,
    import_id   bigint NOT NULL REFERENCES gcrm.imports,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, source_key)
);
-- Usage: the history of an account, newest first.
CREATE INDEX activities_account ON gcrm.activities (account_id, happened_at DESC);
COMMENT ON TABLE gcrm.activities IS 'One row per activity with an account. Source: gcrm import activities.';
COMMENT ON COLUMN gcrm.activities.activity_id IS 'Key.';
COMMENT ON COLUMN gcrm.activities.source IS 'System the record comes from.';
COMMENT ON COLUMN gcrm.activities.source_key IS 'Key in that system.';
COMMENT ON COLUMN gcrm.activities.account_id IS 'The account.';
COMMENT ON COLUMN gcrm.activities.rep_id IS 'The rep who did it.';
COMMENT ON COLUMN gcrm.activities.kind IS 'call, visit, mail, meeting, note or task.';
COMMENT ON COLUMN gcrm.activities.happened_at IS 'When it happened.';
COMMENT ON COLUMN gcrm.activities.subject IS 'What it was about.';
COMMENT ON COLUMN gcrm.activities.outcome IS 'What came of it.';
COMMENT ON COLUMN gcrm.activities.made_up IS 'True for invented data.';
COMMENT ON COLUMN gcrm.activities.import_id IS 'The import that wrote it last.';
COMMENT ON COLUMN gcrm.activities.updated_at IS 'When it changed last.';

CREATE TABLE gcrm.opportunities (
    opportunity_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source            text NOT NULL,
    source_key        text NOT NULL,
    account_id        bigint NOT NULL REFERENCES gcrm.accounts,
    rep_id            int REFERENCES gcrm.reps,
    name              text NOT NULL,
    stage             text NOT NULL CHECK (stage IN ('new', 'qualified', 'proposal', 'negotiation', 'won', 'lost')),
    amount            numeric(14, 2) NOT NULL CHECK (amount >= 0),
    currency          char(3) NOT NULL,
    opened_at         timestamptz NOT NULL,
    expected_close_on date,
    closed_at         timestamptz,
    made_up           boolean NOT NULL,
    import_id         bigint NOT NULL REFERENCES gcrm.imports,
    updated_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, source_key),
    CHECK (closed_at >= opened_at)
);
-- Usage: the opportunities of an account.
CREATE INDEX opportunities_account ON gcrm.opportunities (account_id);
COMMENT ON TABLE gcrm.opportunities IS 'One row per sales opportunity. Source: gcrm import opportunities.';
COMMENT ON COLUMN gcrm.opportunities.opportunity_id IS 'Key.';
COMMENT ON COLUMN gcrm.opportunities.source IS 'System the record comes from.';
COMMENT ON COLUMN gcrm.opportunities.source_key IS 'Key in that system.';
COMMENT ON COLUMN gcrm.opportunities.account_id IS 'The account.';
COMMENT ON COLUMN gcrm.opportunities.rep_id IS 'The rep who works on it.';
COMMENT ON COLUMN gcrm.opportunities.name IS 'Title.';
COMMENT ON COLUMN gcrm.opportunities.stage IS 'new, qualified, proposal, negotiation, won or lost.';
COMMENT ON COLUMN gcrm.opportunities.amount IS 'Expected revenue, in the currency beside it.';
COMMENT ON COLUMN gcrm.opportunities.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN gcrm.opportunities.opened_at IS 'When it was opened.';
COMMENT ON COLUMN gcrm.opportunities.expected_close_on IS 'Day on which it is expected to close.';
COMMENT ON COLUMN gcrm.opportunities.closed_at IS 'When it was won or lost; empty while it is open.';
COMMENT ON COLUMN gcrm.opportunities.made_up IS 'True for invented data.';
COMMENT ON COLUMN gcrm.opportunities.import_id IS 'The import that wrote it last.';
COMMENT ON COLUMN gcrm.opportunities.updated_at IS 'When it changed last.';

CREATE TABLE gcrm.consents (
    consent_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source      text NOT NULL,
    source_key  text NOT NULL,
    contact_id  bigint NOT NULL REFERENCES gcrm.contacts,
    purpose     text NOT NULL,
    channel     text NOT NULL,
    given       boolean NOT NULL,
    recorded_at timestamptz NOT NULL,
    wording     text,
    made_up     boolean NOT NULL,
    import_id   bigint NOT NULL REFERENCES gcrm.imports,
    UNIQUE (source, source_key)
);
-- Usage: the last word of a contact on a purpose and a channel.
CREATE INDEX consents_contact ON gcrm.consents (contact_id, purpose, channel, recorded_at DESC);
COMMENT ON TABLE gcrm.consents IS 'One row per consent given or withdrawn; rows are added, never changed. Source: gcrm import consents.';
COMMENT ON COLUMN gcrm.consents.consent_id IS 'Key.';
COMMENT ON COLUMN gcrm.consents.source IS 'System the record comes from.';
COMMENT ON COLUMN gcrm.consents.source_key IS 'Key in that system.';
COMMENT ON COLUMN gcrm.consents.contact_id IS 'The person.';
COMMENT ON COLUMN gcrm.consents.purpose IS 'What for, for example marketing or movement.';
COMMENT ON COLUMN gcrm.consents.channel IS 'By which channel: mail, phone, post, any.';
COMMENT ON COLUMN gcrm.consents.given IS 'True where given, false where withdrawn.';
COMMENT ON COLUMN gcrm.consents.recorded_at IS 'From when it holds.';
COMMENT ON COLUMN gcrm.consents.wording IS 'The words that were agreed to.';
COMMENT ON COLUMN gcrm.consents.made_up IS 'True for invented data.';
COMMENT ON COLUMN gcrm.consents.import_id IS 'The import that wrote it.';
