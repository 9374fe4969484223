"""The errors that a user sees: one sentence that says what, where and how to mend it."""


class GcrmError(Exception):
    """An error that the user can cause or mend; shown as one line, without a traceback."""

    exit_code = 1


class SettingsError(GcrmError):
    """A setting of the environment holds what it cannot."""


class ClusterError(GcrmError):
    """The private PostgreSQL cluster cannot be made, started or used."""


class DatabaseError(GcrmError):
    """The database cannot be reached, or is not in the state that is needed."""


class MigrationError(DatabaseError):
    """The migrations in the program and those in the database do not go together."""


class ReadError(GcrmError):
    """A file cannot be read."""


class MappingError(GcrmError):
    """The columns of a file cannot be brought to the fields of an object."""


class ImportJobError(GcrmError):
    """A job of the import cannot be run, resumed or undone."""


class EntryError(GcrmError):
    """A record that somebody typed in cannot be stored."""


class FieldError(GcrmError):
    """Custom fields are declared wrongly, or a value does not fit one."""


class CrmError(GcrmError):
    """A rule of the CRM forbids what was asked."""


class ConsentError(GcrmError):
    """A question about consent, or a statement for the ledger, does not fit."""


class PrivacyError(GcrmError):
    """What is held on a person cannot be given out, erased or replayed."""


class PersonError(GcrmError):
    """A person cannot be found by what was given."""


class DuplicateError(GcrmError):
    """A decision about duplicates cannot be carried out."""


class QuarantineError(GcrmError):
    """Refused records cannot be seen, edited or written."""


class QualityError(GcrmError):
    """A question to the quality of the data does not fit."""


class LayerError(GcrmError):
    """A layer cannot be loaded."""


class RoadsError(GcrmError):
    """A road network or road conditions are missing or cannot be used, or a question to them does not fit."""


class TradeAreaError(GcrmError):
    """Trading areas cannot be computed as asked."""


class GeocodeError(GcrmError):
    """A position cannot be reviewed or set."""


class CubeError(GcrmError):
    """A cube is missing, or a question to it does not fit."""


class AudienceError(GcrmError):
    """An audience cannot be asked for, saved or used as it is."""


class AreaError(GcrmError):
    """An area cannot be asked by."""


class ExportError(GcrmError):
    """An export cannot be written."""


class ViewError(GcrmError):
    """A saved view cannot be found, or its name cannot be used."""


class AccessError(GcrmError):
    """Somebody cannot be signed in, may not do something, or a user cannot be kept."""
