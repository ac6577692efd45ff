"""A judge: a model that is asked one question about a trial, and whose answer is evidence."""
