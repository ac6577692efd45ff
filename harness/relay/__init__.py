"""A Messages API whose answers are written by hand: by a person, a chat window, a coding agent."""
