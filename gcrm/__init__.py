"""gcrm: a geographic CRM."""

from importlib.metadata import version

__version__ = version("gcrm")
