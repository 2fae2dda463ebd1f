"""Solutions of this lesson: each takes the place of the cell whose number stands above it."""

import math

import lesson_lib as ll


# %% 00-write-update
def update(theta, gradient, learning_rate):
    return theta - learning_rate * gradient


ll.check("00/update", update)


# %% 00-write-updates
def updates_made(num_examples, batch_size, epochs):
    return math.ceil(num_examples / batch_size) * epochs


ll.check("00/updates", updates_made)
