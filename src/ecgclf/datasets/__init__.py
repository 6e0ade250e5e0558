"""Readers of ECG recordings and labelled collections of them."""

from ecgclf.datasets._annotations import read_annotations, windows_with_rhythm
from ecgclf.datasets._cinc2017 import fetch_cinc2017
from ecgclf.datasets._diagnoses import diagnoses_to_indicator, load_cinc2021_diagnoses
from ecgclf.datasets._ecgdatakit import read_with_ecgdatakit
from ecgclf.datasets._pickle import load_challenge2017_pickle
from ecgclf.datasets._ptbxl import fetch_ptbxl, read_ptbxl
from ecgclf.datasets._sample import load_cinc2017_sample
from ecgclf.datasets._synthetic import make_recordings
from ecgclf.datasets._wfdb import read_recordings
from ecgclf.datasets._wfdb_find import find_records

__all__ = [
    "diagnoses_to_indicator",
    "fetch_cinc2017",
    "fetch_ptbxl",
    "find_records",
    "load_challenge2017_pickle",
    "load_cinc2017_sample",
    "load_cinc2021_diagnoses",
    "make_recordings",
    "read_annotations",
    "read_ptbxl",
    "read_recordings",
    "read_with_ecgdatakit",
    "windows_with_rhythm",
]
