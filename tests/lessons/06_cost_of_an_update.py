"""What lesson 06 says, of times only what holds with a wide margin: each part runs after the cell named above it."""

# %% after 06-08
again = ll.cost.update_times(state, x, y, hyper, sizes, key=jax.random.key(1), repeats=3).minimum
gd, sgd = (min(seconds[B], again[sizes.index(B)]) for B in (N, 1))
assert 20 < gd / sgd < N  # far more expensive in time, too, but less than in work
assert seconds[1024] / seconds[1] < 1024  # a smaller batch saves less time than work

# %% after 06-03
assert (60_000, 8) in larger
assert (1_000_000, 1024) in larger

# %% after 06-fit
assert fit.seconds_per_example > 0

# %% after 06-16
assert abs(per_updates[8] - 1.27) < 0.2
assert abs(per_updates[128] - 0.99) < 0.1
assert abs(per_updates[N] - 0.97) < 0.1
assert abs(per_epoch[8] - 0.46) < 0.1
assert abs(per_epoch[128] - 0.81) < 0.1
assert abs(per_epoch[N] - 2.27) < 0.1
assert per_updates[N] < per_updates[128] < per_updates[8]
assert per_epoch[N] > per_epoch[128] > per_epoch[8]

# %% after 06-18
clocks.reset()
clocks.wait()
assert clocks.experiment.first.sgd.updates_per_epoch == 6

# %% after 06-24
assert min(losses[8], losses[32], losses[128]) < min(losses[1], losses[N]) - 0.1  # a valley

# %% after 06-small
assert above["GD"] < 1e-9 < above["SGD, B = 8"]
