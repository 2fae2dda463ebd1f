"""The examples that a lesson learns from.

A `Dataset` is what every other part of the library takes: images as rows of numbers, and labels.
`load_dataset` fetches one by its name.
"""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from lesson_lib.checks import require_choice, require_int, require_kind
from lesson_lib.compilation import keep_programs_once
from lesson_lib.datasets import fashion_mnist

DATASETS = {"fashion_mnist": "28 x 28 grey pictures of clothing in 10 classes (Xiao, Rasul, Vollgraf 2017)"}


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test examples of a classification problem; checked when it is made.

    NumPy arrays are copied to JAX, floating-point numbers as float32 and labels as int32.

    Args:
        name: what to call it.
        x_train: one training example a row.
        y_train: class of each training example, an index into `class_names`.
        x_test, y_test: the same for the test examples, with as many features.
        class_names: what the classes are called.

    Raises:
        TypeError: an argument is no array, images are not floating-point numbers, labels are not
            whole numbers, or `class_names` is no tuple of strings.
        ValueError: an array has the wrong number of dimensions or is empty; images hold NaN, an
            infinity, or a number too large for float32; a label is outside the classes; images and
            labels differ in number, or training and test images in features.
    """

    name: str
    x_train: Float[Array, "examples features"] = field(repr=False)
    y_train: Int[Array, " examples"] = field(repr=False)
    x_test: Float[Array, "test_examples features"] = field(repr=False)
    y_test: Int[Array, " test_examples"] = field(repr=False)
    class_names: tuple[str, ...]
    made_by: str = field(default="", init=False, repr=False)
    """The call that gives the same dataset again; nothing where it was made of somebody's own arrays."""

    __no_type_check__ = True  # for jaxtyping: __post_init__ takes more than it keeps, and says better what is wrong

    def __post_init__(self) -> None:
        _check_class_names(self.class_names)
        arrays: dict[str, np.ndarray] = {}
        for split in ("train", "test"):
            x_name, y_name = f"x_{split}", f"y_{split}"
            x = _checked_images(x_name, getattr(self, x_name))
            y = _checked_labels(y_name, getattr(self, y_name), self.num_classes)
            if len(x) != len(y):
                raise ValueError(f"{x_name} and {y_name} must have the same length, got {len(x):,} and {len(y):,}")
            arrays |= {x_name: x, y_name: y}
        if arrays["x_train"].shape[1] != arrays["x_test"].shape[1]:
            raise ValueError(
                "x_train and x_test must have the same number of features, "
                f"got {arrays['x_train'].shape[1]:,} and {arrays['x_test'].shape[1]:,}"
            )
        for name, array in arrays.items():
            # A JAX array cannot change any more; a NumPy array could, so it is copied.
            given = getattr(self, name)
            kept = jnp.asarray(given, array.dtype) if isinstance(given, jax.Array) else jax.device_put(_copied(array))
            object.__setattr__(self, name, kept)

    @property
    def num_examples(self) -> int:
        """N, the number of training examples."""
        return self.x_train.shape[0]

    @property
    def num_features(self) -> int:
        """Numbers that describe one example; pixels, for an image."""
        return self.x_train.shape[1]

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)


def _check_class_names(value: object) -> None:
    if not isinstance(value, tuple) or not all(isinstance(name, str) for name in value):
        raise TypeError(f"class_names must be a tuple of strings, got {value!r}")
    if not value:
        raise ValueError("class_names must hold at least 1 name, got ()")


def _checked_images(name: str, value: object) -> Float[np.ndarray, "examples features"]:
    x = _checked_array(name, value, dimensions=("examples", "features"))
    if not jnp.issubdtype(x.dtype, jnp.floating):
        raise TypeError(f"{name} must hold floating-point numbers (pixels divided by 255, say), got {x.dtype}")
    with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite, and is found below
        x = x.astype(np.float32, copy=False)
    finite = np.isfinite(x)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise ValueError(f"{name} must hold finite float32 numbers, got {x[row, column]} at [{row}, {column}]")
    return x


def _checked_labels(name: str, value: object, num_classes: int) -> Int[np.ndarray, " examples"]:
    y = _checked_array(name, value, dimensions=("examples",))
    if not jnp.issubdtype(y.dtype, jnp.integer):
        raise TypeError(f"{name} must hold whole numbers, got {y.dtype}")
    outside = (y < 0) | (y >= num_classes)
    if outside.any():
        first = np.argmax(outside)
        raise ValueError(f"{name} must hold classes from 0 to {num_classes - 1}, got {y[first]} at [{first}]")
    return y.astype(np.int32, copy=False)


def _copied(array: np.ndarray) -> np.ndarray:
    """A copy that begins at a multiple of 64 bytes: JAX takes such memory as it is, and copies any other once more."""
    memory = np.empty(array.nbytes + 64, np.uint8)
    start = -memory.ctypes.data % 64
    copy = memory[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def _checked_array(name: str, value: object, dimensions: tuple[str, ...]) -> np.ndarray:
    if not isinstance(value, np.ndarray | jax.Array):
        raise TypeError(f"{name} must be a JAX or NumPy array, got {value!r}")
    if value.ndim != len(dimensions):
        raise ValueError(f"{name} must have the shape ({', '.join(dimensions)}), got {value.shape}")
    if value.size == 0:
        raise ValueError(f"{name} must not be empty, got the shape {value.shape}")
    return np.asarray(value)


def require_dataset(value: object) -> None:
    """See that `value` is a `Dataset`.

    Raises:
        TypeError: it is something else, for one the name of a dataset.
    """
    require_kind("dataset", value, Dataset, "as load_dataset gives one")


def load_dataset(name: str = "fashion_mnist", *, num_examples: int = 12_000) -> Dataset:
    """A dataset by its name, with pixels from 0 to 1.

    Up to 12,000 examples of Fashion-MNIST come with this library, and 2,000 test images with them. For
    more, up to 60,000, the original files are taken from Debian's package `dataset-fashion-mnist` or
    from the cache of earlier downloads, else downloaded (31 MB); the test images are then all 10,000.

    Args:
        name: one of `DATASETS`.
        num_examples: N, from 1 to 60,000: the first N training images of the original.

    Raises:
        TypeError, ValueError: `name` is not in `DATASETS`, or `num_examples` is not a whole number from
            1 to 60,000.
        ValueError: a file is truncated or altered.
        OSError: the original files are needed, and neither on this machine nor to be downloaded.
    """
    require_choice("name", name, DATASETS)
    num_examples = require_int("num_examples", num_examples, low=1, high=fashion_mnist.NUM_EXAMPLES)
    keep_programs_once()
    images = fashion_mnist.read_fashion_mnist(num_examples)
    dataset = Dataset(
        name=name,
        x_train=_pixels_to_rows(images.train_images),
        y_train=jnp.asarray(images.train_labels, jnp.int32),
        x_test=_pixels_to_rows(images.test_images),
        y_test=jnp.asarray(images.test_labels, jnp.int32),
        class_names=fashion_mnist.CLASS_NAMES,
    )
    object.__setattr__(dataset, "made_by", f"load_dataset({name!r}, num_examples={num_examples})")
    return dataset


def _pixels_to_rows(images: np.ndarray) -> Float[Array, "examples features"]:
    """Images with pixels from 0 to 255 as rows of numbers from 0 to 1."""
    # jnp.asarray would copy twice: 188 MB more for 60,000 images.
    return jax.device_put(images.reshape(len(images), -1) / np.float32(255))
