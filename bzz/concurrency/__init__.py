"""Threads for blocking code, and cancellations that wait until writes end."""
