"""The Tornado handlers that turn requests into acts, and results and errors into replies."""
