"""Make the Fashion-MNIST files that lie in the package: the originals, cut to their first images.

    python scripts/make_fashion_mnist.py [folder]

Writes the four files and their checksums into `folder`, which is by default the package's own. The
originals come from Debian's package `dataset-fashion-mnist`, the cache or the network.
"""

import gzip
import hashlib
import sys
from pathlib import Path

from lesson_lib.datasets import fashion_mnist
from lesson_lib.datasets.idx import to_idx


def make(folder: Path) -> None:
    """Write the embedded files into an existing folder."""
    sums = []
    for file in fashion_mnist.FILES:
        count = fashion_mnist.NUM_EMBEDDED if file.startswith("train") else fashion_mnist.NUM_EMBEDDED_TEST
        content = to_idx(fashion_mnist.read_original(file)[:count])
        # No time in the header: the same content makes the same file whenever it is packed.
        packed = gzip.compress(content, compresslevel=9, mtime=0)
        (folder / file).write_bytes(packed)
        sums.append(f"{hashlib.sha256(packed).hexdigest()}  {file}\n")
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    make(Path(sys.argv[1] if len(sys.argv) > 1 else str(fashion_mnist.EMBEDDED_FOLDER)))
