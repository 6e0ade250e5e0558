"""ecgclf train."""

import shutil
import sys
import warnings

from ecgclf.cli._files import check_writable
from ecgclf.cli._labelled import read_labelled


def run(data, labels, network, out, lead, missing, epochs, seed):
    """Train a classifier; give the exit code."""
    check_writable(out, (".ecgclf",))
    found = read_labelled(data, labels, lead, missing)
    from sklearn.pipeline import Pipeline

    from ecgclf import classifiers
    from ecgclf.persistence import save
    from ecgclf.preprocessing import Resampler

    cls = {name.lower(): getattr(classifiers, name) for name in classifiers.__all__}[f"{network}classifier"]
    # Between epochs all there is lies here, until the model is written.
    kept = out.with_name(f"{out.name}.unfinished")
    classifier = cls(random_state=seed, verbose=1, checkpoint_dir=str(kept))
    if epochs is not None:
        classifier.set_params(max_epochs=epochs)
    counts = {str(label): int((found.target == label).sum()) for label in sorted(set(found.target.tolist()))}
    named = ", ".join(f"{label} {count}" for label, count in counts.items())
    print(f"Training {cls.__name__} on {len(found.data)} recordings ({named}) ...", file=sys.stderr)
    # It passes recordings on as they are, and holds the rate for whoever uses the file.
    resampler = Resampler(found.sampling_rate, sampling_rate=found.sampling_rate)
    pipeline = Pipeline([("resample", resampler), ("classify", classifier)])
    try:
        with warnings.catch_warnings():
            pipeline.fit(found.data, found.target)
    except KeyboardInterrupt:
        print(f"\necgclf: the same command goes on from the last whole epoch, kept in {kept}", file=sys.stderr)
        raise
    classifier.set_params(checkpoint_dir=None, verbose=0)
    if lead is not None or len(found.lead_names) > 1:
        # Records to be answered may have others, and in another order. One that was all there was may have any name.
        pipeline.lead_names_ = list(found.lead_names)
    save(pipeline, out)
    shutil.rmtree(kept)
    print(f"{out}: {cls.__name__}, {found.sampling_rate:g} Hz, labels {', '.join(counts)}")
    print("Measure it on others: ecgclf evaluate --data DIR --labels CSV --model " + str(out), file=sys.stderr)
    return 0
