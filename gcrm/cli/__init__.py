"""The command line: a thin face over gcrm.pipeline; parse, call one function, show."""

from gcrm.cli.main import main

__all__ = ["main"]
