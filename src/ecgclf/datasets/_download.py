"""Downloads with resume, progress bar, mirrors and checksum."""

import hashlib
import http.client
import os
import re
import time
import urllib.error
import urllib.request
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path

from tqdm.auto import tqdm

try:
    import fcntl
except ImportError:
    # Windows has none.
    fcntl = None

TIMEOUT = 60
ATTEMPTS = 3
SECONDS_BETWEEN_ATTEMPTS = 1.0
MAX_BYTES = 1 << 30
# PTB-XL lists 87,000 files in 9 MB.
MAX_SUMS_BYTES = 32 << 20
AT_A_TIME = 8

_CHUNK = 1 << 18
# The last is what a number or an address that is none makes of an answer's header.
_BROKEN = (OSError, http.client.HTTPException, ValueError)


def download(file_name, folder, base_urls):
    """Download a file that is listed in the ``SHA256SUMS.txt`` beside it.

    What arrives before a connection breaks is kept as ``<file_name>.part`` and continued from there, in this call
    or a later one. The file gets its name only when its checksum is right.

    Parameters
    ----------
    file_name : str
        The name of the file.
    folder : pathlib.Path
        Where to put it; made if need be.
    base_urls : sequence of str
        The folders on the network that have it, the one to try first first, each ending in ``/``.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    OSError
        If no address gave the file, or what it gave has another checksum.
    """
    folder = Path(folder)
    make_folder(folder)
    reasons = []
    with _alone(folder):
        for base_url in base_urls:
            try:
                return _download_from(base_url, file_name, folder, _digests(base_url))
            except _BROKEN as error:
                reasons.append(_reason(base_url, error))
    raise OSError(
        f"{file_name} could not be downloaded to {folder} ({'; '.join(reasons)}). Try again later (what has "
        "arrived is kept and continued), or put the file there yourself."
    )


def download_all(file_names, folder, base_urls):
    """Download many files, as `download` does one, some at a time.

    Parameters
    ----------
    file_names : list of str
        Their paths below the folders on the network, which become those below `folder`.
    folder : pathlib.Path
        Where to put them; made if need be.
    base_urls : sequence of str
        The folders on the network that have them, the one to try first first, each ending in ``/``.

    Raises
    ------
    OSError
        If no address gave all of them. Those that have arrived are kept.
    """
    for parent in sorted({(folder / name).parent for name in file_names}):
        make_folder(parent)
    missing, reasons = list(file_names), []
    with _alone(folder), tqdm(total=len(missing), unit="file", desc=Path(folder).name) as bar:
        for base_url in base_urls:
            try:
                _download_all_from(base_url, missing, folder, bar)
                return
            except _BROKEN as error:
                reasons.append(_reason(base_url, error))
            missing = [name for name in missing if not (folder / name).is_file()]
    raise OSError(
        f"{len(missing)} of {len(file_names)} files could not be downloaded to {folder} ({'; '.join(reasons)}). Try "
        "again later: what has arrived is kept."
    )


def make_folder(folder):
    """Make a folder to write to, and respect one that is marked read-only.

    Parameters
    ----------
    folder : pathlib.Path
        The folder.

    Raises
    ------
    OSError
        If it cannot be made or is read-only.
    """
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not there.stat().st_mode & 0o222:
        # Root may write there all the same, but whoever took the leave from everybody meant it.
        raise PermissionError(f"{there} is read-only")
    folder.mkdir(parents=True, exist_ok=True)


@contextmanager
def _alone(folder):
    """Wait until no other process or thread downloads to a folder, on systems that can tell."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        # Not every network's file system knows locks.
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _reason(base_url, error):
    if isinstance(error, urllib.error.HTTPError):
        error.close()
    return f"{base_url}: {error}"


def _download_all_from(base_url, file_names, folder, bar):
    digests = _digests(base_url)

    def one(name):
        _download_from(base_url, name, folder, digests, show=False)
        bar.update()

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        try:
            tasks = [pool.submit(one, name) for name in file_names]
            done, _ = wait(tasks, return_when=FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            # Whatever stopped us, Ctrl-C too, stops the files that are still waiting.
            pool.shutdown(cancel_futures=True)


def _download_from(base_url, file_name, folder, digests, show=True):
    if file_name not in digests:
        raise OSError(f"SHA256SUMS.txt does not list {file_name}")
    expected = digests[file_name]
    whole = folder / file_name
    if whole.is_file() and _digest(whole) == expected:
        # Another process has brought it meanwhile.
        return whole
    part = folder / f"{file_name}.part"
    continued = part.exists()
    _fetch(base_url + file_name, part, show)
    digest = _digest(part)
    if digest != expected and continued:
        # What an earlier call left may be of another version of the file.
        part.unlink()
        _fetch(base_url + file_name, part, show)
        digest = _digest(part)
    if digest != expected:
        part.unlink()
        raise OSError(f"the file has the SHA256 {digest}, expected {expected}")
    os.replace(part, whole)
    return whole


def _digests(base_url):
    """Read which digest each file has."""
    sums = _attempt(lambda: _read_whole(base_url + "SHA256SUMS.txt")).decode("ascii", errors="replace")
    lines = (line.strip().partition(" ") for line in sums.splitlines())
    return {name.lstrip(" *"): digest.lower() for digest, _, name in lines if re.fullmatch("[0-9a-fA-F]{64}", digest)}


def _read_whole(url):
    with urllib.request.urlopen(url, timeout=TIMEOUT) as response:
        content = response.read(MAX_SUMS_BYTES)
        if response.length and len(content) < MAX_SUMS_BYTES:
            raise OSError(f"the connection broke after {len(content)} bytes of {url}")
    return content


def _fetch(url, part, show):
    """Bring `part` to completion, going on where a broken connection left it."""
    try:
        _attempt(lambda: _fetch_once(url, part, show))
    except urllib.error.HTTPError as error:
        if error.code != 416 or not part.exists():
            raise
        # Nothing is left to send: complete, or not ours. The checksum will tell.
        error.close()


def _attempt(work):
    """Do what a connection may break, some times; what a server refuses, once."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return work()
        except _BROKEN as error:
            code = getattr(error, "code", None)
            if attempt == ATTEMPTS or (code is not None and code < 500):
                raise
            if code is not None:
                error.close()
            time.sleep(SECONDS_BETWEEN_ATTEMPTS * attempt)


def _fetch_once(url, part, show):
    have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
        if response.status == 200:
            have = 0
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            raise OSError(f"{url} answered {response.status} without the part asked for")
        length = response.headers.get("Content-Length", "")
        total = have + int(length) if length.isdecimal() else None
        if total is not None and total > MAX_BYTES:
            raise OSError(f"{url} announces {total} bytes, far more than expected")
        with (
            open(part, "r+b" if have else "wb") as file,
            tqdm(total=total, initial=have, unit="B", unit_scale=True, desc=part.stem, disable=not show) as bar,
        ):
            file.seek(have)
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
                if file.tell() > MAX_BYTES:
                    raise OSError(f"{url} sent more than {MAX_BYTES} bytes")
            if total is not None and file.tell() < total:
                raise OSError(f"the connection broke after {file.tell()} of {total} bytes")
            file.truncate()


def _digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
