"""What requests reach through the relations of mapped classes, and what is told of it."""
