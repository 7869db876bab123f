"""The slow oracle of `plan`: docs/plan-programme.md, section Q, in plain loops, solved with scipy."""

from oracles.programme.brute import best_pattern
from oracles.programme.extensive import Answer, conditional_value_at_risk, solve

__all__ = ["Answer", "best_pattern", "conditional_value_at_risk", "solve"]
