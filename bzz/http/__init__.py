"""HTTP: Tornado handlers, URLs, bodies, header fields and problem documents."""
