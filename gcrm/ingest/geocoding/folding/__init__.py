"""Normalisation: words, abbreviations, keys."""
