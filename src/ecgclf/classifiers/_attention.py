"""Where a classifier with attention looked."""

from sklearn.utils.validation import check_is_fitted

from ecgclf import _training
from ecgclf._docstrings import RECORDINGS, document
from ecgclf._recordings import check_recordings
from ecgclf.classifiers._windows import prediction_windows


class AttentionMixin:
    """Adds `attention` to a classifier whose network pools by it."""

    @document(X=RECORDINGS)
    def attention(self, X):
        """Tell where in each recording the network looked.

        Parameters
        ----------
        {X}

        Returns
        -------
        weights : list of ndarray of shape (n_timepoints_i,)
            One array a recording, on its own time axis; non-negative and 1 in sum. The weight of a segment, or of a
            step of the convolutional blocks, is spread evenly over its timepoints. With `window_length` set they are
            the mean over the windows.
        """
        check_is_fitted(self)
        recordings = check_recordings(self, X, reset=False)
        windows = prediction_windows(recordings.lengths, self.window_length, self.window_stride)
        return _training.window_attention(self.net_, recordings.items, windows)
