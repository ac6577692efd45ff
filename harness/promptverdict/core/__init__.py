"""What every room stands on: errors, models of data, time, files and text."""
