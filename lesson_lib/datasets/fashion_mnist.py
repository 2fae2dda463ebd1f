"""Fashion-MNIST: 70,000 pictures of clothing, 28 x 28 grey pixels each, in 10 classes.

Xiao, Rasul, Vollgraf 2017, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
Algorithms", arXiv:1708.07747. Copyright 2017 Zalando SE, MIT licence.

The first 12,000 training and 2,000 test images lie in this package. All 60,000 and 10,000 are in
the original files, which are looked for in `DEBIAN_FOLDER`, then in the cache of earlier downloads,
then at `ORIGIN`. Every file is checked against the checksum of its content before it is used.
"""

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from lesson_lib.datasets.idx import read_idx

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

NUM_EXAMPLES = 60_000
NUM_EMBEDDED = 12_000
NUM_EMBEDDED_TEST = 2_000

EMBEDDED_FOLDER = files("lesson_lib.datasets") / "embedded" / "fashion_mnist"
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package `dataset-fashion-mnist` puts the original files."""

CACHE_NAME = "mini-batch-live"
"""Name of the folder for downloads within the user's cache directory."""

# A fixed revision of the authors' repository, so that the address goes on naming these very files.
ORIGIN = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/"
    "b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/"
)


class Checksums(NamedTuple):
    """SHA-256 of one file: of its content, unpacked, here and in the original, and of the download as it comes.

    Debian packs the same content anew, so the checksum of the download does not fit Debian's file.
    """

    embedded: str
    original: str
    download: str


FILES = {
    "train-images-idx3-ubyte.gz": Checksums(
        embedded="39fed60d923648a6a26c8891a4a29115b7c8277438b70da22b9c4ba97262f3b4",
        original="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        download="3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    ),
    "train-labels-idx1-ubyte.gz": Checksums(
        embedded="d3ceaa7f344b00d0a41770262dfcc5d3093a9f5ea49aadeabb5631e7d67e4323",
        original="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        download="a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    ),
    "t10k-images-idx3-ubyte.gz": Checksums(
        embedded="862035b0a96959b614c9574f4c2b0ae9584ca234813e8d6d7adb7838b12ca46b",
        original="5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        download="346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    ),
    "t10k-labels-idx1-ubyte.gz": Checksums(
        embedded="aa3f574d30afaf0d4d9da084a6f8541771e20693d6a97fae6e9a4953fca8f078",
        original="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        download="67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    ),
}


class FashionMNIST(NamedTuple):
    """Pixels from 0 (background) to 255, and the class of each image, 0 to 9."""

    train_images: UInt8[np.ndarray, "examples 28 28"]
    train_labels: UInt8[np.ndarray, " examples"]
    test_images: UInt8[np.ndarray, "test_examples 28 28"]
    test_labels: UInt8[np.ndarray, " test_examples"]


def read_fashion_mnist(num_examples: int) -> FashionMNIST:
    """The first `num_examples` training images, and the test images that go with them.

    Up to 12,000 come from this package, with 2,000 test images; more come from the original files,
    with all 10,000 test images.

    Raises:
        OSError: the original files are needed, and neither on this machine nor to be downloaded.
        ValueError: a file is truncated or altered.
    """
    read = read_embedded if num_examples <= NUM_EMBEDDED else read_original
    train_images, train_labels, test_images, test_labels = (read(file) for file in FILES)
    return FashionMNIST(train_images[:num_examples], train_labels[:num_examples], test_images, test_labels)


def read_embedded(file: str) -> UInt8[np.ndarray, "..."]:
    """The part of one file that lies in this package.

    Raises:
        ValueError: the file is truncated or altered.
    """
    return read_idx(EMBEDDED_FOLDER / file, FILES[file].embedded)


def read_original(file: str) -> UInt8[np.ndarray, "..."]:
    """All of one file, from Debian's package, the cache or the network.

    Raises:
        OSError: it is in none of the three.
        ValueError: the file is truncated or altered.
    """
    path = DEBIAN_FOLDER / file
    return read_idx(path if path.is_file() else _cached(file), FILES[file].original)


def _cached(file: str) -> Path:
    """The file in the user's cache, downloaded where no intact copy is there yet."""
    import pooch  # noqa: PLC0415 - few learners need it

    registry = {name: f"sha256:{checksums.download}" for name, checksums in FILES.items()}
    cache = pooch.create(path=pooch.os_cache(CACHE_NAME), base_url=ORIGIN, registry=registry)
    try:
        return Path(cache.fetch(file))
    except OSError as error:
        raise FileNotFoundError(
            f"num_examples above {NUM_EMBEDDED:,} needs the original {file}. It is not in {DEBIAN_FOLDER}, there is "
            f"no intact copy in {cache.path}, and the download from {ORIGIN} failed. Install the Debian package "
            f"dataset-fashion-mnist, or connect to the network once, or take num_examples up to {NUM_EMBEDDED:,}."
        ) from error
