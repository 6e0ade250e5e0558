"""
Spreading fits over machines with Dask
======================================

A search over two parameters in three folds is a dozen fits, none of which needs another. scikit-learn hands them to
joblib, and joblib hands them to the backend that it is told of: threads, processes, or a cluster of
`Dask <https://distributed.dask.org>`_, which may be many machines. Estimators of ecgclf need nothing for that. We run
a search as it is and on a cluster, and check that the results are the same to the last bit.
"""

# %%
# A search, one fit after the other
# ---------------------------------
# Four settings in three folds are twelve fits, and a thirteenth of the best one on all recordings. The recordings are
# synthetic and short and the networks small, so that this page is made in time.

import tempfile
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
import numpy as np
from dask.distributed import Client, get_task_stream
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

from ecgclf.classifiers import ResNetClassifier
from ecgclf.datasets import make_recordings
from ecgclf.metrics import cinc2017_scorer

X, y = make_recordings(
    90,
    sampling_rate=100.0,
    duration=(6, 10),
    noise=0.2,
    random_state=0,
    return_X_y=True,
)
network = ResNetClassifier(
    n_blocks=3, n_filters=8, max_epochs=4, batch_size=10, random_state=0
)
settings = {"dropout": [0.1, 0.4], "learning_rate": [0.01, 0.03]}
search = GridSearchCV(network, settings, cv=3, scoring=cinc2017_scorer)
alone = clone(search).fit(X, y)
for setting, score in zip(
    alone.cv_results_["params"], alone.cv_results_["mean_test_score"], strict=True
):
    print(f"{score:.3f}", setting)

# %%
# The same search on a cluster
# ----------------------------
# This cluster is two workers, which are threads of this very process (``processes=False``), so that a page can hold
# it. Elsewhere only the client is another: ``Client(n_workers=8, threads_per_worker=1)`` starts processes on this
# machine, ``Client("tcp://ADDRESS:8786")`` joins a scheduler that has many. One thread for each worker is enough: a
# fit keeps a processor core busy. ``scatter`` sends the recordings to the workers once instead of with each fit.
#
# A script that starts processes needs ``if __name__ == "__main__":`` around what starts them.

client = Client(
    n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
)
with get_task_stream() as tasks, joblib.parallel_config(backend="dask", scatter=[X, y]):
    spread = clone(search).fit(X, y)

# %%
# Which worker did what? Each bar is a fit and its test; the seconds are of the machine that made this page, and
# whether two workers are faster than one there depends on whether it has a core for each.

workers = sorted({task["worker"] for task in tasks.data})
spans = [
    (workers.index(task["worker"]), part["start"], part["stop"])
    for task in tasks.data
    for part in task["startstops"]
    if part["action"] == "compute"
]
first = min(start for _, start, _ in spans)
figure, ax = plt.subplots(figsize=(6.4, 3), layout="constrained")
for worker, start, stop in spans:
    ax.barh(
        worker, stop - start, left=start - first, color=f"C{worker}", edgecolor="white"
    )
ax.set(
    xlabel="time, s",
    yticks=range(len(workers)),
    yticklabels=[f"worker {i}" for i in range(len(workers))],
)
print(len(spans), "fits on", len(workers), "workers")

# %%
# The same to the bit
# -------------------
# A fit draws from its own ``random_state`` and computes each part of a batch on one thread. So neither the other fits
# in the same process nor the number of cores can change it.

same_scores = np.array_equal(
    alone.cv_results_["mean_test_score"], spread.cv_results_["mean_test_score"]
)
same_answers = np.array_equal(alone.predict_proba(X), spread.predict_proba(X))
print("same scores:", same_scores, " same probabilities of the best:", same_answers)

scores = cross_val_score(alone.best_estimator_, X, y, cv=3, scoring=cinc2017_scorer)
with joblib.parallel_config(backend="dask", scatter=[X, y]):
    scores_spread = cross_val_score(
        alone.best_estimator_, X, y, cv=3, scoring=cinc2017_scorer
    )
print(
    "cross_val_score:",
    scores.round(3),
    " the same:",
    np.array_equal(scores, scores_spread),
)

# %%
# When a worker dies
# ------------------
# Dask gives the work of a lost worker to another, which starts the fit anew. With ``checkpoint_dir``, in a folder that
# all workers see, it goes on after the last epoch that was kept; and a fit that was finished is read instead of done
# again. So a search that was cut off is run again as it stands. Here the second run trains nothing.

folder = tempfile.TemporaryDirectory()
kept = clone(search).set_params(estimator__checkpoint_dir=folder.name)
with joblib.parallel_config(backend="dask", scatter=[X, y]):
    for run in ("first", "second"):
        fitted = clone(kept).fit(X, y)
        seconds = fitted.cv_results_["mean_fit_time"].sum() * fitted.n_splits_
        same = np.array_equal(alone.predict_proba(X), fitted.predict_proba(X))
        n_kept = len(list(Path(folder.name).iterdir()))
        print(
            f"{run} run: fits took {seconds:.1f} s, {n_kept} are kept,"
            f" same answers: {same}"
        )
folder.cleanup()
client.close()

# %%
# What we saw
# -----------
# The search and the cross-validation gave the same scores and the same probabilities with a cluster and without, to
# the last bit. The workers were threads of one process here; with two processes, tried apart from this page, it was so
# too. Between machines it holds where they have the same kind of processor and the same version of torch: with other
# instructions sums come in another order and differ in the last digit, from which a training may drift. A search
# is worth spreading when it takes many minutes and there are cores for it; this one is over in seconds.
#
# .. seealso::
#
#    In the guide:
#
#    - :doc:`/guide/scaling`
#    - :doc:`/guide/gpu`
