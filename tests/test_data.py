"""The dataset's files are the original's, a damaged one is found out, and bad arrays are refused."""

import functools
import gzip
import hashlib
import http.server
import os
import runpy
import shutil
import struct
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pooch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesson_lib.data import Dataset, load_dataset, require_dataset
from lesson_lib.datasets import fashion_mnist
from lesson_lib.datasets.idx import read_idx, to_idx

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent.parent / "scripts" / "make_fashion_mnist.py"
EMBEDDED = Path(str(fashion_mnist.EMBEDDED_FOLDER))
FILES = tuple(fashion_mnist.FILES)
SMALLEST = "t10k-labels-idx1-ubyte.gz"

X_NAMES, Y_NAMES = st.sampled_from(["x_train", "x_test"]), st.sampled_from(["y_train", "y_test"])


def numbers(path: Path) -> np.ndarray:
    """An IDX file read by an independent parser: the header by struct, the values to the end."""
    content = gzip.decompress(path.read_bytes())
    zeros, kind, num_dimensions = struct.unpack(">HBB", content[:4])
    assert (zeros, kind) == (0, 8)
    shape = struct.unpack(f">{num_dimensions}I", content[4 : 4 + 4 * num_dimensions])
    return np.frombuffer(content[4 + 4 * num_dimensions :], np.uint8).reshape(shape)


@pytest.fixture(scope="module")
def originals() -> Path:
    """The folder of the original files, where they are installed."""
    folder = fashion_mnist.DEBIAN_FOLDER
    if not folder.is_dir():
        reason = f"the original Fashion-MNIST (Debian package dataset-fashion-mnist) is not in {folder}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


# --- what load_dataset gives ---------------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Debian's package, with an empty cache and no network. Returns the cache folder."""
    monkeypatch.setattr(fashion_mnist, "DEBIAN_FOLDER", tmp_path / "no package")
    monkeypatch.setattr(fashion_mnist, "ORIGIN", "http://127.0.0.1:1/")  # nothing listens on this port
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "cache" / fashion_mnist.CACHE_NAME


def test_embedded_dataset_needs_neither_package_nor_network(elsewhere: Path) -> None:
    dataset = load_dataset("fashion_mnist")
    assert (dataset.num_examples, dataset.num_features, dataset.num_classes) == (12_000, 784, 10)
    for x, count in ((dataset.x_train, 12_000), (dataset.x_test, 2_000)):
        assert (x.shape, x.dtype) == ((count, 784), jnp.float32)
        assert (np.asarray(x).min(), np.asarray(x).max()) == (0, 1)
    for y, count in ((dataset.y_train, 12_000), (dataset.y_test, 2_000)):
        assert (y.shape, y.dtype) == ((count,), jnp.int32)
    assert not elsewhere.exists()
    expected = numbers(EMBEDDED / "train-images-idx3-ubyte.gz").reshape(12_000, 784).astype(np.float64) / 255
    np.testing.assert_array_equal(dataset.x_train, expected.astype(np.float32))
    np.testing.assert_array_equal(dataset.y_test, numbers(EMBEDDED / SMALLEST))


def test_fewer_examples_are_the_first_ones() -> None:
    few, all_of_them = load_dataset(num_examples=37), load_dataset()
    np.testing.assert_array_equal(few.x_train, all_of_them.x_train[:37])
    np.testing.assert_array_equal(few.y_train, all_of_them.y_train[:37])
    np.testing.assert_array_equal(few.x_test, all_of_them.x_test)


def test_all_examples_come_from_the_original_files(originals: Path) -> None:
    dataset = load_dataset(num_examples=60_000)
    assert (dataset.num_examples, len(dataset.x_test)) == (60_000, 10_000)
    last = numbers(originals / "t10k-images-idx3-ubyte.gz")[-1].ravel() / np.float32(255)
    np.testing.assert_array_equal(dataset.x_test[-1], last)
    np.testing.assert_array_equal(dataset.y_train, numbers(originals / "train-labels-idx1-ubyte.gz"))
    np.testing.assert_array_equal(dataset.x_train[:12_000], load_dataset().x_train)


