"""The list of classes that a file may name, and the only place where a name becomes a class."""

from importlib import import_module

# A name leads to the module and the attribute written here, never to what a file says. Left out are classes whose
# state is a compiled object (trees, forests, boosting, neighbours with a tree index), or whose compiled code trusts
# the arrays it is given (SVC and its kind).
_BY_MODULE = {
    "ecgclf.augmentation": ("RandomChanges", "WaveNetAugmenter", "WaveNetOverSampler"),
    "ecgclf.augmentation._amplitudes": ("Amplitudes",),
    "ecgclf.augmentation._generator": ("Generator",),
    "ecgclf.classifiers": (
        "BiLSTMClassifier",
        "CRANNClassifier",
        "CRNNClassifier",
        "LSTMClassifier",
        "ResNetClassifier",
    ),
    "ecgclf.decision": ("TunedDecisionClassifierCV",),
    "ecgclf.explanation": ("LimeTimeSeriesExplainer",),
    "ecgclf.preprocessing": (
        "BandpassFilter",
        "FixedLength",
        "RecordingNormalizer",
        "NotchFilter",
        "RRFeatures",
        "Resampler",
        "SignalQuality",
        "WaveletDenoiser",
    ),
    "sklearn.calibration": (
        "CalibratedClassifierCV",
        "_CalibratedClassifier",
        "_SigmoidCalibration",
        "_TemperatureScaling",
    ),
    "sklearn.compose": ("ColumnTransformer",),
    "sklearn.decomposition": ("PCA", "TruncatedSVD"),
    "sklearn.discriminant_analysis": ("LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis"),
    "sklearn.dummy": ("DummyClassifier",),
    "sklearn.ensemble": ("StackingClassifier", "VotingClassifier"),
    "sklearn.feature_selection": ("SelectKBest", "VarianceThreshold"),
    "sklearn.frozen": ("FrozenEstimator",),
    "sklearn.impute": ("SimpleImputer",),
    "sklearn.isotonic": ("IsotonicRegression",),
    "sklearn.linear_model": (
        "LinearRegression",
        "LogisticRegression",
        "Ridge",
        "RidgeClassifier",
    ),
    "sklearn.model_selection": (
        "FixedThresholdClassifier",
        "GroupKFold",
        "GroupShuffleSplit",
        "KFold",
        "LeaveOneGroupOut",
        "ShuffleSplit",
        "StratifiedGroupKFold",
        "StratifiedKFold",
        "StratifiedShuffleSplit",
    ),
    "sklearn.naive_bayes": ("GaussianNB",),
    "sklearn.neighbors": ("NearestCentroid",),
    "sklearn.pipeline": ("FeatureUnion", "Pipeline"),
    "sklearn.preprocessing": (
        "FunctionTransformer",
        "KBinsDiscretizer",
        "LabelBinarizer",
        "LabelEncoder",
        "MaxAbsScaler",
        "MinMaxScaler",
        "Normalizer",
        "OneHotEncoder",
        "OrdinalEncoder",
        "PolynomialFeatures",
        "PowerTransformer",
        "QuantileTransformer",
        "RobustScaler",
        "StandardScaler",
    ),
    "sklearn.svm": ("LinearSVC",),
}

# Classes and functions that a parameter may hold without being called while a file is loaded.
_VALUES_BY_MODULE = {
    "builtins": ("list",),
    "ecgclf.metrics": ("cinc2017_score",),
    "numpy": ("float32", "float64", "ndarray"),
    "sklearn.feature_selection": ("f_classif", "mutual_info_classif"),
    "torch.nn": ("CrossEntropyLoss", "NLLLoss"),
    "torch.optim": ("SGD", "Adam", "AdamW", "NAdam", "RAdam", "RMSprop"),
}


def _table(by_module):
    return {f"{module}.{name}": (module, name) for module, names in by_module.items() for name in names}


OBJECTS = _table(_BY_MODULE)
VALUES = _table(_VALUES_BY_MODULE)


def named(name, table):
    """Look up what a file names.

    Parameters
    ----------
    name : object
        What stands in the file.
    table : dict
        `OBJECTS` or `VALUES`.

    Returns
    -------
    type or callable
        What the table says.

    Raises
    ------
    ValueError
        If the name is not in the table, or this installation does not have the class.
    """
    if not isinstance(name, str) or name not in table:
        raise ValueError(f"it names {name!r}, which is not on the list of classes that a file may hold")
    module, attribute = table[name]
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"it holds a {name}, which the versions installed here do not have ({error})") from error


def name_of(thing, table):
    """Give the name under which a class or function stands in a table.

    Parameters
    ----------
    thing : object
        A class or function.
    table : dict
        `OBJECTS` or `VALUES`.

    Returns
    -------
    str or None
        None if it is not in the table.
    """
    root = str(getattr(thing, "__module__", "")).partition(".")[0]
    for name, (module, attribute) in table.items():
        if attribute == getattr(thing, "__name__", None) and module.partition(".")[0] == root:
            try:
                if getattr(import_module(module), attribute) is thing:
                    return name
            except (ImportError, AttributeError):
                continue
    return None
