"""Solutions of this lesson: each takes the place of the cell whose number stands above it."""

import numpy as np

from lesson_lib.practice import check


# %% 01-write-loss
def cross_entropy(scores, label):
    shifted = scores - scores.max()
    return np.log(np.exp(shifted).sum()) - shifted[label]


check("01/loss", cross_entropy)


# %% 01-write-weights
def weight_gradient(a, delta):
    return a.T @ delta / len(a)


check("01/weights", weight_gradient)
