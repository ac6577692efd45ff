"""What each platform's agent files mean: one file a dialect."""
