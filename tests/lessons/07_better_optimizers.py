"""What lesson 07 says: each part runs after the cell whose number stands above it."""

# %% after 07-15
panel.run()
panel.wait()
assert panel.details.startswith("so far: 48 updates (2 epochs) with B = 512")
assert "Seeds differ less" in panel.words
for name in ("momentum", "nesterov"):
    assert panel.losses[name].max() < panel.losses["sgd"].min()

# %% after 07-17
assert all(abs(small_middles[name] / small_middles["sgd"] - 1) < 0.12 for name in small)
assert abs(min(small_middles.values()) / small_middles["sgd"] - 0.94) < 0.06
within = np.mean([losses.max() - losses.min() for losses in small.values()])
between = max(small_middles.values()) - min(small_middles.values())
assert abs(within - 0.12) < 0.05
assert abs(between - 0.07) < 0.04

# %% after 07-large
for name in ("momentum", "nesterov", "adam"):
    assert large[name].max() < large["sgd"].min()
    assert 0.22 < 1 - large_middles[name] / large_middles["sgd"] < 0.46
    assert large_middles["rmsprop"] > large_middles[name]

# %% after 07-18
assert abs(matched["momentum", 0.1] / matched["sgd", 0.1] - 0.92) < 0.07
assert matched["sgd", 1.0] > 1.8
assert abs(matched["momentum", 1.0] - 0.56) < 0.06

# %% after 07-09
for share in shares.values():
    assert abs(share["momentum"] / formula - 1) < 0.1
assert round(1 / formula) == 19

# %% after 07-11
for beta, (measured, eta) in floors.items():
    assert abs(measured / ll.noise.noise_floor(h, eta, s_sq, 8, momentum=beta) - 1) < 0.05

# %% after 07-13
assert abs(remedies["a larger batch, B = 64"] / plain - 1 / 8) < 0.01

# %% after 07-22
plain = runs["plain SGD"]
for cure in ("learning rate decays to 0", "mean of the second half", "B = 64"):
    assert max(runs[cure]) < min(plain)
assert abs(np.mean(runs["momentum, matched"]) - np.mean(plain)) < 0.08
for losses, about in zip(runs.values(), (0.5, 0.5, 0.45, 0.45, 0.35), strict=True):
    assert abs(np.mean(losses) - about) < 0.06
