"""The lists of what a file may name, and the only place where a name becomes a class or a function."""

import textwrap
from importlib import import_module

# Left out are classes whose compiled code trusts the arrays it is given: boosting, neighbours, SVC and its kind. Trees
# and forests do so too; `_trees.py` looks at theirs.
# Not by skops.io: version 0.16 trusts these by default, unpacks 1 MB to gigabytes, calls trusted names with arguments
# of the file while it loads, and takes half a second to import.
_OBJECTS = {
    "ecgclf.augmentation": "RandomChanges WaveNetAugmenter WaveNetOverSampler",
    "ecgclf.augmentation._amplitudes": "Amplitudes",
    "ecgclf.augmentation._generator": "Generator",
    "ecgclf.classifiers": (
        "ATICNNClassifier BiLSTMClassifier CRANNClassifier CRNNClassifier ECGClassifier LSTMClassifier "
        "ResNetClassifier"
    ),
    "ecgclf.decision": "TunedDecisionClassifierCV",
    "ecgclf.explanation": "LimeTimeSeriesExplainer",
    "ecgclf.preprocessing": (
        "BandpassFilter FixedLength NotchFilter RRFeatures RecordingNormalizer Resampler SignalQuality WaveletDenoiser"
    ),
    "sklearn.calibration": "CalibratedClassifierCV _CalibratedClassifier _SigmoidCalibration _TemperatureScaling",
    "sklearn.compose": "ColumnTransformer",
    "sklearn.decomposition": "PCA TruncatedSVD",
    "sklearn.discriminant_analysis": "LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis",
    "sklearn.dummy": "DummyClassifier",
    "sklearn.ensemble": "ExtraTreesClassifier RandomForestClassifier StackingClassifier VotingClassifier",
    "sklearn.feature_selection": "SelectKBest VarianceThreshold",
    "sklearn.frozen": "FrozenEstimator",
    "sklearn.impute": "SimpleImputer",
    "sklearn.isotonic": "IsotonicRegression",
    "sklearn.linear_model": "LinearRegression LogisticRegression Ridge RidgeClassifier",
    "sklearn.metrics._scorer": "_MultimetricScorer _PassthroughScorer _Scorer",
    "sklearn.model_selection": (
        "FixedThresholdClassifier GridSearchCV GroupKFold GroupShuffleSplit KFold LeaveOneGroupOut RandomizedSearchCV "
        "ShuffleSplit StratifiedGroupKFold StratifiedKFold StratifiedShuffleSplit"
    ),
    "sklearn.naive_bayes": "GaussianNB",
    "sklearn.neighbors": "NearestCentroid",
    "sklearn.pipeline": "FeatureUnion Pipeline",
    "sklearn.preprocessing": (
        "FunctionTransformer KBinsDiscretizer LabelBinarizer LabelEncoder MaxAbsScaler MinMaxScaler Normalizer "
        "OneHotEncoder OrdinalEncoder PolynomialFeatures PowerTransformer QuantileTransformer RobustScaler "
        "StandardScaler"
    ),
    "sklearn.svm": "LinearSVC",
    "sklearn.tree": "DecisionTreeClassifier ExtraTreeClassifier",
}

# Classes and functions that a parameter may hold without being called while a file is loaded.
_VALUES = {
    "builtins": "list",
    "ecgclf.metrics": "cinc2017_score f_max f_max_scorer macro_auroc macro_auroc_scorer",
    "ecgclf.nn": "FocalLoss",
    "numpy": "float32 float64 ndarray",
    "sklearn.feature_selection": "f_classif mutual_info_classif",
    "sklearn.metrics": (
        "accuracy_score average_precision_score balanced_accuracy_score brier_score_loss cohen_kappa_score f1_score "
        "fbeta_score jaccard_score log_loss matthews_corrcoef precision_score recall_score roc_auc_score "
        "top_k_accuracy_score"
    ),
    "torch.nn": "CrossEntropyLoss NLLLoss",
    "torch.optim": "Adam AdamW NAdam RAdam RMSprop SGD",
}


def _full_names(by_module):
    return frozenset(f"{module}.{name}" for module, names in by_module.items() for name in names.split())


OBJECTS = _full_names(_OBJECTS)
VALUES = _full_names(_VALUES)


def named(name, allowed):
    """Look up what a file names.

    Parameters
    ----------
    name : object
        What stands in the file.
    allowed : frozenset of str
        `OBJECTS` or `VALUES`.

    Returns
    -------
    type or callable
        What is installed under this name.

    Raises
    ------
    ValueError
        If the name is not allowed, or this installation does not have it.
    """
    if not isinstance(name, str) or name not in allowed:
        raise ValueError(f"it names {name!r}, which is not on the list of classes that a file may hold")
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"it holds a {name}, which the versions installed here do not have ({error})") from error


def name_of(thing, allowed):
    """Give the name under which a file may hold a class or function.

    Parameters
    ----------
    thing : object
        A class or function.
    allowed : frozenset of str
        `OBJECTS` or `VALUES`.

    Returns
    -------
    str or None
        None if there is none.
    """
    root, own = str(getattr(thing, "__module__", "")).partition(".")[0], getattr(thing, "__name__", None)
    for name in allowed:
        if name.startswith(f"{root}.") and name.endswith(f".{own}"):
            try:
                if named(name, allowed) is thing:
                    return name
            except ValueError:
                continue
    return None


def own_name(thing):
    """Give the name of a class or function that is on no list here, to be told apart by whoever loads a file.

    Parameters
    ----------
    thing : object
        A class or function.

    Returns
    -------
    str or None
        Module and qualified name; None for what has none, such as a lambda.
    """
    module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
    return f"{module}.{name}" if isinstance(module, str) and isinstance(name, str) and "<" not in name else None


def listed(library):
    """List what files may hold of a library, for a docstring.

    Parameters
    ----------
    library : str
        Its name.

    Returns
    -------
    str
        Names of classes, on lines of up to 110 characters.
    """
    names = (name.rpartition(".")[2] for name in OBJECTS if name.startswith(f"{library}."))
    return textwrap.fill(", ".join(sorted(name for name in names if not name.startswith("_"))) + ".", 110)
