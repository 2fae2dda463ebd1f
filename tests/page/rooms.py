"""The panels whose texts must have room, and what is wrong with a picture's texts."""

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
from helpers import FoundExchange
from widget import Sheet, Text

import lesson_lib as ll
from lesson_lib.data import Dataset
from lesson_lib.panel.panel import Panel
from lesson_lib.panels.many_devices.costs import DeviceCosts


def coarse(dataset: Dataset) -> Dataset:
    """Every fourth pixel of every fourth row: numbers are as long as those of whole images, and sooner there."""
    few = np.arange(784).reshape(28, 28)[2::4, 2::4].ravel()
    x_train, x_test = np.asarray(dataset.x_train)[:, few], np.asarray(dataset.x_test)[:, few]
    return replace(dataset, x_train=x_train, x_test=x_test)


DATASET = coarse(ll.load_dataset(num_examples=2_500))


def many_devices() -> Panel:
    """Without processes that measure their exchange, and with all times known."""
    panel = ll.ManyDevices(DATASET)
    panel._costs = DeviceCosts(DATASET, FoundExchange).run()
    return panel


PANELS = {
    "GdVsSgd": lambda: ll.GdVsSgd(DATASET, epochs=1, choose_sampling=True),
    "NextUpdate": lambda: ll.NextUpdate(DATASET),
    "Coverage": lambda: ll.Coverage(DATASET),
    "LossSurface": ll.LossSurface,
    "GradientCloud": ll.GradientCloud,
    "NetworkLandscape": lambda: ll.NetworkLandscape(DATASET),
    "NoiseVsBatchSize": lambda: ll.NoiseVsBatchSize(DATASET),
    "NoiseFloor": ll.NoiseFloor,
    "CostOfAnUpdate": lambda: ll.CostOfAnUpdate(DATASET),
    "EqualTime": lambda: ll.EqualTime(DATASET),
    "OptimizerRace": lambda: ll.OptimizerRace(DATASET),
    "TimeToTarget": lambda: ll.TimeToTarget(DATASET),
    "ManyDevices": many_devices,
}


def box(text: Text) -> tuple[float, float, float, float]:
    """Left, top, right, bottom; a text that is turned stands upright."""
    half = 0.36 * text.size
    if math.isclose(text.left, text.right, abs_tol=0.1):
        return text.left - half, min(text.top, text.bottom), text.left + half, max(text.top, text.bottom)
    return text.left, text.top - half, text.right, text.top + half


def faults(sheet: Sheet) -> list[str]:
    """What is cut, and what lies on something else."""
    boxes = [(text.text, box(text)) for text in sheet.texts if text.text.strip()]
    assert boxes  # each picture has texts
    cut = [
        f"{text!r} is cut: {edges}"
        for text, edges in boxes
        if edges[0] < 0 or edges[1] < 0 or edges[2] > sheet.width or edges[3] > sheet.height
    ]
    overlaps = [
        f"{one!r} lies on {other!r}"
        for (one, a), (other, b) in combinations(boxes, 2)
        if a[0] < b[2] - 1 and b[0] < a[2] - 1 and a[1] < b[3] - 1 and b[1] < a[3] - 1
    ]
    return cut + overlaps
