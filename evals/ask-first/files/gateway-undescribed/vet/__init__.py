"""Reminders of a vet's practice."""
