"""Where the arrays of a training on many devices lie."""

from dataclasses import dataclass, replace
from typing import TypeVar

import jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, Shaped

from lesson_lib import model
from lesson_lib.checks import AnyArray, require_function, require_int, require_kind
from lesson_lib.data import Dataset, require_dataset
from lesson_lib.training import Params, PerExampleLoss, losses_of

DEVICES = "devices"
"""The only axis of the mesh: devices that share one batch."""

Tree = TypeVar("Tree")


def make_mesh(num_devices: int | None = None) -> Mesh:
    """The first D devices in a row, all there are where no number is given; with several processes, those of all.

    A computer without accelerators has one device. `jax.config.update("jax_num_cpu_devices", 8)`, before
    anything is computed, makes eight of it: they are simulated, and share the processor's cores.

    Raises:
        TypeError, ValueError: `num_devices` is not a whole number from 1 to the number of devices that JAX finds.
    """
    devices = jax.devices()
    count = len(devices) if num_devices is None else num_devices
    count = require_int("num_devices", count, low=1, high=len(devices))
    # `Auto`: the compiler finds how each operation is split; our code stays the code for one device.
    return jax.make_mesh((count,), (DEVICES,), axis_types=(AxisType.Auto,), devices=devices[:count])


def require_mesh(mesh: object) -> None:
    """See that `mesh` is one of `make_mesh`.

    Raises:
        TypeError: it is no mesh.
        ValueError: it is one with other axes.
    """
    require_kind("mesh", mesh, Mesh, "as make_mesh gives one")
    assert isinstance(mesh, Mesh)
    if mesh.axis_names != (DEVICES,):
        raise ValueError(f"mesh must have the axis {DEVICES!r} alone, as that of make_mesh has, got {mesh!r}")


def place(tree: Tree, mesh: Mesh) -> Tree:
    """The same arrays, whole, on every device of the mesh: parameters, data, orders, keys.

    With several processes each has the same arrays and puts them on its own devices. Placed once, they are not moved
    again. Training data that do not fit on one device would be read by each process for its own share.

    Raises:
        TypeError, ValueError: `tree` holds something else than arrays, or `mesh` is none of `make_mesh`.
    """
    require_mesh(mesh)
    for leaf in jax.tree.leaves(tree):
        if not isinstance(leaf, AnyArray):
            raise TypeError(f"tree must be a pytree of JAX or NumPy arrays, got {leaf!r} in it")
    everywhere = NamedSharding(mesh, PartitionSpec())

    def placed(array: AnyArray) -> Array:
        copies = [jax.device_put(array, device) for device in mesh.local_devices]
        return jax.make_array_from_single_device_arrays(array.shape, everywhere, copies)

    return jax.tree.map(placed, tree)


def place_dataset(dataset: Dataset, mesh: Mesh) -> Dataset:
    """The same dataset with its arrays on every device of the mesh.

    Raises:
        TypeError, ValueError: `dataset` is no `Dataset`, or `mesh` is none of `make_mesh`.
    """
    require_dataset(dataset)
    require_mesh(mesh)
    names = ("x_train", "y_train", "x_test", "y_test")
    return replace(dataset, **place({name: getattr(dataset, name) for name in names}, mesh))


@dataclass(frozen=True)
class SharedLoss:
    """A loss for `training.run_updates` that spreads the examples of a batch over the devices of a mesh.

    Each device takes ⌈B/D⌉ rows, the last ones what is left where D does not divide B. The gradient of the batch then
    needs the sum over all devices, and the compiler puts in the exchange. Two of them with the same mesh and loss are
    equal, and use the same compiled program.

    Args:
        mesh: the devices, from `make_mesh`; all arrays of the training are placed there.
        per_example_loss: any model, as a function `(params, x, y) -> losses`, one loss for each example.

    Raises:
        TypeError, ValueError: `mesh` is none of `make_mesh`, or `per_example_loss` no function.
    """

    mesh: Mesh
    per_example_loss: PerExampleLoss = model.per_example_loss

    def __post_init__(self) -> None:
        require_mesh(self.mesh)
        require_function("per_example_loss", self.per_example_loss, "(params, x, y) -> losses")

    def __call__(
        self, params: Params, x: Shaped[Array, "batch ..."], y: Shaped[Array, "batch ..."]
    ) -> Float[Array, " batch"]:
        spread = NamedSharding(self.mesh, PartitionSpec(DEVICES))
        x, y = jax.lax.with_sharding_constraint((x, y), spread)
        return losses_of(self.per_example_loss, params, x, y)
