"""Solutions of this lesson: each takes the place of the cell whose number stands above it."""

import math

from lesson_lib.practice import check


# %% 00-write-update
def update(theta, gradient, learning_rate):
    return theta - learning_rate * gradient


check("00/update", update)


# %% 00-write-updates
def updates_made(num_examples, batch_size, epochs):
    return math.ceil(num_examples / batch_size) * epochs


check("00/updates", updates_made)
