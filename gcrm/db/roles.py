"""The three database roles."""

from enum import StrEnum


class Role(StrEnum):
    """A database role; each may do no more than its work needs."""

    OWNER = "gcrm_owner"
    """Owns the tables: migrations."""
    WRITER = "gcrm_writer"
    """Imports, geocodes, enriches."""
    READER = "gcrm_reader"
    """Dashboards and exports: sees what its scope allows and cannot write."""
