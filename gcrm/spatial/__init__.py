"""A place becomes a place with its surroundings."""
