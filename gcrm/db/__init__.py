"""The only door to PostGIS."""
