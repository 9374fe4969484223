"""Routes of movement: recorded positions become clean trips and stops, and those become flows."""
