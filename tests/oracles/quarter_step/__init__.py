"""The quarter step in plain Python, written from docs/quarter-step.md alone and slow on purpose."""

from oracles.quarter_step.step import LedgerLine, run

__all__ = ["LedgerLine", "run"]
