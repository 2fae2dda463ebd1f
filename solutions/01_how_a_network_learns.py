"""Solutions of this lesson: each takes the place of the cell whose number stands above it."""

import numpy as np

import lesson_lib as ll


# %% 01-write-loss
def cross_entropy(scores, label):
    shifted = scores - scores.max()
    return np.log(np.exp(shifted).sum()) - shifted[label]


ll.check("01/loss", cross_entropy)


# %% 01-write-weights
def weight_gradient(a, delta):
    return a.T @ delta / len(a)


ll.check("01/weights", weight_gradient)
