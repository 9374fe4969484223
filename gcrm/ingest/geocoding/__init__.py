"""From addresses to positions by a local reference."""
