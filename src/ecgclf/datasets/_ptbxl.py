"""PTB-XL: twelve leads of 18,869 patients, with statements that become several labels for each."""

from pathlib import Path

from sklearn.utils import Bunch

from ecgclf._numbers import is_finite
from ecgclf._parameters import check_choice
from ecgclf._words import some
from ecgclf.datasets._cache import user_folder
from ecgclf.datasets._diagnoses import diagnoses_to_indicator
from ecgclf.datasets._download import download, download_all
from ecgclf.datasets._ptbxl_records import read_records
from ecgclf.datasets._ptbxl_tables import DATABASE, STATEMENTS, read_database, read_statements, record_path

BASE_URLS = (
    "https://physionet.org/files/ptb-xl/1.0.3/",
    "https://physionet-open.s3.amazonaws.com/ptb-xl/1.0.3/",
)
_RATES = (100, 500)
_STATEMENTS = ("superclass", "subclass", "all")


def read_ptbxl(folder, *, sampling_rate=100, statements="superclass", folds=None, return_X_y=False):
    """Read the recordings and labels of a folder of PTB-XL.

    21,799 recordings of 10 seconds and twelve leads of 18,869 patients [1]_, each with statements by cardiologists,
    which are several labels for each recording. Nothing is downloaded.

    Parameters
    ----------
    folder : path-like
        The folder with ``ptbxl_database.csv``, ``scp_statements.csv`` and the folder ``records100`` or ``records500``,
        as PhysioNet has it.
    sampling_rate : {100, 500}, default=100
        Which of the two sets of files to read, in Hz. All recordings take 1 GB of memory at 100 Hz, 5 GB at 500 Hz.
    statements : {"superclass", "subclass", "all"}, default="superclass"
        The labels: the 5 superclasses of the diagnoses (NORM, MI, STTC, CD, HYP), their 23 subclasses, or each of the
        71 statements. See the Notes.
    folds : sequence of int, default=None
        The `strat_fold` of the recordings to read, from 1 to 10; None reads all.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` only.

    Returns
    -------
    ptbxl : :class:`~sklearn.utils.Bunch`
        data : ndarray of shape (n_recordings, 12, n_timepoints) and dtype float32
            In mV.
        target : pandas.DataFrame of shape (n_recordings, n_labels)
            1 where a recording has a label, else 0; a recording may have none. The columns are the labels, sorted, and
            the same in all folds; the index is the `ecg_id`.
        target_names : list of str
            The labels.
        groups : ndarray of int of shape (n_recordings,)
            The patients. Recordings of one belong on one side of a split.
        strat_fold : ndarray of int of shape (n_recordings,)
            The fold that PTB-XL recommends, 1 to 10, all recordings of a patient in one. Most authors train on 1 to 8,
            choose by 9 and test on 10.
        metadata : pandas.DataFrame
            All columns of ``ptbxl_database.csv``, with `scp_codes` as dicts of statement and likelihood in percent. An
            age of 300 stands for 90 years or more; sex is 0 for male, 1 for female.
        record_names : list of str
            "00001_lr" and so on.
        lead_names : list of str
            The leads, as the headers call them.
        sampling_rate : float
            In Hz.
        DESCR : str
            What was read, and whom to cite.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    ValueError
        If a table or a record is damaged, or the two tables do not go together. The message names file and recording.
    OSError
        If a file is missing. All files are looked for before any record is read.

    See Also
    --------
    fetch_ptbxl : Download it first.
    ecgclf.metrics.label_report : How good a classifier of several labels is.

    Notes
    -----
    A recording has a superclass or subclass if any of its diagnostic statements belongs to that, whatever its
    likelihood, 0 included, as in the example that comes with PTB-XL and in the benchmark [2]_. Statements on form and
    rhythm are no diagnoses.

    References
    ----------
    .. [1] Wagner P et al. (2020). PTB-XL, a large publicly available electrocardiography dataset. Scientific Data 7,
           154. https://doi.org/10.1038/s41597-020-0495-6
    .. [2] Strodthoff N et al. (2021). Deep Learning for ECG Analysis: Benchmarks and Insights from PTB-XL. IEEE
           Journal of Biomedical and Health Informatics 25(5), 1519-1528. https://doi.org/10.1109/JBHI.2020.3022989

    Examples
    --------
    >>> from ecgclf.datasets import read_ptbxl
    >>> read_ptbxl("/nowhere")
    Traceback (most recent call last):
        ...
    FileNotFoundError: /nowhere has no ptbxl_database.csv. ...
    """
    folds = _check_options(sampling_rate, statements, folds)
    folder = Path(folder)
    for name in (DATABASE, STATEMENTS):
        if not (folder / name).is_file():
            raise FileNotFoundError(f"{folder} has no {name}. Give the folder of PTB-XL as PhysioNet has it.")
    metadata = _chosen(folder, folds)
    label_of = read_statements(folder / STATEMENTS, statements)
    unknown = {code: ecg_id for ecg_id, codes in metadata.scp_codes.items() for code in codes if code not in label_of}
    if unknown:
        code, ecg_id = next(iter(unknown.items()))
        raise ValueError(
            f"{folder / DATABASE} has {len(unknown)} statements that {STATEMENTS} does not explain "
            f"({some(list(unknown))}; {code} in the recording {ecg_id}). Take both from the same release of PTB-XL."
        )
    target = diagnoses_to_indicator(metadata.scp_codes, label_of)
    names = [record_path(ecg_id, sampling_rate) for ecg_id in metadata.index.tolist()]
    data, lead_names = read_records(folder, names, sampling_rate)
    if return_X_y:
        return data, target
    counts = ", ".join(f"{label}: {count}" for label, count in target.sum().nlargest(10).items())
    return Bunch(
        data=data,
        target=target,
        target_names=target.columns.tolist(),
        groups=metadata.patient_id.to_numpy(),
        strat_fold=metadata.strat_fold.to_numpy(),
        metadata=metadata,
        record_names=[Path(name).name for name in names],
        lead_names=lead_names,
        sampling_rate=float(sampling_rate),
        DESCR=f"""\
PTB-XL: {len(data)} recordings of {metadata.patient_id.nunique()} patients
{len(lead_names)} leads, {sampling_rate} Hz, values in mV.
{target.shape[1]} labels, statements={statements!r} (most frequent: {counts}).
Licence: Creative Commons Attribution 4.0 (CC BY 4.0). Cite the data (https://doi.org/10.13026/kfzx-aw45),
Wagner et al. 2020 (https://doi.org/10.1038/s41597-020-0495-6) and PhysioNet, Goldberger et al. 2000
(https://doi.org/10.1161/01.CIR.101.23.e215).""",
    )


