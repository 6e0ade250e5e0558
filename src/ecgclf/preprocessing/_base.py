"""What all transformers of recordings have in common."""

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    OneToOneFeatureMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.utils._set_output import _SetOutputMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ecgclf._docstrings import FEATURE_NAMES, document
from ecgclf._mixins import DocLinkMixin
from ecgclf._rates import check_told
from ecgclf._recordings import check_recordings, has_columns, restack
from ecgclf._state import all_or_nothing
from ecgclf.signal._beats import check_beat_rate

_set_output = vars(_SetOutputMixin)["set_output"].fn


class BaseRecordingTransformer(DocLinkMixin, TransformerMixin, BaseEstimator):
    """Apply one function to each recording; a subclass answers ``_transform_recording``."""

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Check the parameters, and note the number of leads.

        Parameters
        ----------
        X : array-like of shape (n_recordings, n_timepoints), ndarray of shape \
                (n_recordings, n_leads, n_timepoints), or list of ndarray of shape \
                (n_timepoints_i,) or (n_leads, n_timepoints_i)
            The recordings.
        y : None
            Not used, present because scikit-learn passes it.

        Returns
        -------
        self : object
            The fitted transformer.
        """
        check_recordings(self, X)
        if hasattr(self, "sampling_rate"):
            check_told(self)
        self._check_parameters()
        return self

    def transform(self, X):
        """Transform each recording.

        Parameters
        ----------
        X : array-like of shape (n_recordings, n_timepoints), ndarray of shape \
                (n_recordings, n_leads, n_timepoints), or list of ndarray of shape \
                (n_timepoints_i,) or (n_leads, n_timepoints_i)
            The recordings, with as many leads as at fit. They are not modified.

        Returns
        -------
        ndarray or list of ndarray
            What becomes of the recordings; the description of the class says what kind it is.
        """
        check_is_fitted(self)
        return self._transform_recordings(check_recordings(self, X, reset=False))

    def set_output(self, *, transform=None):
        """Set in what container a table that `transform` gives comes; anything else than a table comes as it is.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            None leaves it as it was.

        Returns
        -------
        self : object
            The transformer.
        """
        # scikit-learn hides its own where there are no names of columns, which a fit on recordings of unequal
        # lengths would make of it: a Pipeline that ends in figures could then be told no more.
        return _set_output(self, transform=transform)

    def _check_parameters(self):
        """Raise if the parameters do not go together; each by itself is already checked."""

    def _transform_recordings(self, recordings):
        """Give the transformed recordings in the kind in which they came."""
        results = map(self._transform_recording, recordings.items)
        if recordings.kind == "ragged":
            return restack(list(results), recordings)
        stacked = stack(results, len(recordings))
        return stacked[:, 0] if recordings.kind == "table" else stacked

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class FiguresOfBeats(BaseRecordingTransformer):
    """A table of figures for recordings of any kind: a subclass names them in ``_names``."""

    def get_feature_names_out(self, input_features=None):
        """Give the names of the columns.

        Parameters
        ----------
        input_features : None
            Not used, present because scikit-learn passes it.

        Returns
        -------
        ndarray of str objects of shape (n_features,)
            The names, in order.
        """
        return np.array(self._names, dtype=object)

    def _check_parameters(self):
        check_beat_rate(self.sampling_rate)

    def _transform_recordings(self, recordings):
        return stack(map(self._transform_recording, recordings.items), len(recordings))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64"]
        return tags


class SameColumns(OneToOneFeatureMixin):
    """Columns that come out as they went in."""

    @available_if(has_columns)
    @document(names=FEATURE_NAMES)
    def get_feature_names_out(self, input_features=None):
        """Give the names of the columns, which are those that come in; only of a table.

        {names}
        """
        return super().get_feature_names_out(input_features)


class NewColumns(ClassNamePrefixFeaturesOutMixin):
    """Columns of another number."""

    @available_if(lambda self: self._gives_columns())
    @document(names=FEATURE_NAMES)
    def get_feature_names_out(self, input_features=None):
        """Give names to the columns that `transform` gives; only where these are a table.

        {names}
        """
        return super().get_feature_names_out(input_features)

    def _gives_columns(self):
        return has_columns(self)


def stack(arrays, n, dtype=None):
    """Stack `n` arrays of one shape from an iterator, holding no more than one beside the result."""
    for i, array in enumerate(arrays):
        if i == 0:
            stacked = np.empty((n, *array.shape), dtype=dtype or array.dtype)
        stacked[i] = array
    return stacked
