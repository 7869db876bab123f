"""Stochastic processes that drive a book."""
