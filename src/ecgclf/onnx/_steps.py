"""What the preprocessing steps of a Pipeline do, in numbers: for `OnnxClassifier.prepare`."""

from scipy import signal

from ecgclf.signal._filters import design_bandpass, design_notch, wavelet_filters
from ecgclf.signal._length import PAD_MODES
from ecgclf.signal._sampling import anti_aliasing, ratio_of_rates


def describe(transformer):
    """Describe a transformer as a step of `OnnxClassifier.prepare`.

    Parameters
    ----------
    transformer : estimator
        A fitted transformer of `ecgclf.preprocessing`.

    Returns
    -------
    dict
        Plain JSON.

    Raises
    ------
    ValueError
        If it is another.
    """
    cls = type(transformer)
    # By name: this room imports no estimator. A class of the same name from elsewhere would do something else.
    name = cls.__name__ if cls.__module__.startswith("ecgclf.") else None
    if name not in _DESCRIBED:
        raise ValueError(
            f"a step {cls.__name__} cannot be exported; steps that can are {sorted(_DESCRIBED)}, then a classifier "
            "of ecgclf."
        )
    return _DESCRIBED[name](transformer)


def _filter(sos, padding):
    return {"step": "filter", "sos": sos.tolist(), "zi": signal.sosfilt_zi(sos).tolist(), "padding": padding}


def _bandpass(step):
    return _filter(*design_bandpass(step.sampling_rate, step.low, step.high, step.order))


def _notch(step):
    return _filter(*design_notch(step.sampling_rate, step.frequency, step.quality))


def _resample(step):
    up, down = ratio_of_rates(step.sampling_rate, step.new_sampling_rate)
    taps = anti_aliasing(up, down) * up if up != down else []
    return {"step": "resample", "up": up, "down": down, "taps": list(map(float, taps))}


def _normalize(step):
    return {"step": "normalize", "method": step.method, "clip": step.clip}


def _denoise(step):
    return {"step": "denoise", "level": step.level, **wavelet_filters(step.wavelet)}


def _length(step):
    return {
        "step": "length",
        "n_timepoints": step.n_timepoints,
        "position": step.position,
        "mode": PAD_MODES[step.mode],
    }


_DESCRIBED = {
    "BandpassFilter": _bandpass,
    "FixedLength": _length,
    "RecordingNormalizer": _normalize,
    "NotchFilter": _notch,
    "Resampler": _resample,
    "WaveletDenoiser": _denoise,
}