@pytest.mark.usefixtures("originals")
def test_one_more_than_embedded_needs_the_original() -> None:
    dataset = load_dataset(num_examples=12_001)
    assert (dataset.num_examples, len(dataset.x_test)) == (12_001, 10_000)


def test_classes_are_named_as_in_the_paper() -> None:
    names = "T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot"  # table 2
    assert load_dataset(num_examples=1).class_names == tuple(names.split(", "))


@pytest.mark.parametrize("name", ["mnist", "", "Fashion_MNIST"])
def test_unknown_dataset(name: str) -> None:
    with pytest.raises(ValueError, match=rf"name must be one of 'fashion_mnist', got '{name}'"):
        load_dataset(name)


@given(st.integers(max_value=0) | st.integers(min_value=60_001))
def test_number_of_examples_out_of_range(num_examples: int) -> None:
    with pytest.raises(ValueError, match=rf"num_examples must be a whole number from 1 to 60,000, got {num_examples}"):
        load_dataset(num_examples=num_examples)


@pytest.mark.parametrize("num_examples", [2.5, 12_000.0, True, "12000", None])
def test_number_of_examples_of_the_wrong_type(num_examples: object) -> None:
    with pytest.raises(TypeError, match="num_examples"):
        load_dataset(num_examples=num_examples)  # type: ignore[arg-type]


# --- the embedded files ---------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES)
def test_embedded_numbers_are_the_first_of_the_original(file: str, originals: Path) -> None:
    original, embedded = numbers(originals / file), numbers(EMBEDDED / file)
    counts = (60_000, 12_000) if file.startswith("train") else (10_000, 2_000)
    image = (28, 28) if "images" in file else ()
    assert (original.shape, embedded.shape) == ((counts[0], *image), (counts[1], *image))
    assert embedded.tobytes() == original[: len(embedded)].tobytes()


@pytest.mark.usefixtures("originals")
def test_script_makes_the_embedded_files_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = gzip.compress  # as small as possible takes seconds
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), str(tmp_path)])
    monkeypatch.setattr(gzip, "compress", lambda content, **options: real(content, **options | {"compresslevel": 1}))
    runpy.run_path(str(SCRIPT), run_name="__main__")
    assert {path.name for path in tmp_path.iterdir()} == {*FILES, "SHA256SUMS"}
    for file in FILES:  # the content, because another zlib may pack it another way
        assert gzip.decompress((tmp_path / file).read_bytes()) == gzip.decompress((EMBEDDED / file).read_bytes())


