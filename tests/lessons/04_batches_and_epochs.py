"""What lesson 04 says: each part runs after the cell whose number stands above it."""

# %% after 04-09
coverage.run()
coverage.wait()
assert "each of the 12,000 examples has been seen exactly once" in coverage.words
coverage.set(sampling="replacement")
coverage.wait()
assert 1 / 3 < np.mean(coverage.experiment.times_seen == 0) < 0.4  # more than a third stay grey
assert (coverage.experiment.times_seen > 2).any()

# %% after 04-11
assert abs(np.mean(shares) - (1 - np.exp(-1))) < 0.005

# %% after 04-17
panel.set(sampling="sorted")
panel.reset()
panel.wait()
run = panel.experiment.first.sgd  # at its start: what a panel measures beside takes far longer than the updates
assert run.total_updates == 940  # 188 in each of 5 epochs
batch_losses = run.make_updates(run.updates_per_epoch).batch_losses
assert (np.diff(batch_losses) > 2).sum() >= 9  # where a new class begins

# %% after 04-19
shuffled = [losses[name] for name in ("reshuffle", "shuffle_once", "replacement")]
assert max(shuffled) - min(shuffled) < 0.1
assert losses["sorted"] > np.log(10)
assert abs(losses["sorted"] - 2.5) < 0.2
assert int((y == 9).sum()) // 64 == 19  # batches of ankle boots alone
assert last_two > 0.5  # of ten classes, two: a fifth would be right
named = [dataset.class_names[int(each)] in {"Bag", "Ankle boot"} for each in says]
assert abs(last_two - np.mean(named)) < 1e-6

measured = list(at_equal_epochs.values())
assert measured == sorted(measured)
assert np.allclose(measured, [0.36, 0.49, 0.72, 1.85], atol=0.1)
