"""Solutions of this lesson: each takes the place of the cell whose number stands above it."""

import numpy as np

from lesson_lib.practice import check


# %% 02-write-gradient
def gradient_of_line(w, b, x, y):
    error = w * x + b - y
    return np.mean(error * x), np.mean(error)


check("02/gradient", gradient_of_line)


# %% 02-write-edge
def largest_learning_rate(hessian):
    return 2 / np.linalg.eigvalsh(hessian)[-1]


check("02/edge", largest_learning_rate)
