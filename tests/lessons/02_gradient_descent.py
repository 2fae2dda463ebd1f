"""What lesson 02 says: each part runs after the cell whose number stands above it."""

# %% after 02-07
assert np.isclose(edge, line.edge, rtol=1e-4)

# %% after 02-15
assert min(updates, key=updates.get) == 0.9

# %% after 02-17
assert parts[1] > 0.8 * parts.sum()

# %% after 02-19
assert images.settings.batch_size == N
assert "SGD is GD" in images.words

# %% after 02-21
gd_losses = [measurement.loss for measurement in gd_run.measurements]
assert (np.diff(gd_losses) < 0).all()
assert abs(gd_losses[-1] - 1.2) < 0.05
assert abs(sgd_run.measurements[-1].loss - 0.6) < 0.08

# %% after 02-25
assert rises[0.05] == rises[0.1] == 0
assert min(rises[0.2], rises[1.0]) > 0
assert ends[0.2] < ends[0.1] < ends[0.05] < ends[1.0]
assert min(h_ends[0.05], h_ends[0.1]) > 1.15 * h
assert min(ends.values()) > sgd_run.measurements[-1].loss

panel.set(edge_share=1.05)
panel.wait(timeout=120)
assert "the loss rises at every update" in panel.words

panel.set(edge_share=0.5, epochs=100)
panel.wait(timeout=120)
assert "After 100 updates of GD the loss is 0.142" in panel.details
assert "it never rose" in panel.words
