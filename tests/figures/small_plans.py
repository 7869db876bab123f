"""A plan of the small shipped book, on few futures."""

from functools import cache

from offtake.book import Book
from offtake.plan import plan


@cache
def small_plan():
    """Return the book and the plan of its laboratory, with its deals asked again."""
    book = Book.read("first-steps")
    return book, plan(book, scenarios=2, futures=8, frontier=3, reopen="all", prices=False)
