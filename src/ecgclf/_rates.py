"""Which sampling rates recordings have."""

from numbers import Real

# In Hz: less is a trend, more is sound. What is told in kHz, or as True, is neither.
SAMPLING_RATES = (10.0, 1e5)


def check_rate(rate):
    """Raise if something is no sampling rate.

    Parameters
    ----------
    rate : object
        What was given as such, in Hz.

    Raises
    ------
    ValueError
        If no ECG is sampled so.
    """
    lowest, highest = SAMPLING_RATES
    if not isinstance(rate, Real) or isinstance(rate, bool) or not lowest <= rate <= highest:
        raise ValueError(
            f"sampling_rate={rate!r}; expected a number of Hz from {lowest:g} to {highest:,.0f}, such as 300.0."
        )
