"""Facts become cubes, cubes answer questions."""
