"""The till of a boat rental."""
