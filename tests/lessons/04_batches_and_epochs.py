"""What lesson 04 says: each part runs after the cell whose number stands above it."""

# %% after 04-11
assert abs(np.mean(shares) - (1 - np.exp(-1))) < 0.005

# %% after 04-17
assert "SGD with B = 64 has made 940 updates" in panel.details  # 188 in each of 5 epochs

# %% after 04-19
shuffled = [losses[name] for name in ("reshuffle", "shuffle_once", "replacement")]
assert max(shuffled) - min(shuffled) < 0.1
assert losses["sorted"] > np.log(10)
assert abs(losses["sorted"] - 2.5) < 0.2
assert int((y == 9).sum()) // 64 == 19  # batches of ankle boots alone
assert last_two > 0.5  # of ten classes, two: a fifth would be right

measured = list(at_equal_epochs.values())
assert measured == sorted(measured)
assert np.allclose(measured, [0.36, 0.49, 0.72, 1.85], atol=0.1)
