"""The departure board of the ferry harbour."""
