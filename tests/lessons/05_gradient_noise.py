"""What lesson 05 says: each part runs after the cell whose number stands above it."""

# %% after 05-09
panel.set(batch_size=dataset.num_examples, epochs=1)
panel.reset()
panel.wait()
assert "a batch has no noise: its gradient is the true one" in panel.words

panel.set(batch_size=256, beside="snr")
panel.wait()
assert "theory says that a gradient from 256 examples misses the true one" in panel.words

# %% after 05-05
each = jax.lax.map(noise_sq, batches)
assert abs(measured - theory) < 5 * each.std() / np.sqrt(each.size)

# %% after 05-13
assert abs(slope + 1) < 0.15
for B, draws in run.draws.items():
    assert 0.4 < np.mean(draws.noise_sq) / run.predicted(B) < 2.5
assert np.mean(run.draws[8192].cosine) > 0.9
assert np.mean(run.draws[1].cosine) < 0.5
assert len(run.draws[256].noise_sq) == 16

# %% after 05-16
assert ll.scale_of(quarters[-1]) > 1.5 * start.b_simple
signals = [at.grad_norm_sq for at in rest]
assert max(signals) > 5 * min(signals)
assert all(0.5 < at.trace_sigma / start.trace_sigma < 2 for at in run.moments)

# %% after 05-21
standard_error = float(signal.std() / np.sqrt(signal.size))
assert abs(float(signal.mean() - full.grad_norm_sq)) < 5 * standard_error
assert 0.01 < jnp.mean(signal < 0) < 0.6
assert clipped.mean() > signal.mean()
assert jnp.ptp(mean_of_ratios) > jnp.ptp(ratio_of_means)

# %% after 05-29
assert abs(measured / floor - 1) < 0.05

# %% after 05-33
assert np.allclose(ratios[:4], 1, atol=0.06)
assert ratios[4] < 0.7  # reshuffled
assert downs[1] > 1.5 * downs[0]
assert downs[2] < 1.5 * downs[0]
assert ll.noise.noise_floor(1.0, 1.9, 1.0, 4) > 1  # higher than the start

floor_panel.set(batch_size=16, learning_rate=0.5)
floor_panel.run()
floor_panel.wait()
assert "independent batches: 0.0208" in floor_panel.details  # 0.5 / (1.5 · 16)

floor_panel.set(batch_size=256, epochs=1)
floor_panel.wait()
assert "so far: 4 updates (1 epoch)" in floor_panel.details
assert "not forgotten their start yet" in floor_panel.words
