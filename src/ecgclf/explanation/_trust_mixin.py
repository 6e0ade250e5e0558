"""What an explainer can tell of how far its explanations are to be trusted."""

import warnings
from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from ecgclf._recordings import called
from ecgclf.explanation import _trust
from ecgclf.explanation._answers import answers
from ecgclf.explanation._explanation import Explanation, ExplanationWarning
from ecgclf.explanation._model import Model


class TrustMixin:
    """Stability and faithfulness, for an explainer with `explain`."""

    def stability(self, estimator, recording, label=None, *, n_repeats=5, top=5):
        """Tell how much an explanation depends on the seed.

        Parameters
        ----------
        estimator : estimator or callable
            As for `explain`.

        recording : array-like of shape (n_timepoints,) or (n_leads, n_timepoints)
            The recording, in mV.

        label : object, default=None
            The label explained; None is the most probable one.

        n_repeats : int, default=5
            Number of explanations, each of another seed drawn from `random_state`.

        top : int, default=5
            Number of features, those of the largest absolute weights, whose sets are compared.

        Returns
        -------
        Stability
            Agreement of the explanations, over all pairs of them.
        """
        for name, value, least in (("n_repeats", n_repeats, 2), ("top", top, 1)):
            if not isinstance(value, Integral) or value < least:
                raise ValueError(f"{name}={value!r} must be an integer of at least {least}.")
        seeds = check_random_state(self.random_state).randint(np.iinfo(np.int32).max, size=n_repeats)
        explanations = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExplanationWarning)
            for seed in seeds.tolist():
                labels = None if label is None else [label]
                explanations.append(self._copy(random_state=seed).explain(estimator, recording, labels))
                label = explanations[0].labels[0]
        return _trust.compare(explanations, top)

    def faithfulness(self, estimator, explanation, label=None, *, n_random=10):
        """Tell whether the classifier heeds the features that an explanation says to matter.

        Deletion takes the features out of the recording one after the other, the one of the largest weight first;
        insertion starts with all taken out and puts them back in that order [1]_. The probability of the label, drawn
        over the share of features, falls early or rises early if the explanation is faithful: the area under the
        curve is small for deletion and large for insertion, compared with random orders.

        Parameters
        ----------
        estimator : estimator or callable
            The classifier explained.

        explanation : Explanation
            Of this explainer.

        label : object, default=None
            A label that is explained; None is the first.

        n_random : int, default=10
            Number of random orders.

        Returns
        -------
        Faithfulness
            The curves and the areas under them.

        References
        ----------
        .. [1] Petsiuk, V., Das, A. and Saenko, K. (2018). RISE: Randomized input sampling for explanation of black-box
           models. BMVC 2018. :doi:`10.48550/arXiv.1806.07421`
        """
        self._validate_params()
        if not isinstance(n_random, Integral) or n_random < 1:
            raise ValueError(f"n_random={n_random!r} must be a positive integer.")
        if not isinstance(explanation, Explanation):
            raise TypeError(
                f"explanation is {called(explanation)}; expected what `explain` gives, after the estimator."
            )
        row = explanation.find_label(label)
        recording = np.array(explanation.recording)
        model = Model(estimator, *recording.shape, explanation.flat, explanation.labels[row])
        rng = check_random_state(self.random_state)
        orders = _trust.orders(explanation.weights[row], n_random, rng)
        replacements = self._replacements(recording, explanation.intervals, rng.randint(np.iinfo(np.int32).max))
        masks = _trust.deletion_masks(orders)
        probabilities, answered = answers(model, replacements, masks, self.batch_size, self.verbose)
        if not answered.all():
            raise KeyboardInterrupt
        (column,) = model.find_columns(None, probabilities[0])
        return _trust.measure(explanation.labels.tolist()[row], probabilities[:, column], n_random)
