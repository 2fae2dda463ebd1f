"""What lesson 01 says: each part runs after the cell whose number stands above it."""

# %% after 01-11
panel.step()
panel.wait()
assert panel.details.startswith("update: 1\nimages in the batch: 32\n")
assert panel.experiment.sgd.total_updates == 375  # 375 · 32 = 12,000

# %% after 01-03
examples = ll.NextUpdateRun(dataset, ll.Settings(batch_size=32, learning_rate=0.05, epochs=1))
for _ in range(5):
    examples.step()
    anatomy = examples.anatomy()
    places = anatomy.examples, np.asarray(y)[anatomy.examples]
    assert np.mean(anatomy.after.probabilities[places] > anatomy.before.probabilities[places]) > 0.7

# %% after 01-07
assert np.isclose(measured, slopes[unit, cls], rtol=0.01)
assert not_zero > 0.75 * num_params
unmoved = np.asarray(gradient[0].weight) == 0
without_ink, silent = np.asarray(x_batch).sum(axis=0) == 0, np.asarray(gradient[0].bias) == 0
assert (unmoved | ~(without_ink[:, None] | silent[None, :])).all()

# %% after 01-09
assert agrees
assert 7 <= num_right <= 9

# %% after 01-13
assert min(own_1, own_32) > 0.95
assert 0.4 < all_1 < 0.65
assert 0.55 < all_32 < 0.8

# %% after 01-17
assert 0.97 < gain[0.005] / (0.005 * length_squared) < 1
assert 2 < gain[0.5] / gain[0.05] < 3
assert gain[1.0] < 0
