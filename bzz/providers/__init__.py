"""The providers that come with bzz. Each is imported only when it is asked for, since each needs its own ORM."""
