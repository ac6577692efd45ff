"""What one trial heard from outside: a cassette and a world file, sealed together."""
