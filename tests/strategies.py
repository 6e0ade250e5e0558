"""Hypothesis strategies for collections of recordings in all their kinds."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ecgclf._recordings import object_array

samples = st.floats(-5.0, 5.0, width=32, allow_subnormal=False)


def recording(n_leads=1, min_timepoints=1, max_timepoints=120, dtype=np.float64):
    """One recording of shape (n_leads, n_timepoints), in mV."""
    return st.integers(min_timepoints, max_timepoints).flatmap(
        lambda n: hnp.arrays(dtype, (n_leads, n), elements=samples)
    )


@st.composite
def tables(draw, min_recordings=1, max_recordings=6, min_timepoints=1, max_timepoints=120):
    """A table (n_recordings, n_timepoints)."""
    shape = (
        draw(st.integers(min_recordings, max_recordings)),
        draw(st.integers(min_timepoints, max_timepoints)),
    )
    return draw(hnp.arrays(np.float64, shape, elements=samples))


@st.composite
def collections(draw, min_recordings=1, max_recordings=6, min_timepoints=1, max_timepoints=120):
    """A collection of any kind: table, 3-D array, list or object array, of one to three leads."""
    kind = draw(st.sampled_from(["table", "array", "list", "object"]))
    if kind == "table":
        return draw(tables(min_recordings, max_recordings, min_timepoints, max_timepoints))
    n_recordings = draw(st.integers(min_recordings, max_recordings))
    n_leads = draw(st.integers(1, 3))
    if kind == "array":
        n_timepoints = draw(st.integers(min_timepoints, max_timepoints))
        return draw(hnp.arrays(np.float64, (n_recordings, n_leads, n_timepoints), elements=samples))
    items = [draw(recording(n_leads, min_timepoints, max_timepoints)) for _ in range(n_recordings)]
    if n_leads == 1 and draw(st.booleans()):
        items = [item[0] for item in items]
    return items if kind == "list" else object_array(items)
