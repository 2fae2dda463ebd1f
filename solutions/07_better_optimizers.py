"""Solutions of this lesson: each takes the place of the cell whose number stands above it."""

import lesson_lib as ll


# %% 07-write-momentum
def momentum(theta, velocity, gradient, learning_rate, beta):
    velocity = beta * velocity + gradient
    return theta - learning_rate * velocity, velocity


ll.check("07/momentum", momentum)


# %% 07-write-adam-mean
def corrected_mean(gradients, beta):
    m = 0
    for g in gradients:
        m = beta * m + (1 - beta) * g
    return m / (1 - beta ** len(gradients))


ll.check("07/adam-mean", corrected_mean)
