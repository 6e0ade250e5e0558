"""Which sampling rates recordings have."""

from ecgclf._numbers import is_finite

# In Hz: less is a trend, more is sound. What is told in kHz, or as True, is neither.
SAMPLING_RATES = (10.0, 1e5)


def check_rate(rate, name="sampling_rate"):
    """Raise if something is no sampling rate.

    Parameters
    ----------
    rate : object
        What was given as such, in Hz.
    name : str, default="sampling_rate"
        The parameter.

    Raises
    ------
    ValueError
        If no ECG is sampled so.
    """
    lowest, highest = SAMPLING_RATES
    if not is_finite(rate) or not lowest <= rate <= highest:
        raise ValueError(f"{name}={rate!r}; expected a number of Hz from {lowest:g} to {highest:,.0f}, such as 300.0.")


def check_told(estimator, wanted=""):
    """Raise if the parameter `sampling_rate` of an estimator was not told, or is none.

    Parameters
    ----------
    estimator : estimator
        One that has to know the rate.
    wanted : str, default=""
        What for, in words.

    Raises
    ------
    ValueError
        If it does not.
    """
    if estimator.sampling_rate is None:
        name = type(estimator).__name__
        raise ValueError(
            f"{name} has to be told the sampling rate of the recordings, in Hz{wanted}: {name}(sampling_rate=...). "
            "What ecgclf.datasets gives has it as its sampling_rate."
        )
    check_rate(estimator.sampling_rate)
