"""The auth providers that come with bzz."""
