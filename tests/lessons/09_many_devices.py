"""What lesson 09 says, of times only what holds with a wide margin: each part runs after the cell named above it."""

# %% after 09-04
panel.set(num_devices=16, batch_size=8)
panel.reset()
panel.wait()
assert "8 of the 16 devices have nothing to do" in panel.words

# %% after 09-08
assert "never more than 0.001 apart: True" in second.stdout

# %% after 09-12
assert exchange.seconds(8, num_bytes) > time_of_update(64, 1)
assert time_of_update(64, 8) > time_of_update(64, 1)
assert time_of_update(4096, 4) < time_of_update(4096, 1)
assert exchange.seconds(64, num_bytes) > exchange.seconds(8, num_bytes)
