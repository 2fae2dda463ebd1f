"""What lesson 06 says, of times only what holds with a wide margin: each part runs after the cell named above it."""

# %% after 06-08
by_panel = dict(zip(panel.experiment.batch_sizes, panel.experiment.times[-1].minimum, strict=True))
gd, sgd = (min(seconds[B], by_panel[B]) for B in (N, 1))
assert 20 < gd / sgd < N  # far more expensive in time, too, but less than in work
assert seconds[1024] / seconds[1] < 1024  # a smaller batch saves less time than work

# %% after 06-03
assert (60_000, 8) in larger
assert (1_000_000, 1024) in larger

# %% after 06-fit
assert fit.seconds_per_example > 0

# %% after 06-10
panel.set(batch_size=128)
panel.run()
panel.wait()
assert "looks at 93.8 times as many examples" in panel.words
panel.set(batch_size=dataset.num_examples)
panel.wait()
assert "One update of GD (B = N)" in panel.words

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
clocks.set(clock="seconds", epochs=1)
clocks.run()
clocks.wait()
assert "has made 6 updates" in clocks.details

# %% after 06-24
assert min(losses[8], losses[32], losses[128]) < min(losses[1], losses[N]) - 0.1  # a valley
made = {each.batch_size: each.num_updates for each in run.runs}
assert made[1] < 8 * made[8]

equal.set(seconds=0.25, learning_rate=0.2, batch_size=N)
equal.run()
equal.wait()
assert "After 0.25 s each: B = 12,000 has made" in equal.details

# %% after 06-small
assert above["GD"] < 1e-9 < above["SGD, B = 8"]
