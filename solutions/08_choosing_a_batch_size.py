"""Solutions of this lesson: each takes the place of the cell whose number stands above it."""

import numpy as np

import lesson_lib as ll


# %% 08-write-to-target
def updates_to_target(updates, losses, target):
    reached = updates[losses <= target]
    return reached[0] if len(reached) else np.inf


ll.check("08/to-target", updates_to_target)


# %% 08-write-critical
def critical_batch_size(batch_sizes, updates):
    min_examples, min_updates = np.polyfit(1 / batch_sizes, updates, 1)
    return min_examples / min_updates


ll.check("08/critical", critical_batch_size)
