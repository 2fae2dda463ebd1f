"""One batch, shared out among D devices, and trained with the same `training.update` as on one.

    device d computes   g_d = gradient of the mean loss of its B/D examples
    all exchange        g_B = mean of the g_d over the devices, on every device (an all-reduce)
    every device        moves its own copy of the parameters by the same update

The mean of the devices' gradients is the gradient of the whole batch, so D devices train the network that one
device would train, up to the rounding of sums that are made in another order. Nothing in `training` knows of it: how a
computation is split follows from where its arrays lie, and `SharedLoss` says where the rows of a batch lie.

`python -m lesson_lib.parallel` runs such a training as one program on several processes or machines.
"""

from lesson_lib.parallel.exchange import Exchange, ExchangeMeasurement, measure_exchange
from lesson_lib.parallel.mesh import SharedLoss, make_mesh, place, place_dataset

__all__ = ["Exchange", "ExchangeMeasurement", "SharedLoss", "make_mesh", "measure_exchange", "place", "place_dataset"]