def fetch_ptbxl(
    data_home=None,
    *,
    sampling_rate=100,
    statements="superclass",
    folds=None,
    download_if_missing=True,
    return_X_y=False,
):
    """Load PTB-XL, downloading what is missing of it.

    Parameters
    ----------
    data_home : path-like, default=None
        The folder that has, or shall have, PTB-XL: directly if ``ptbxl_database.csv`` lies in it, else in a folder
        ``ptb-xl`` within. By default the user's cache folder, as for :func:`fetch_cinc2017`.
    sampling_rate : {100, 500}, default=100
        Which of the two sets of files to read, in Hz. Only those are downloaded: about 0.6 GB at 100 Hz, 2.7 GB at
        500 Hz.
    statements : {"superclass", "subclass", "all"}, default="superclass"
        The labels, as for :func:`read_ptbxl`.
    folds : sequence of int, default=None
        The folds to read, as for :func:`read_ptbxl`. Only their records are downloaded.
    download_if_missing : bool, default=True
        Whether to download what is not found; otherwise that is an OSError.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` only.

    Returns
    -------
    ptbxl : :class:`~sklearn.utils.Bunch`
        As :func:`read_ptbxl` gives it.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    ValueError
        If what is found is damaged; as for :func:`read_ptbxl`.
    OSError
        If the data are neither there nor to be downloaded.

    See Also
    --------
    read_ptbxl : Read a folder, and nothing else.

    Notes
    -----
    PhysioNet has each record in two files, 43,598 in all for each sampling rate. They are downloaded eight at a time,
    and checked against PhysioNet's ``SHA256SUMS.txt`` as they arrive; a call that was interrupted goes on where it
    stopped. Files that are there are not looked at again: delete one that is damaged, and it is fetched anew.

    Examples
    --------
    Without the data, and without leave to download them:

    >>> from ecgclf.datasets import fetch_ptbxl
    >>> fetch_ptbxl("/nowhere", download_if_missing=False)
    Traceback (most recent call last):
        ...
    FileNotFoundError: ptbxl_database.csv is neither in /nowhere nor in /nowhere/ptb-xl. ...
    """
    chosen = _check_options(sampling_rate, statements, folds)
    options = {"sampling_rate": sampling_rate, "statements": statements, "folds": chosen}
    home = user_folder() if data_home is None else Path(data_home)
    folder = home if (home / DATABASE).is_file() else home / "ptb-xl"
    if not download_if_missing and not (folder / DATABASE).is_file():
        raise FileNotFoundError(
            f"{DATABASE} is neither in {home} nor in {folder}. Pass download_if_missing=True, or put PTB-XL there "
            f"from {BASE_URLS[0]}."
        )
    if download_if_missing:
        for name in (DATABASE, STATEMENTS):
            if not (folder / name).is_file():
                download(name, folder, BASE_URLS)
        names = [record_path(ecg_id, sampling_rate) for ecg_id in _chosen(folder, chosen).index.tolist()]
        files = [f"{name}{suffix}" for name in names for suffix in (".hea", ".dat")]
        absent = [file for file in files if not (folder / file).is_file()]
        if absent:
            download_all(absent, folder, BASE_URLS)
    return read_ptbxl(folder, **options, return_X_y=return_X_y)


def _check_options(sampling_rate, statements, folds):
    if not is_finite(sampling_rate) or sampling_rate not in _RATES:
        raise ValueError(
            f"sampling_rate={sampling_rate!r}; PTB-XL has its recordings at 100 and at 500 Hz. Bring them to another "
            "rate by ecgclf.preprocessing.Resampler."
        )
    check_choice("statements", statements, _STATEMENTS)
    if folds is None:
        return None
    numbers = list(folds) if hasattr(folds, "__iter__") and not isinstance(folds, str) else []
    if not numbers or not all(is_finite(fold) and fold in range(1, 11) for fold in numbers):
        raise ValueError(f"folds={folds!r:.60}; expected numbers from 1 to 10, such as range(1, 9).")
    return numbers


def _chosen(folder, folds):
    metadata = read_database(folder / DATABASE)
    if folds is None:
        return metadata
    chosen = metadata[metadata.strat_fold.isin(folds)]
    if not len(chosen):
        raise ValueError(f"{folder / DATABASE} has no recordings of the folds {', '.join(map(str, folds))}.")
    return chosen
