"""Handlers that reply with canned answers in place of a model's."""
