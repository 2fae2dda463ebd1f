"""What lesson 01 says: each part runs after the cell whose number stands above it."""

# %% after 01-07
assert np.isclose(slope, gradient[1].weight[unit, cls], rtol=0.01)

# %% after 01-11
assert panel.details.startswith("Update 375, from 32 images.")  # 375 · 32 = 12,000

# %% after 01-13
assert min(own_1, own_32) > 0.95
assert 0.4 < all_1 < 0.65
assert 0.55 < all_32 < 0.8
assert abs(end_1 - 1.6) < 0.25
assert abs(end_32 - 0.8) < 0.15

# %% after 01-17
assert 0.98 < measured[0.005][0] / (0.005 * length**2) < 1
assert 1.5 < measured[0.5][0] / measured[0.05][0] < 2.5
