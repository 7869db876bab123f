"""The record of an obligation."""

from dataclasses import dataclass


@dataclass
class Line:
    """An obligation of one party to another."""

    deal: str
    kind: str
    payer: str
    receiver: str
    due: float
    rank: int = 2
