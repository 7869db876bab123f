"""The book: what a person writes."""
