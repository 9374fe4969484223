"""Who may see what: every read goes through a `Scope`."""

from gcrm.access.scope import Scope

__all__ = ["Scope"]
