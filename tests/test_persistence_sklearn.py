"""scikit-learn's own estimators, alone and around ours."""

import numpy as np
import pytest
from scipy.stats import expon
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_classif, mutual_info_classif
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    LeaveOneGroupOut,
    RandomizedSearchCV,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    LabelBinarizer,
    LabelEncoder,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

from ecgclf.datasets import make_recordings
from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.persistence import _classes, load, save
from ecgclf.preprocessing import BandpassFilter, RRFeatures
from small import small

RNG = np.random.default_rng(0)
TABLE = RNG.normal(size=(60, 5))
LABELS = np.array(["a", "b", "c"])[np.arange(60) % 3]
PAIR = [("one", LogisticRegression(C=0.5)), ("two", GaussianNB())]
ESTIMATORS = [
    CalibratedClassifierCV(GaussianNB(), method="isotonic", ensemble=False),
    CalibratedClassifierCV(LogisticRegression(), method="sigmoid", cv=3),
    CalibratedClassifierCV(LogisticRegression(), method="temperature", cv=3),
    ColumnTransformer([("a", StandardScaler(), [0, 1]), ("b", "passthrough", slice(2, 4))]),
    DummyClassifier(),
    FrozenEstimator(LogisticRegression().fit(TABLE, LABELS)),
    FunctionTransformer(),
    GaussianNB(),
    KBinsDiscretizer(strategy="uniform"),
    LinearDiscriminantAnalysis(),
    LinearSVC(),
    LogisticRegression(random_state=0),
    DecisionTreeClassifier(max_leaf_nodes=7, random_state=0),
    ExtraTreeClassifier(ccp_alpha=0.01, random_state=0),
    ExtraTreesClassifier(3, random_state=0),
    RandomForestClassifier(3, random_state=0),
    GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0], "fit_intercept": [True, False]}, cv=2),
    GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, scoring="f1_macro", cv=StratifiedKFold(2)),
    GridSearchCV(LogisticRegression(), {"C": [1.0]}, scoring=["accuracy", "roc_auc_ovr"], refit="accuracy", cv=2),
    RandomizedSearchCV(RandomForestClassifier(2), {"max_depth": [1, None, 2]}, n_iter=2, cv=2, random_state=0),
    MaxAbsScaler(),
    MinMaxScaler(),
    NearestCentroid(),
    Normalizer(),
    OneHotEncoder(handle_unknown="ignore"),
    OrdinalEncoder(),
    PCA(3),
    PolynomialFeatures(),
    PowerTransformer(),
    QuadraticDiscriminantAnalysis(reg_param=0.1),
    QuantileTransformer(n_quantiles=10),
    RidgeClassifier(),
    RobustScaler(),
    SelectKBest(f_classif, k=2),
    SelectKBest(mutual_info_classif, k=2),
    SimpleImputer(),
    StackingClassifier(PAIR, cv=2),
    StandardScaler().set_output(transform="default"),
    TruncatedSVD(2),
    VarianceThreshold(),
    VotingClassifier(PAIR, voting="soft"),
    make_pipeline(StandardScaler(), make_union(PCA(2), "passthrough"), LogisticRegression()),
]
# What takes other data.
REGRESSORS = [LinearRegression(), Ridge(), IsotonicRegression(out_of_bounds="clip")]
ENCODERS = [LabelBinarizer(), LabelEncoder()]
BINARY = [FixedThresholdClassifier(LogisticRegression(), threshold=0.3)]
# What a classifier holds to split by.
SPLITTERS = [
    KFold(3),
    StratifiedKFold(3, shuffle=True, random_state=1),
    GroupKFold(3),
    StratifiedGroupKFold(3, shuffle=True, random_state=1),
    GroupShuffleSplit(2, test_size=0.3, random_state=1),
    ShuffleSplit(2, test_size=0.3, random_state=1),
    StratifiedShuffleSplit(2, test_size=0.3, random_state=1),
    LeaveOneGroupOut(),
]


def answer(estimator, X):
    """What an estimator says of `X`."""
    names = ("predict_proba", "decision_function", "predict", "transform")
    given = getattr(estimator, next(name for name in names if hasattr(estimator, name)))(X)
    return given.toarray() if hasattr(given, "toarray") else given


def check(fitted, X, path):
    """Save, load, compare."""
    save(fitted, path)
    again = load(path)
    assert repr(again) == repr(fitted)
    assert vars(again).keys() == vars(fitted).keys()
    np.testing.assert_array_equal(answer(again, X), answer(fitted, X))
    return again


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_an_estimator_comes_back(estimator, tmp_path):
    check(estimator.fit(TABLE, LABELS), TABLE, tmp_path / "file")


