-- Views that somebody saved under a name, for everybody: what a link says, and of which page.

CREATE TABLE gcrm.saved_views (
    name       text PRIMARY KEY CHECK (name = btrim(name) AND char_length(name) BETWEEN 1 AND 80),
    page       text NOT NULL,
    parameters jsonb NOT NULL CHECK (jsonb_typeof(parameters) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE gcrm.saved_views IS 'One row per view that somebody saved; it holds no data, and shows each reader what they may see. Source: the pages.';
COMMENT ON COLUMN gcrm.saved_views.name IS 'Name, at most 80 characters in one line.';
COMMENT ON COLUMN gcrm.saved_views.page IS 'Path of the page, such as cube.';
COMMENT ON COLUMN gcrm.saved_views.parameters IS 'Parameters of the link, as JSON: to each name a text, or an array of texts.';
COMMENT ON COLUMN gcrm.saved_views.created_at IS 'When it was saved first.';
COMMENT ON COLUMN gcrm.saved_views.changed_at IS 'When it was saved, renamed or overwritten last.';
GRANT SELECT, INSERT, UPDATE, DELETE ON gcrm.saved_views TO gcrm_writer;
GRANT SELECT ON gcrm.saved_views TO gcrm_reader;
