"""The example in the docstrings of the classifiers."""


def classifier_example(name, arguments):
    """Write the example of a classifier: atrial fibrillation against normal rhythm, on real recordings.

    Parameters
    ----------
    name : str
        The class.
    arguments : str
        What makes its network small enough for an example.

    Returns
    -------
    str
        Lines of a doctest.
    """
    return f"""\
Atrial fibrillation against normal rhythm, learnt from 72 of the real recordings inside the package at a sixth of their
rate, in seconds:

>>> import numpy as np
>>> from sklearn.model_selection import train_test_split
>>> from ecgclf.augmentation import RandomChanges
>>> from ecgclf.classifiers import {name}
>>> from ecgclf.datasets import load_cinc2017_sample
>>> from ecgclf.preprocessing import Resampler
>>> X, y = load_cinc2017_sample(return_X_y=True)
>>> two = np.isin(y, ["A", "N"])
>>> X, y = Resampler(50, sampling_rate=300).fit_transform(X[two]), y[two]
>>> X_train, X_test, y_train, y_test = train_test_split(
...     X, y, test_size=0.4, stratify=y, random_state=0
... )
>>> classifier = {name}(
...     {arguments},
...     augmentation=RandomChanges(crop=400), max_epochs=30, batch_size=8,
...     learning_rate=0.01, random_state=0,
... ).fit(X_train, y_train)

Of 48 others it tells more right than the answer "N" to all of them does. Thousands of recordings and the defaults
take it further: see the table of benchmarks in the documentation.

>>> float(np.mean(y_test == "N").round(2))
0.58
>>> classifier.score(X_test, y_test) > 0.58
True"""
