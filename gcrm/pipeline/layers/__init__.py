"""Layers of what surrounds the accounts: one file a layer, each version in force whole or not at all."""
