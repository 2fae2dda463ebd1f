"""What lesson 00 says: each part runs after the cell whose number stands above it."""

# %% after 00-07
assert after < before
assert np.isclose(before, theirs, rtol=1e-5)  # the loss by hand and that of the library

# %% after 00-11
assert gd.num_updates == 5
assert sgd.num_updates == 5 * 375
assert abs(gd.loss - 1.80) < 0.02
assert abs(sgd.loss - 0.41) < 0.08
assert 1.5 < noise < 2.5

# %% after 00-all
assert gd.num_updates == sgd.num_updates == 5
assert abs(gd.loss - sgd.loss) < 1e-3
