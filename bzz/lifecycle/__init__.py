"""The acts on instances, each with its signals, inside a unit of work."""
