"""From a folder of the layout of PTB-XL to a table of scores, in the fifteen lines that a user writes."""

import pytest

from ecgclf.classifiers import CRNNClassifier, ResNetClassifier
from ecgclf.datasets import read_ptbxl
from ecgclf.metrics import label_report
from ptbxl import write_folder
from small import NETWORKS


@pytest.mark.filterwarnings("ignore:The labels .* are neither in y_true nor predicted")
def test_fifteen_lines(tmp_path):
    folder = write_folder(tmp_path / "ptb-xl", ids=range(1, 61))
    reports = {}

    train = read_ptbxl(folder, folds=range(1, 9))
    choose = read_ptbxl(folder, folds=[9])
    test = read_ptbxl(folder, folds=[10])
    for cls in (ResNetClassifier, CRNNClassifier):
        classifier = cls(max_epochs=2, random_state=0, **NETWORKS[cls.__name__])
        classifier.fit(train.data, train.target, groups=train.groups, X_val=choose.data, y_val=choose.target)
        probabilities = classifier.predict_proba(test.data)
        reports[cls.__name__] = label_report(test.target, probabilities, test.target_names, n_resamples=100)
    for name, report in reports.items():
        print(f"{name}: {report.macro_auroc}")

    assert classifier.classes_.tolist() == list(test.target_names)
    assert set(test.target_names) == {"NORM", "MI", "STTC", "CD", "HYP"}
    assert len(train.data) + len(choose.data) + len(test.data) == 60
    for report in reports.values():
        assert 0 <= report.macro_auroc.low <= report.macro_auroc.value <= report.macro_auroc.high <= 1
        assert report.n_recordings == len(test.data)


def test_leads_that_the_classifier_does_not_know_are_refused(tmp_path):
    found = read_ptbxl(write_folder(tmp_path / "ptb-xl", ids=range(1, 21)))
    classifier = ResNetClassifier(max_epochs=1, random_state=0, **NETWORKS["ResNetClassifier"])
    classifier.fit(found.data, found.target)
    with pytest.raises(ValueError, match="1 lead.*12"):
        classifier.predict_proba(found.data[:, :1])
    with pytest.raises(ValueError, match="classes"):
        classifier.set_params(warm_start=True).fit(found.data, found.target.iloc[:, :3])
