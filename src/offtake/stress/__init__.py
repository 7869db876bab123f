"""What breaks, who follows, and by which channel."""

from offtake.stress._channels import shapley
from offtake.stress._dataset import PARTS, SPLIT, VARIABLES
from offtake.stress._importance import DefaultProbability, default_probability
from offtake.stress._moves import Course, Move
from offtake.stress._ranking import Rank, Ranking
from offtake.stress._rare import Rare, rare_quarter
from offtake.stress._reverse import ReverseStress, reverse_stress
from offtake.stress._sensitivities import Outcome, Sensitivities, Sensitivity, sensitivities
from offtake.stress._shocks import Shock
from offtake.stress._story import Event, Line, Story, story
from offtake.stress._stress import CITATIONS, Stress, stress

__all__ = [
    "CITATIONS",
    "PARTS",
    "SPLIT",
    "VARIABLES",
    "Course",
    "DefaultProbability",
    "Event",
    "Line",
    "Move",
    "Outcome",
    "Rank",
    "Ranking",
    "Rare",
    "ReverseStress",
    "Sensitivities",
    "Sensitivity",
    "Shock",
    "Story",
    "Stress",
    "default_probability",
    "rare_quarter",
    "reverse_stress",
    "sensitivities",
    "shapley",
    "story",
    "stress",
]
