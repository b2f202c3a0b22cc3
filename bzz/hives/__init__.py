"""Hives."""
