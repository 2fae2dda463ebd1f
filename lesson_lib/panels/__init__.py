"""The interactive panels of the lessons, a file each."""

from lesson_lib.panels.coverage import Coverage
from lesson_lib.panels.gd_vs_sgd import GdVsSgd

__all__ = ["Coverage", "GdVsSgd"]
