"""Solutions of this lesson: each takes the place of the cell whose number stands above it."""

import lesson_lib as ll


# %% 09-write-mean
def mean_gradient(grads, sizes):
    return sizes @ grads / sizes.sum()


ll.check("09/mean", mean_gradient)


# %% 09-write-speed-up
def speed_up(critical, share, devices):
    one, many = (1 + critical / batch_size for batch_size in (share, share * devices))
    return one / many


ll.check("09/speed-up", speed_up)
