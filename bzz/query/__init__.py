"""The parsing of query strings into queries: filters, order, cursors and expansion."""
