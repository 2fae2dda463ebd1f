"""What lesson 03 says: each part runs after the cell whose number stands above it."""

# %% after 03-07
panel.set(batch_size=1)
panel.run()
panel.wait()
assert "batches in the cloud: 64 of 1 example" in panel.details
assert "SGD: 640 updates" in panel.details

panel.set(batch_size=64, epochs=20)
panel.wait()
assert "its gradient is the true gradient" in panel.words

# %% after 03-05
assert np.allclose(sgd.params[-1], params)
assert sgd.losses[-1] < 0.5 * gd.losses[-1]

# %% after 03-09
for size in (1, 2, 4, 8, 16, 32, 64):
    assert np.allclose(g[order].reshape(-1, size, 2).mean(axis=1).mean(axis=0), G, rtol=1e-12)

# %% after 03-11
at_start, at_end = (np.sqrt(np.mean(np.var(gradients(*place), axis=0).sum())) for place in places.values())
assert 0.25 < at_end / at_start < 0.4
assert wrong["start", 1] > 0.1
assert wrong["start", 8] < 0.01
assert wrong["near", 1] > 0.3
assert wrong["near", 32] < wrong["near", 1]

# %% after 03-13
one = ll.LinePath(line, learning_rate=0.1, batch_size=1, epochs=10).run()
assert 0.45 < np.mean(np.diff(one.losses) > 0) < 0.55
assert min(ends, key=ends.get) == 4

# %% after 03-15
assert same == 101_770

# %% after 03-17
assert 0.01 < shares["at the start", 1] < 0.4
assert shares["after an epoch", 1] > shares["at the start", 1]
assert shares["at the start", 64] < 0.01
assert shares["after an epoch", 64] < shares["after an epoch", 1]

# %% after 03-landscape
landscape.reset()
landscape.wait()
run = landscape.experiment
sgd, gd = run.sgd.run(), run.gd.run()
run.advance()  # the plane of both paths, only once
of_sgd, of_gd = run.shares
assert of_sgd < 0.5
assert of_gd > 0.8
assert sgd.last_loss < gd.last_loss - 0.5
