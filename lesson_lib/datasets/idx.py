"""The IDX format, in which MNIST and its successors are published.

A file is a header and the numbers behind it: two zero bytes, the type (8: unsigned bytes), the
number of dimensions, and each dimension's size as a big-endian 32-bit integer; then the values, the
last dimension varying fastest (LeCun, Cortes, Burges 1998, "The MNIST database of handwritten
digits"). The files are packed with gzip.
"""

import gzip
import hashlib
import zlib
from importlib.resources.abc import Traversable

import numpy as np
from jaxtyping import UInt8

UNSIGNED_BYTES = 8


def read_idx(path: Traversable, sha256: str) -> UInt8[np.ndarray, "..."]:
    """The numbers in a packed IDX file of known content; read-only.

    Args:
        path: the file.
        sha256: checksum that its unpacked content must have, in hexadecimal. The content is checked
            and not the file, because the same images are packed in more than one way.

    Raises:
        OSError: there is no such file, or it cannot be read.
        ValueError: the file is truncated or altered.
    """
    content = _checked_content(path, sha256)
    num_dimensions = content[3]
    shape = np.frombuffer(content, ">u4", count=num_dimensions, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * num_dimensions).reshape(shape)


def _checked_content(path: Traversable, sha256: str) -> bytes:
    packed = path.read_bytes()
    try:
        content = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is damaged ({error}): expected content with SHA-256 {sha256}, got none") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(f"{path} is damaged: expected content with SHA-256 {sha256}, got {found}")
    return content


def to_idx(values: UInt8[np.ndarray, "..."]) -> bytes:
    """The content of an IDX file (not packed) that holds `values`."""
    header = bytes([0, 0, UNSIGNED_BYTES, values.ndim])
    return header + np.array(values.shape, ">u4").tobytes() + values.tobytes()
