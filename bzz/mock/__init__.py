"""Canned answers, which ``MockHive`` serves."""