def test_checksums_beside_the_embedded_files_are_theirs() -> None:
    lines = (EMBEDDED / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    assert lines == [f"{hashlib.sha256((EMBEDDED / file).read_bytes()).hexdigest()}  {file}" for file in FILES]


@given(st.data())
@settings(deadline=None)
def test_idx_keeps_any_bytes(data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    values = np.frombuffer(data.draw(st.binary(min_size=int(np.prod(shape)), max_size=int(np.prod(shape)))), np.uint8)
    content = to_idx(values.reshape(shape))
    assert content == struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape) + values.tobytes()


# --- a damaged file is never used -----------------------------------------------------------------


@pytest.fixture
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the embedded files, used in their place."""
    shutil.copytree(EMBEDDED, tmp_path / "embedded")
    monkeypatch.setattr(fashion_mnist, "EMBEDDED_FOLDER", tmp_path / "embedded")
    return tmp_path / "embedded"


def truncated(packed: bytes) -> bytes:
    return packed[:-1]


def altered(packed: bytes) -> bytes:
    middle = len(packed) // 2
    return packed[:middle] + bytes([packed[middle] ^ 1]) + packed[middle + 1 :]


def packed_anew_with_one_pixel_altered(packed: bytes) -> bytes:
    return gzip.compress(altered(gzip.decompress(packed)), compresslevel=1)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("damage", [truncated, altered, packed_anew_with_one_pixel_altered])
def test_damaged_embedded_file(file: str, damage: object, copies: Path) -> None:
    (copies / file).write_bytes(damage((copies / file).read_bytes()))
    with pytest.raises(ValueError, match=rf"{file} is damaged.*expected .*{fashion_mnist.FILES[file].embedded}, got"):
        load_dataset()


@given(st.data())
@settings(deadline=None)
def test_damage_anywhere_is_found(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    packed = bytearray((EMBEDDED / SMALLEST).read_bytes())
    if truncated := data.draw(st.booleans(), label="truncated"):
        del packed[data.draw(st.integers(0, len(packed) - 1)) :]
    else:
        packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / SMALLEST
    path.write_bytes(packed)
    try:
        read = read_idx(path, fashion_mnist.FILES[SMALLEST].embedded)
    except ValueError as error:
        assert SMALLEST in str(error)  # noqa: PT017  not all damage is an error
    else:  # the time and origin of a gzip file say nothing of its content, nor do the bits that fill up its last byte
        assert not truncated
        np.testing.assert_array_equal(read, numbers(EMBEDDED / SMALLEST))


def test_wrong_file_in_place_of_the_original(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion_mnist, "DEBIAN_FOLDER", EMBEDDED)
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz is damaged.*expected .*got"):
        load_dataset(num_examples=12_001)


# --- the download ---------------------------------------------------------------------------------


@pytest.fixture
def origin(elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A web server in place of the original's. Returns the folder that it serves."""
    folder = tmp_path / "origin"
    folder.mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setattr(fashion_mnist, "ORIGIN", f"http://127.0.0.1:{server.server_port}/")
        yield folder
        server.shutdown()
        thread.join()


def as_published(file: str, packed_by_debian: bytes) -> bytes:
    """The original's file from Debian's, which lacks the file's name and the time in the gzip header."""
    time = 1504176606 if file.startswith("train") else 1504176627
    name = file.removesuffix(".gz").encode() + b"\0"
    return struct.pack("<3sBI", b"\x1f\x8b\x08", 8, time) + packed_by_debian[8:10] + name + packed_by_debian[10:]


@pytest.mark.parametrize("file", FILES)
def test_download_happens_once(file: str, originals: Path, origin: Path, elsewhere: Path) -> None:
    (origin / file).write_bytes(as_published(file, (originals / file).read_bytes()))
    first = fashion_mnist.read_original(file)
    (origin / file).unlink()
    again = fashion_mnist.read_original(file)
    assert again.tobytes() == first.tobytes()
    assert [path.name for path in elsewhere.iterdir()] == [file]


def test_altered_download_is_thrown_away(origin: Path, elsewhere: Path) -> None:
    file = FILES[0]
    shutil.copy(EMBEDDED / file, origin)
    with pytest.raises(ValueError, match=rf"{file}.*expected .*{fashion_mnist.FILES[file].download} but got"):
        load_dataset(num_examples=60_000)
    assert not list(elsewhere.iterdir())


def test_altered_cache_is_downloaded_again(originals: Path, origin: Path, elsewhere: Path) -> None:
    (origin / SMALLEST).write_bytes(as_published(SMALLEST, (originals / SMALLEST).read_bytes()))
    elsewhere.mkdir(parents=True)
    (elsewhere / SMALLEST).write_bytes(altered((origin / SMALLEST).read_bytes()))
    np.testing.assert_array_equal(fashion_mnist.read_original(SMALLEST), numbers(originals / SMALLEST))


WHAT_TO_DO = r"(?s)num_examples above 12,000.*train-images-idx3-ubyte\.gz.*dataset-fashion-mnist.*up to 12,000"


@pytest.mark.usefixtures("elsewhere")
def test_without_package_and_network() -> None:
    with pytest.raises(FileNotFoundError, match=WHAT_TO_DO):
        load_dataset(num_examples=12_001)


@pytest.mark.usefixtures("origin")
def test_without_package_and_with_the_files_missing_at_the_origin() -> None:
    with pytest.raises(FileNotFoundError, match=WHAT_TO_DO):
        load_dataset(num_examples=12_001)


def test_altered_cache_without_network_is_not_used(elsewhere: Path) -> None:
    elsewhere.mkdir(parents=True)
    shutil.copy(EMBEDDED / FILES[0], elsewhere)
    with pytest.raises(FileNotFoundError, match="no intact copy"):
        load_dataset(num_examples=12_001)


# --- bad arrays -----------------------------------------------------------------------------------


def dataset(**changes: object) -> Dataset:
    """A small dataset: 5 training and 3 test examples of 4 features, 2 classes; with some changes."""
    good = {
        "name": "small",
        "x_train": np.linspace(0, 1, 20, dtype=np.float32).reshape(5, 4),
        "y_train": np.array([0, 1, 0, 1, 0], np.int32),
        "x_test": np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4),
        "y_test": np.array([1, 0, 1], np.int32),
        "class_names": ("shoe", "bag"),
    }
    return Dataset(**(good | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [jnp.bfloat16, np.float16, np.float32, np.float64])
@pytest.mark.parametrize("as_jax", [False, True])
def test_arrays_become_float32_and_int32(dtype: type, as_jax: bool) -> None:
    x, y = np.array([[0.5, 0.25], [1, 2]]).astype(dtype), np.array([0, 1], np.uint8)
    if as_jax:
        x, y = jax.device_put(x), jax.device_put(y)
    small = dataset(x_train=x, y_train=y, x_test=x, y_test=y)
    assert isinstance(small.x_train, jax.Array)
    assert isinstance(small.y_train, jax.Array)
    assert (small.x_train.dtype, small.y_train.dtype) == (jnp.float32, jnp.int32)
    np.testing.assert_array_equal(small.x_train, [[0.5, 0.25], [1, 2]])
    np.testing.assert_array_equal(small.y_test, [0, 1])
    assert (small.num_examples, small.num_features, small.num_classes) == (2, 2, 2)


def test_arrays_do_not_follow_the_callers() -> None:
    memory = np.zeros(5 * 1024 + 16, np.float32)
    start = -memory.ctypes.data % 64 // 4  # from a multiple of 64 bytes JAX may use this very memory
    x = memory[start : start + 5 * 1024].reshape(5, 1024)
    small = dataset(x_train=x, x_test=np.zeros((3, 1024), np.float32))
    jax.block_until_ready(small.x_train)
    x[:] = np.nan
    np.testing.assert_array_equal(small.x_train, np.zeros((5, 1024)))


@given(name=X_NAMES, row=st.integers(0, 2), column=st.integers(0, 3), bad=st.sampled_from(["nan", "inf", "-inf"]))
@settings(deadline=None)
def test_images_that_are_not_finite(name: str, row: int, column: int, bad: str) -> None:
    x = np.ones((5 if name == "x_train" else 3, 4), np.float32)
    x[row, column] = float(bad)
    with pytest.raises(ValueError, match=rf"{name} must hold finite float32 numbers, got {bad} at \[{row}, {column}\]"):
        dataset(**{name: x})


@given(name=X_NAMES)
@settings(deadline=None)
def test_images_too_large_for_float32(name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name} must hold finite float32 numbers, got inf at \[0, 0\]"):
        dataset(**{name: np.full((5, 4), 1e39)})


@given(name=X_NAMES, dtype=st.sampled_from([np.uint8, np.int32, np.int64, np.bool_, np.complex64, "U1", object]))
@settings(deadline=None)
def test_images_that_are_not_floating_point(name: str, dtype: object) -> None:
    with pytest.raises(TypeError, match=rf"{name} must hold floating-point numbers"):
        dataset(**{name: np.ones((5, 4)).astype(dtype)})


@given(name=X_NAMES, shape=st.sampled_from([(), (5,), (5, 2, 2), (5, 2, 2, 1)]))
@settings(deadline=None)
def test_images_of_wrong_rank(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=rf"{name} must have the shape \(examples, features\), got \({shape and '5'}"):
        dataset(**{name: np.ones(shape, np.float32)})


@given(name=X_NAMES, shape=st.sampled_from([(0, 4), (5, 0), (0, 0)]))
@settings(deadline=None)
def test_no_images(name: str, shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=rf"{name} must not be empty, got the shape \({shape[0]}, {shape[1]}\)"):
        dataset(**{name: np.ones(shape, np.float32)})


@given(name=Y_NAMES, label=st.integers(-(2**63), -1) | st.integers(2, 2**63 - 1))
@settings(deadline=None)
def test_labels_outside_the_classes(name: str, label: int) -> None:
    y = np.array([0, 1, label, 1, 0][: 5 if name == "y_train" else 3], np.int64)
    with pytest.raises(ValueError, match=rf"{name} must hold classes from 0 to 1, got {label} at \[2\]"):
        dataset(**{name: y})


@given(name=Y_NAMES, dtype=st.sampled_from([np.float32, np.bool_, np.complex64, "U1", object]))
@settings(deadline=None)
def test_labels_that_are_not_whole_numbers(name: str, dtype: object) -> None:
    with pytest.raises(TypeError, match=rf"{name} must hold whole numbers"):
        dataset(**{name: np.ones(5).astype(dtype)})


@pytest.mark.parametrize("name", ["y_train", "y_test"])
def test_labels_of_wrong_shape(name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name} must have the shape \(examples\), got \(5, 1\)"):
        dataset(**{name: np.zeros((5, 1), np.int32)})
    with pytest.raises(ValueError, match=rf"{name} must not be empty, got the shape \(0,\)"):
        dataset(**{name: np.zeros(0, np.int32)})


@given(split=st.sampled_from(["train", "test"]), num_images=st.integers(1, 9), num_labels=st.integers(1, 9))
@settings(deadline=None)
def test_images_and_labels_of_different_length(split: str, num_images: int, num_labels: int) -> None:
    arrays = {
        f"x_{split}": np.ones((num_images, 4), np.float32),
        f"y_{split}": np.zeros(num_labels, np.int32),
    }
    if num_images == num_labels:
        dataset(**arrays)
        return
    message = f"x_{split} and y_{split} must have the same length, got {num_images} and {num_labels}"
    with pytest.raises(ValueError, match=message):
        dataset(**arrays)


def test_training_and_test_images_of_different_size() -> None:
    with pytest.raises(ValueError, match="x_train and x_test must have the same number of features, got 4 and 5"):
        dataset(x_test=np.ones((3, 5), np.float32))


@pytest.mark.parametrize("name", ["x_train", "y_train", "x_test", "y_test"])
@pytest.mark.parametrize("value", [None, 1.0, [[1.0, 2.0]], [[1.0], [1.0, 2.0]]])
def test_no_array(name: str, value: object) -> None:
    with pytest.raises(TypeError, match=rf"{name} must be a JAX or NumPy array, got "):
        dataset(**{name: value})


@pytest.mark.parametrize("value", [["shoe", "bag"], "shoe", ("shoe", 1), None])
def test_class_names_of_the_wrong_type(value: object) -> None:
    with pytest.raises(TypeError, match="class_names must be a tuple of strings, got "):
        dataset(class_names=value)


def test_no_class_names() -> None:
    with pytest.raises(ValueError, match="class_names must hold at least 1 name"):
        dataset(class_names=())


@pytest.mark.parametrize("value", ["fashion_mnist", 3, None])
def test_what_is_no_dataset_is_named(value: object) -> None:
    with pytest.raises(TypeError, match=f"dataset must be a Dataset.*got {value!r}"):
        require_dataset(value)
