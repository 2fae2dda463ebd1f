"""The hyperbola of updates against examples: found exactly where it is exact, and without bias where it is not."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lesson_lib.noise import fit_trade_off

BATCH_SIZES = 2.0 ** np.arange(3, 12)


@given(st.floats(1, 1e5), st.floats(1, 1e4), st.integers(2, 9))
def test_exact_pairs_give_back_the_hyperbola(min_updates, critical, num_runs):
    min_examples = critical * min_updates
    batch_sizes = np.geomspace(critical / 20, critical * 20, num_runs)
    updates = min_updates * (1 + critical / batch_sizes)
    fit = fit_trade_off(updates, batch_sizes * updates)
    np.testing.assert_allclose(fit, (min_updates, min_examples), rtol=1e-8)
    np.testing.assert_allclose(fit.critical_batch_size, critical, rtol=1e-8)
    products = (updates / fit.min_updates - 1) * (batch_sizes * updates / fit.min_examples - 1)
    np.testing.assert_allclose(products, 1, rtol=1e-6)


def test_at_the_critical_batch_size_both_are_twice_the_minimum():
    fit = fit_trade_off(np.array([300, 150]), np.array([3000, 6000]))
    updates = fit.min_updates + fit.min_examples / fit.critical_batch_size
    np.testing.assert_allclose(updates, 2 * fit.min_updates, rtol=1e-12)
    np.testing.assert_allclose(fit.critical_batch_size * updates, 2 * fit.min_examples, rtol=1e-12)


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_units_change_the_fit_by_their_factor(of_updates, of_examples):
    updates = np.array([1000, 560, 300, 210, 150, 130])
    examples = updates * 2 ** np.arange(4, 10)
    fit = fit_trade_off(updates, examples)
    scaled = fit_trade_off(of_updates * updates, of_examples * examples)
    np.testing.assert_allclose(scaled, (of_updates * fit.min_updates, of_examples * fit.min_examples), rtol=1e-6)


def test_errors_of_some_percent_leave_the_fit_right_on_average():
    rng = np.random.default_rng(0)
    exact = 100 * (1 + 200 / BATCH_SIZES)
    fits = []
    for _ in range(1000):
        updates = exact * rng.normal(1, 0.1, len(exact))
        fits.append(fit_trade_off(updates, BATCH_SIZES * updates))
    errors = np.std(fits, axis=0, ddof=1) / np.sqrt(len(fits))
    assert np.all(np.abs(np.mean(fits, axis=0) - (100, 20_000)) < 4 * errors)
    assert np.all(errors < 0.005 * np.array([100, 20_000]))
