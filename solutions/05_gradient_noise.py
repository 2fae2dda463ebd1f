"""Solutions of this lesson: each takes the place of the cell whose number stands above it."""

import lesson_lib as ll


# %% 05-write-noise-of-batch
def noise_of_batch_gradient(gradients, batch_size):
    num_examples, trace_sigma = len(gradients), gradients.var(axis=0).sum()
    return trace_sigma / batch_size * (num_examples - batch_size) / (num_examples - 1)


ll.check("05/noise-of-batch", noise_of_batch_gradient)


# %% 05-write-scale
def noise_scale(gradients):
    true_gradient, trace_sigma = gradients.mean(axis=0), gradients.var(axis=0).sum()
    return trace_sigma / (true_gradient**2).sum()


ll.check("05/scale", noise_scale)
