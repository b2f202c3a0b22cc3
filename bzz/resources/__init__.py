"""The resources that requests can reach, and the paths that lead to them."""
