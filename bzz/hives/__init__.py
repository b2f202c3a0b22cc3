"""The hives, which turn options into routes."""
