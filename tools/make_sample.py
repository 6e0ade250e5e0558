"""Choose and pack the recordings that ship with the package.

Run from a checkout, with the folder that holds PhysioNet's ``training2017.zip`` and ``REFERENCE-v3.csv``::

    python tools/make_sample.py FOLDER

The same folder gives the same files, byte for byte. The shipped sample was drawn from 7,028 of the 8,528 recordings;
drawn from the full set it would be another one, so `--keep` packs the recordings that
``src/ecgclf/datasets/data/REFERENCE.csv`` names already.
"""

import argparse
import csv
import zipfile
from pathlib import Path

import numpy as np

N_RECORDINGS = {"N": 70, "A": 50, "O": 55, "~": 25}
SEED = 2017
# The same signal twice: with one of the two here, the other would betray it in somebody's training set.
LEFT_OUT = {"A02656", "A03123"}
TARGET = Path(__file__).resolve().parents[1] / "src" / "ecgclf" / "datasets" / "data"
MAX_BYTES = 3_000_000


def choose(label_of):
    """Draw the names of the sample, seeded, a fixed number a class."""
    rng = np.random.default_rng(SEED)
    chosen = []
    for label, n_recordings in N_RECORDINGS.items():
        names = sorted(n for n, its in label_of.items() if its == label and n not in LEFT_OUT)
        chosen += rng.choice(names, n_recordings, replace=False).tolist()
    return sorted(chosen)


def pack(source, names, target):
    """Copy the records of these names from one zip file to another, byte for byte."""
    with (
        zipfile.ZipFile(source) as full,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as sample,
    ):
        for name in names:
            for suffix in (".hea", ".mat"):
                # A fixed date, the default of ZipInfo, keeps the archive reproducible.
                info = zipfile.ZipInfo(f"training2017/{name}{suffix}")
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                sample.writestr(info, full.read(info.filename), compresslevel=9)


def main():
    """Read the arguments, write the archive and its labels."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="has training2017.zip and REFERENCE-v3.csv")
    parser.add_argument("--target", type=Path, default=TARGET, help="where to write")
    parser.add_argument("--keep", action="store_true", help="pack the recordings already chosen")
    arguments = parser.parse_args()
    with open(arguments.folder / "REFERENCE-v3.csv", newline="", encoding="ascii") as file:
        label_of = dict(csv.reader(file))
    if arguments.keep:
        with open(TARGET / "REFERENCE.csv", newline="", encoding="ascii") as file:
            names = sorted(dict(csv.reader(file)))
    else:
        names = choose(label_of)
    archive = arguments.target / "cinc2017_sample.zip"
    pack(arguments.folder / "training2017.zip", names, archive)
    lines = "".join(f"{name},{label_of[name]}\n" for name in names)
    (arguments.target / "REFERENCE.csv").write_text(lines, encoding="ascii")
    size = archive.stat().st_size
    print(f"{len(names)} recordings, {size} bytes: {archive}")
    if size > MAX_BYTES:
        raise SystemExit(f"The archive is larger than {MAX_BYTES} bytes.")


if __name__ == "__main__":
    main()
