"""The made-up company of the demo city: a generator that only writes files, for the ordinary import commands to read."""
