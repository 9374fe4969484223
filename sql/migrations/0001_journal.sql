-- The journal: which file was imported, what was refused and why, which version of which layer is shown.

CREATE TABLE gcrm.imports (
    import_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source         text NOT NULL,
    object         text NOT NULL,
    file_name      text NOT NULL,
    file_sha256    text NOT NULL,
    mapping        jsonb NOT NULL,
    started_at     timestamptz NOT NULL DEFAULT now(),
    finished_at    timestamptz,
    rows_read      bigint NOT NULL DEFAULT 0,
    rows_created   bigint NOT NULL DEFAULT 0,
    rows_updated   bigint NOT NULL DEFAULT 0,
    rows_unchanged bigint NOT NULL DEFAULT 0,
    rows_refused   bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE gcrm.imports IS 'One row per run of gcrm import. Source: the program.';
COMMENT ON COLUMN gcrm.imports.import_id IS 'Key.';
COMMENT ON COLUMN gcrm.imports.source IS 'Name of the system the file comes from; keys are unique within it.';
COMMENT ON COLUMN gcrm.imports.object IS 'What the file holds: accounts, contacts, orders, ...';
COMMENT ON COLUMN gcrm.imports.file_name IS 'Name of the file, without its folder.';
COMMENT ON COLUMN gcrm.imports.file_sha256 IS 'SHA-256 of the file, in hexadecimal.';
COMMENT ON COLUMN gcrm.imports.mapping IS 'The mapping that was used, as JSON, so that a retry reads the record the same way.';
COMMENT ON COLUMN gcrm.imports.started_at IS 'Start of the run.';
COMMENT ON COLUMN gcrm.imports.finished_at IS 'End of the run; empty while it runs or where it was killed.';
COMMENT ON COLUMN gcrm.imports.rows_read IS 'Records read from the file.';
COMMENT ON COLUMN gcrm.imports.rows_created IS 'Records that were new.';
COMMENT ON COLUMN gcrm.imports.rows_updated IS 'Records that existed and changed.';
COMMENT ON COLUMN gcrm.imports.rows_unchanged IS 'Records that existed and were the same.';
COMMENT ON COLUMN gcrm.imports.rows_refused IS 'Records that went to quarantine.';

CREATE TABLE gcrm.quarantine (
    quarantine_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    import_id     bigint NOT NULL REFERENCES gcrm.imports,
    source        text NOT NULL,
    object        text NOT NULL,
    file_name     text NOT NULL,
    row_number    bigint NOT NULL,
    column_name   text NOT NULL,
    value         text,
    reason        text NOT NULL,
    record        jsonb NOT NULL,
    quarantined_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, object, file_name, row_number)
);
COMMENT ON TABLE gcrm.quarantine IS 'One row per refused record of a file. Source: gcrm import.';
COMMENT ON COLUMN gcrm.quarantine.quarantine_id IS 'Key.';
COMMENT ON COLUMN gcrm.quarantine.import_id IS 'The run that refused it last.';
COMMENT ON COLUMN gcrm.quarantine.source IS 'System the file comes from.';
COMMENT ON COLUMN gcrm.quarantine.object IS 'What the file holds: accounts, contacts, orders, ...';
COMMENT ON COLUMN gcrm.quarantine.file_name IS 'Name of the file, without its folder.';
COMMENT ON COLUMN gcrm.quarantine.row_number IS 'Number of the record in the file; the first record after the header is 1.';
COMMENT ON COLUMN gcrm.quarantine.column_name IS 'Column of the file (or field of the object) that is at fault.';
COMMENT ON COLUMN gcrm.quarantine.value IS 'The value at fault, as it stood in the file.';
COMMENT ON COLUMN gcrm.quarantine.reason IS 'What is wrong with it and how to mend it.';
COMMENT ON COLUMN gcrm.quarantine.record IS 'The whole record as it stood in the file, for a retry.';
COMMENT ON COLUMN gcrm.quarantine.quarantined_at IS 'When it was refused.';

CREATE TABLE gcrm.layer_versions (
    layer_version_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layer            text NOT NULL,
    dataset          text NOT NULL,
    file_name        text NOT NULL,
    file_sha256      text NOT NULL,
    source_date      timestamptz,
    attribution      text NOT NULL,
    made_up          boolean NOT NULL DEFAULT false,
    feature_count    bigint NOT NULL,
    loaded_at        timestamptz NOT NULL DEFAULT now(),
    retired_at       timestamptz
);
-- Usage: one version of a layer of a dataset is in force at a time.
CREATE UNIQUE INDEX layer_versions_in_force ON gcrm.layer_versions (layer, dataset) WHERE retired_at IS NULL;
COMMENT ON TABLE gcrm.layer_versions IS 'One row per version of a layer of a dataset. Source: gcrm load.';
COMMENT ON COLUMN gcrm.layer_versions.layer_version_id IS 'Key.';
COMMENT ON COLUMN gcrm.layer_versions.layer IS 'roads, buildings, address_points, shops, land_cover, districts, footfall, tracks or movement.';
COMMENT ON COLUMN gcrm.layer_versions.dataset IS 'Name of the extract or file family, for example helsinki; loading it again replaces it.';
COMMENT ON COLUMN gcrm.layer_versions.file_name IS 'Name of the file, without its folder.';
COMMENT ON COLUMN gcrm.layer_versions.file_sha256 IS 'SHA-256 of the file, in hexadecimal.';
COMMENT ON COLUMN gcrm.layer_versions.source_date IS 'The newest change that the source itself records; empty where it records none.';
COMMENT ON COLUMN gcrm.layer_versions.attribution IS 'What has to be shown wherever the layer is shown.';
COMMENT ON COLUMN gcrm.layer_versions.made_up IS 'True for invented data.';
COMMENT ON COLUMN gcrm.layer_versions.feature_count IS 'Features in this version (count).';
COMMENT ON COLUMN gcrm.layer_versions.loaded_at IS 'When it was loaded.';
COMMENT ON COLUMN gcrm.layer_versions.retired_at IS 'When a newer version took its place; empty while it is in force.';
