"""What a recording is: the one gate through which every estimator takes them."""

from ecgclf._recordings._many import Recordings, check_recordings, forget_table, has_columns, object_array, restack
from ecgclf._recordings._one import as_recording, called, check_axes, hidden, visible

__all__ = [
    "Recordings",
    "as_recording",
    "called",
    "check_axes",
    "check_recordings",
    "forget_table",
    "has_columns",
    "hidden",
    "object_array",
    "restack",
    "visible",
]
