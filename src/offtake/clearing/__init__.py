"""Clearing of payments among parties, and contagion."""
