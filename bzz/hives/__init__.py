"""Hives: objects that turn options into routes."""
