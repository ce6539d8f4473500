"""The service: checking, searching and asking over HTTP, for programs."""
