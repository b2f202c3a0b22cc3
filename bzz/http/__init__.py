"""The Tornado handlers, which run acts for requests and send replies."""
