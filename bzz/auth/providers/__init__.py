"""Auth providers."""
