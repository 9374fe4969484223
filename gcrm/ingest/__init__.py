"""A file becomes clean, unique, placed records, and a quarantine of the rest."""
