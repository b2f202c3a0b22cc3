"""Threads for blocking code, and cancellations that wait for a write to end."""
