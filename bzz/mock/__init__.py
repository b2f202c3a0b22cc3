"""Handlers that reply with canned answers instead of a model's instances."""
