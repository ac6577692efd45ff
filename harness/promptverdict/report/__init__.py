"""What people read: the terminal's tables and a trial's transcript."""
