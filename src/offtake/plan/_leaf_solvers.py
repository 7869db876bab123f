"""Who answers for the leaves of a two-stage programme: the threads of this process, or workers elsewhere."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from offtake.plan._recourse import Answers, answer

if TYPE_CHECKING:
    from offtake.plan._instance import FloatArray
    from offtake.plan._recourse import Basis, Leaf

__all__ = ["LeafSolvers"]

PART = 32
"""Leaves that are solved in one go; the answer does not depend on it."""


class LeafSolvers:
    """Who solves the leaves: threads, or the workers of a client. Bases stay where their part is solved."""

    def __init__(self, leaves: list[Leaf], client: Any) -> None:
        parts = [leaves[k : k + PART] for k in range(0, len(leaves), PART)]
        self.client = client
        if client is None:
            self.pool = ThreadPoolExecutor()
            self.parts: list[Any] = parts
        else:
            self.parts = client.scatter(parts, direct=False)
        self.bases: list[Any] = [[None] * len(part) for part in parts]

    def ask(self, plan: FloatArray, *, operation: bool = False) -> Answers:
        """Return every leaf's answer to a plan."""
        if self.client is None:
            tasks = zip(self.parts, self.bases, strict=True)
            answers = list(
                self.pool.map(lambda task: answer(task[0], plan, task[1], operation=operation), tasks)
            )
            self.bases = [each.bases for each in answers]
        else:
            made = [
                self.client.submit(answer, part, plan, bases, operation=operation, pure=False)
                for part, bases in zip(self.parts, self.bases, strict=True)
            ]
            self.bases = [self.client.submit(_bases_of, each, pure=False) for each in made]
            answers = self.client.gather(
                [self.client.submit(_without_bases, each, pure=False) for each in made]
            )
        return Answers(
            np.concatenate([each.feasible for each in answers]),
            np.concatenate([each.value for each in answers]),
            np.concatenate([each.slope for each in answers]),
            [],
            [columns for each in answers for columns in each.operation],
        )

    def close(self) -> None:
        """Let the threads go."""
        if self.client is None:
            self.pool.shutdown()


def _bases_of(answers: Answers) -> list[Basis | None]:
    return answers.bases


def _without_bases(answers: Answers) -> Answers:
    return Answers(answers.feasible, answers.value, answers.slope, [], answers.operation)
