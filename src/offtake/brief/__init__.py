"""One page on one book: findings, figures with their tables, what is assumed, and how to run it again."""

from offtake.brief._brief import brief
from offtake.brief._context import FactLine, PageContext
from offtake.brief._page import Page, compose

__all__ = ["FactLine", "Page", "PageContext", "brief", "compose"]
