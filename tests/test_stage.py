"""The ten test images under the race, and what is said of them."""

import jax
import numpy as np
import pytest

import lesson_lib as ll
from lesson_lib.chart.picture import BLUE, GREY, VERMILION, Band, Cells, Words
from lesson_lib.panels.gd_vs_sgd.stage import Said, Stage

RNG = np.random.default_rng(0)
X = RNG.uniform(size=(40, 9)).astype(np.float32)
Y = np.array([2, 0, 2, 1, *RNG.integers(0, 3, 36)])
DATASET = ll.Dataset("tiny", X, Y, X, Y, ("a", "b", "c"))


def said_by_hand(run, x):
    """The most probable classes and their probabilities, in float64."""
    first, second = ((np.asarray(layer.weight, float), np.asarray(layer.bias, float)) for layer in run.state.params)
    scores = np.maximum(x @ first[0] + first[1], 0) @ second[0] + second[1]
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return shares.argmax(axis=1), shares.max(axis=1)


def test_the_first_test_image_of_each_class_is_on_stage():
    assert Stage(DATASET).examples.tolist() == [1, 3, 0]


def test_ten_classes_at_most_are_on_stage():
    many = np.arange(24) % 12
    x = RNG.uniform(size=(24, 4)).astype(np.float32)
    dataset = ll.Dataset("many", x, many, x, many, tuple("abcdefghijkl"))
    assert Stage(dataset).labels.tolist() == list(range(10))


@pytest.mark.slow
def test_what_is_said_is_what_the_network_says():
    race = ll.Race(DATASET, ll.Settings(batch_size=4, epochs=3, learning_rate=0.5)).run()
    stage = Stage(DATASET)
    for run in (race.sgd, race.gd):
        said = stage.ask(run)
        classes, probabilities = said_by_hand(run, X[[1, 3, 0]].astype(float))
        assert said.num_updates == run.num_updates
        np.testing.assert_array_equal(said.classes, classes)
        np.testing.assert_allclose(said.probabilities, probabilities, rtol=1e-5)
        assert stage.num_right(said) == (classes == [0, 1, 2]).sum()


def test_each_row_has_its_marks_words_and_bars():
    stage = Stage(DATASET)
    sgd = Said(1, np.array([0, 2, 2]), np.array([0.9, 0.5, np.nan]))
    gd = Said(1200, np.array([1, 1, 2]), np.array([0.4, 0.6, 1.0]))
    chart = stage.draw(sgd, gd)
    texts = [mark for mark in chart.marks if isinstance(mark, Words)]
    above = [mark.text for mark in sorted(texts, key=lambda mark: (-mark.y, mark.x)) if mark.x > 0]
    assert above == ["✓ a", "✗ c", "–", "✗ b", "✓ b", "✓ c"]
    assert [mark.text for mark in texts if mark.x < 0] == ["updates", "SGD: 1", "GD: 1,200"]
    for color, said in ((VERMILION, sgd), (BLUE, gd)):
        (bars,) = (mark for mark in chart.marks if isinstance(mark, Band) and mark.color == color)
        left, right, gap = bars.x.reshape(3, 3).T
        np.testing.assert_allclose((right - left) / 0.76, said.probabilities)
        assert np.isnan(gap).all()
    assert "Right of 3: SGD 1, GD 2" in chart.note
    assert (stage.num_right(sgd), stage.num_right(gd)) == (1, 2)


def test_the_images_are_those_of_the_dataset_and_stand_still_like_the_tracks_of_the_bars():
    stage = Stage(DATASET)
    said = Said(0, np.array([0, 1, 2]), np.ones(3))
    first, second = (stage.draw(said, said).marks for _ in range(2))
    standing = [mark for mark in first if any(mark is again for again in second)]
    images = [mark for mark in standing if isinstance(mark, Cells)]
    assert [mark.color for mark in standing if isinstance(mark, Band)] == [GREY, GREY]
    for mark, example in zip(images, (1, 3, 0), strict=True):
        np.testing.assert_array_equal(mark.colors[:, :, 0], (255 * (1 - X[example].reshape(3, 3))).astype(np.uint8))


@pytest.mark.parametrize(("num_features", "rows"), [(9, 2), (6, 1)])
def test_only_images_are_on_stage(num_features, rows):
    x = np.asarray(jax.random.uniform(jax.random.key(0), (12, num_features)))
    dataset = ll.Dataset("tiny", x, np.arange(12) % 3, x, np.arange(12) % 3, ("a", "b", "c"))
    panel = ll.GdVsSgd(dataset, batch_size=4, epochs=1)
    picture = panel._picture_of(panel._start(panel.settings))
    assert len(picture.rows) == len(picture.heights) == rows
