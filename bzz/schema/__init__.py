"""The schemas of models, and the types that parse, dump, compare and merge the values of their fields."""
