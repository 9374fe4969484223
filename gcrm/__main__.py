"""Lets `python -m gcrm` do what `gcrm` does."""

from gcrm.cli import main

main()
