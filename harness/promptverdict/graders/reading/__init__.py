"""What graders share: reading of transcripts, reports, code and sentences."""
