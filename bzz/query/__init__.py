"""Query strings."""
