"""The acts: reads and writes with their signals, without HTTP and without an ORM."""
