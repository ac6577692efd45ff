"""The members' list of a choir."""
