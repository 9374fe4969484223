"""People at accounts, as a reader sees them."""

from gcrm.pipeline.contact_roles import MOST_PEOPLE, Role, elsewhere, find_contacts, people

__all__ = ["MOST_PEOPLE", "Role", "elsewhere", "find_contacts", "people"]
