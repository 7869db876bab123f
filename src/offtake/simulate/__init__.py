"""The simulation of a book, quarter by quarter, over many paths."""
