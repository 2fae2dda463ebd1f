"""What lesson 07 says: each part runs after the cell whose number stands above it."""

# %% after 07-11
for beta, (measured, eta) in floors.items():
    assert abs(measured / ll.noise.noise_floor(h, eta, s_sq, 8, momentum=beta) - 1) < 0.05

# %% after 07-13
assert abs(remedies["a larger batch, B = 64"] / plain - 1 / 8) < 0.01

# %% after 07-15
assert "Seeds differ more than methods" in panel.words

# %% after 07-17
assert "After 48 updates (2 epochs) with B = 512" in panel.details
assert "Seeds differ less" in panel.words

assert all(abs(small_middles[name] / small_middles["sgd"] - 1) < 0.12 for name in small)
assert abs(min(small_middles.values()) / small_middles["sgd"] - 0.94) < 0.06
for name in ("momentum", "nesterov", "adam"):
    assert large[name].max() < large["sgd"].min()
    assert 0.22 < 1 - large_middles[name] / large_middles["sgd"] < 0.46
    assert large_middles["rmsprop"] > large_middles[name]

within = np.mean([losses.max() - losses.min() for losses in small.values()])
between = max(small_middles.values()) - min(small_middles.values())
assert abs(within - 0.12) < 0.05
assert abs(between - 0.07) < 0.04

# %% after 07-18
panel.pause()  # nobody looks at it any more

assert matched.keys() == {"sgd", "momentum", "nesterov"}
assert all(abs(matched_middles[name] / matched_middles["sgd"] - 1) < 0.12 for name in matched)

# %% after 07-23
plain = runs["plain SGD"]
for cure in ("learning rate decays to 0", "mean of the second half", "B = 64"):
    assert max(runs[cure]) < min(plain)
assert abs(np.mean(runs["momentum, matched"]) - np.mean(plain)) < 0.08
for losses, about in zip(runs.values(), (0.5, 0.5, 0.45, 0.45, 0.36), strict=True):
    assert abs(np.mean(losses) - about) < 0.06
