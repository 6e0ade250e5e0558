"""ecgclf fetch."""


def run(dataset, out):
    """Fetch a data set; give the exit code."""
    from ecgclf import datasets

    print(getattr(datasets, f"fetch_{dataset}")(out).DESCR)
    return 0
