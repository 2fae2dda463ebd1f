"""How a neural network is trained with mini-batches: the library behind the lessons."""

__version__ = "0.2.0"

from lesson_lib.compilation import keep_programs

keep_programs()
