"""Solutions of this lesson: each takes the place of the cell whose number stands above it."""

import numpy as np

import lesson_lib as ll

# %% 06-predict
guess = ll.predict("06/equal-time")
guess.draw("loss", [0.8, 0.4, 0.4, 0.5, 0.8, 1.8]).show()


# %% 06-write-fit
def fit_line(batch_sizes, seconds):
    b, a = np.polyfit(batch_sizes, seconds, 1)
    return a, b


ll.check("06/fit", fit_line)


# %% 06-write-ratio
def batch_size_for_ratio(num_examples, a, b, ratio):
    seconds = (a + b * num_examples) / ratio  # of an update of SGD, at most
    return max(0, int((seconds - a) / b))


ll.check("06/ratio", batch_size_for_ratio)
