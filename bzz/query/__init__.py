"""Query strings: text becomes a ``Query``."""
