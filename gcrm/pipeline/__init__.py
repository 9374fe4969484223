"""Runs the stages and joins them to the database: one file a stage."""