def test_regressors_encoders_and_thresholds_come_back(tmp_path):
    for regressor in REGRESSORS:
        X = TABLE[:, :1]
        check(regressor.fit(X, TABLE[:, 1]), X, tmp_path / "file")
    for encoder in ENCODERS:
        check(encoder.fit(LABELS), LABELS, tmp_path / "file")
    for classifier in BINARY:
        check(classifier.fit(TABLE, LABELS == "a"), TABLE, tmp_path / "file")


@pytest.mark.parametrize("splitter", SPLITTERS, ids=lambda splitter: type(splitter).__name__)
def test_a_splitter_comes_back(splitter, tmp_path):
    save(TunedDecisionClassifierCV(LogisticRegression(), cv=splitter), tmp_path / "file")
    again = load(tmp_path / "file").cv
    groups = np.arange(len(TABLE)) % 7 if "Group" in type(splitter).__name__ else None
    for ours, theirs in zip(splitter.split(TABLE, LABELS, groups), again.split(TABLE, LABELS, groups), strict=True):
        np.testing.assert_array_equal(ours[1], theirs[1])


def test_every_class_on_the_list_is_tested_here():
    tested = {type(splitter).__name__ for splitter in SPLITTERS}

    def visit(value):
        if isinstance(value, list | tuple):
            for item in value:
                visit(item)
        elif hasattr(value, "get_params"):
            tested.add(type(value).__name__)
            visit(list(value.get_params().values()))

    visit([ESTIMATORS, REGRESSORS, ENCODERS, BINARY])
    listed = {name.rpartition(".")[2] for name in _classes.OBJECTS if name.startswith("sklearn.")}
    assert {name for name in listed if not name.startswith("_")} == tested


def test_calibrated_and_voting_classifiers_hold_ours(tmp_path):
    X, y = make_recordings(24, duration=(2.0, 3.0), random_state=0, return_X_y=True)
    ours = small("LSTMClassifier", max_epochs=1)
    calibrated = CalibratedClassifierCV(
        make_pipeline(BandpassFilter(sampling_rate=300.0), ours), cv=2, method="sigmoid"
    )
    voting = VotingClassifier([("a", ours), ("b", small("CRNNClassifier", max_epochs=1))], voting="soft")
    for ensemble in (calibrated, voting):
        ensemble.fit(X, y)
        again = check(ensemble, X, tmp_path / "file")
    # Members that are in two attributes stay one object.
    assert again.named_estimators_.a is again.estimators_[0]


def test_features_of_rhythm_and_a_classifier_come_back(tmp_path):
    X, y = make_recordings(24, duration=(4.0, 6.0), random_state=0, return_X_y=True)
    pipeline = make_pipeline(RRFeatures(300), StandardScaler(), LogisticRegression(class_weight={"A": 2.0}))
    check(pipeline.fit(X, y), X, tmp_path / "file")


# In numpy 2.0 compiled functions do not say where they are from.
_named = pytest.mark.skipif(not hasattr(np.abs, "__qualname__"), reason="this numpy's compiled functions have no name")


@pytest.mark.parametrize("function", [np.nan_to_num, pytest.param(np.abs, marks=_named)])
def test_a_function_is_stored_by_name_and_given_by_whoever_loads(function, tmp_path):
    path = tmp_path / "file"
    save(make_pipeline(FunctionTransformer(function)), path)
    with pytest.raises(ValueError, match=rf"names 'numpy\.{function.__name__}'"):
        load(path)
    with pytest.raises(ValueError, match=rf"names 'numpy\.{function.__name__}'"):
        load(path, trusted=[np.clip])
    assert load(path, trusted=[function])[0].func is function


@pytest.mark.parametrize(
    ("estimator", "named"),
    [
        (GradientBoostingClassifier(n_estimators=1), "GradientBoostingClassifier"),
        (HistGradientBoostingClassifier(max_iter=1), "HistGradientBoostingClassifier"),
        (SVC(), "SVC"),
        (KNeighborsClassifier(), "KNeighborsClassifier"),
        (GridSearchCV(LogisticRegression(), {"C": expon()}), r"param_grid\['C'\]"),
        (FunctionTransformer(lambda x: x), r"func is \S*lambda"),
        (LogisticRegression(class_weight={"a": object()}), r"class_weight\['a'\] is a builtins\.object"),
    ],
)
def test_what_cannot_be_stored_is_named(estimator, named, tmp_path):
    with pytest.raises(ValueError, match=f"{named}.*cannot be stored without pickle"):
        save(make_pipeline(StandardScaler(), estimator), tmp_path / "file")
    assert not (tmp_path / "file").exists()
