"""What lesson 08 says: each part runs after the cell whose number stands above it."""

# %% after 08-03
assert difference[0.001] < 0.06
assert abs(difference[0.01] - 0.26) < 0.08
assert difference[0.1] > 1

# %% after 08-08
assert 20 < updates < 60

# %% after 08-10
panel.set(measure="epochs", rates="same", learning_rate=0.02, target=0.9)
panel.reset()
panel.wait()
assert panel.details.startswith("runs done: 0 of ")  # runs are done: nothing that the lesson says needs the map

# %% after 08-ms
in_all = np.median(S, axis=1) * times
assert sizes[in_all.argmin()] not in (2, 2048)

# %% after 08-15
median = np.median(S, axis=1)
assert 2.5 < median[0] / median[1] < 6
assert 2.2 < (median * sizes)[5] / (median * sizes)[4] < 4.5
assert all(abs(found / about - 1) < 0.4 for found, about in zip(critical, (41, 54, 32), strict=True))
assert abs(min(scales) / 14 - 1) < 0.4
assert abs(max(scales) / 105 - 1) < 0.4
assert 1 / 3 < np.median(scales) / np.median(critical) < 3
assert (S.max(axis=1) / S.min(axis=1)).max() < 2.2
