"""How a neural network is trained with mini-batches: the library behind the lessons."""

from lesson_lib.compilation import keep_programs

keep_programs()
