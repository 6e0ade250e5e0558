"""Whole numbers from products, against exact fractions."""

from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecgclf._whole import at_least, at_most, nearest
from ecgclf.explanation._segments import _waves
from ecgclf.fidelity._memorisation import _number_of_windows
from ecgclf.metrics import expected_calibration_error

shares = st.builds(Fraction, st.integers(0, 10**5), st.sampled_from([1, 2, 3, 10, 100, 1000, 10**4]))
rates = st.builds(Fraction, st.integers(1, 5000), st.sampled_from([1, 2, 3, 7, 10, 1001]))


@given(share=shares, rate=rates)
@example(share=Fraction(3, 10), rate=Fraction(1000, 3))
@example(share=Fraction(29, 100), rate=Fraction(100))
@example(share=Fraction(7, 10), rate=Fraction(10))
@example(share=Fraction(75, 1000), rate=Fraction(300))
@example(share=Fraction(1, 2), rate=Fraction(5))
def test_whole_numbers_of_exact_products(share, rate):
    product = share * rate
    assert at_most(float(share), float(rate)) == floor(product)
    assert at_least(float(share), float(rate)) == ceil(product)
    assert nearest(float(share), float(rate)) == floor(product + Fraction(1, 2))


def test_whole_numbers_of_arrays():
    found = nearest(0.34, np.array([50, 25, 3]))
    assert found.dtype == np.int64
    assert found.tolist() == [17, 9, 1]
    assert isinstance(nearest(0.5, 3), int)


@given(
    rate=st.sampled_from([100.0, 128.0, 200.0, 250.0, 257.0, 300.0, 360.0, 500.0, 1000 / 3]), shift=st.integers(1, 7)
)
def test_waves_lie_the_same_beside_every_r_peak(rate, shift):
    r_peaks = np.array([400, 700, 925, 1300])
    here, there = (_waves(2000, r_peaks + by, rate, merge_beats=False) for by in (0, shift))
    for name in here.keys() - {"before beat 0", "beat 3 rest"}:
        (_, start, stop), (_, moved_start, moved_stop) = here[name][0], there[name][0]
        assert (moved_start - start, moved_stop - stop) == (shift, shift), name


@pytest.mark.parametrize("n_bins", [5, 10, 15, 20, 100])
def test_a_confidence_on_a_border_belongs_to_the_bin_below(n_bins):
    for k in range(1 + n_bins // 2, n_bins):
        border, inside = k / n_bins, (k - 0.5) / n_bins
        probabilities = [[border, 1 - border], [inside, 1 - inside]]
        # In one bin the two make up for one another.
        expected = abs(border + inside - 1) / 2
        assert expected_calibration_error(["A", "N"], probabilities, ["A", "N"], n_bins=n_bins) == pytest.approx(
            expected
        )


@pytest.mark.parametrize("rate", [100.0, 125.0, 250.0, 300.0, 360.0, 1000 / 3 * 3])
@pytest.mark.parametrize("n_halves", [2, 3, 4, 7])
def test_recordings_of_so_many_half_windows(rate, n_halves):
    items = [np.zeros((1, round(2.5 * rate * n_halves)))] * 6
    # A sample may be missing where half a window is not a whole number of samples.
    exact = (2.5 * rate * n_halves).is_integer()
    assert _number_of_windows(items, items, items, rate) >= n_halves - (1 if exact else 2)
