"""The people and the rules: plain dataclasses and functions, no I/O."""
