"""Providers that each break one promise. A module contains the providers of one chapter."""
