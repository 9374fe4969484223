"""What the numbers say: scores that can be taken apart."""
