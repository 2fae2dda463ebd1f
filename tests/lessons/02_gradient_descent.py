"""What lesson 02 says: each part runs after the cell whose number stands above it."""

# %% after 02-03
assert np.allclose(path.params[-1], params, atol=1e-4)
assert np.isclose(path.losses[-1], loss(params), atol=1e-5)

# %% after 02-07
assert np.isclose(edge, line.edge, rtol=1e-4)

# %% after 02-15
counted = [updates[share] for share in (0.05, 0.1, 0.2, 0.5, 0.9)]
assert counted == sorted(counted, reverse=True)
assert updates[0.98] > updates[0.5]
assert updates[1.0] is updates[1.05] is None


def gd(share):
    everything = line.num_examples
    return ll.LinePath(line, learning_rate=share * line.edge, batch_size=everything, epochs=5000).run()


for share in (0.05, 0.2, 0.5, 0.9, 0.98, 0.999):
    losses = gd(share).losses
    assert np.isclose(losses[-1], line.lowest_loss, rtol=1e-3)
    assert (np.diff(losses) <= 1e-12).all()
for share in (1.001, 1.05, 1.2):
    losses = gd(share).losses
    assert losses[-1] > 1000 * losses[0]

# %% after 02-19
images.reset()
images.wait()
assert images.experiment.first.sgd.is_full_batch

# %% after 02-21
gd_losses = runs[N].batch_losses  # the batch is everything
assert (np.diff(gd_losses) < 0).all()
sgd_loss = ll.model.mean_loss(runs[32].params, dataset.x_train, dataset.y_train)
assert sgd_loss < 0.6 * gd_losses[-1]

# %% after 02-25
assert rises[0.05] == rises[0.1] == 0
assert 0 < rises[0.2] < 20
assert ends[0.2] < losses[0]
assert min(h_ends[0.05], h_ends[0.1]) > 1.15 * h
assert min(ends.values()) > ll.model.mean_loss(runs[32].params, dataset.x_train, dataset.y_train)

panel.set(edge_share=1.05)
panel.run()
panel.wait()
assert "the loss rises at every update" in panel.words

panel.set(edge_share=0.5, epochs=100)
panel.wait()
assert "loss now: 0.142" in panel.details
assert "it never rose" in panel.words
