"""Solutions of this lesson: each takes the place of the cell whose number stands above it."""

import numpy as np

import lesson_lib as ll


# %% 02-write-gradient
def gradient_of_line(w, b, x, y):
    error = w * x + b - y
    return np.mean(error * x), np.mean(error)


ll.check("02/gradient", gradient_of_line)


# %% 02-write-edge
def largest_learning_rate(hessian):
    return 2 / np.linalg.eigvalsh(hessian)[-1]


ll.check("02/edge", largest_learning_rate)
