"""What breaks, who follows, and by which channel."""

from offtake.stress._channels import shapley
from offtake.stress._dataset import PARTS, SPLIT, VARIABLES
from offtake.stress._ranking import Rank, Ranking
from offtake.stress._shocks import Shock
from offtake.stress._story import Event, Line, Story, story
from offtake.stress._stress import CITATIONS, Stress, stress

__all__ = [
    "CITATIONS",
    "PARTS",
    "SPLIT",
    "VARIABLES",
    "Event",
    "Line",
    "Rank",
    "Ranking",
    "Shock",
    "Story",
    "Stress",
    "shapley",
    "story",
    "stress",
]
