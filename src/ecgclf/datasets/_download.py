"""Downloads with resume, progress bar, mirrors and checksum."""

import hashlib
import http.client
import os
import re
import time
import urllib.error
import urllib.request
from pathlib import Path

from tqdm.auto import tqdm

TIMEOUT = 60
ATTEMPTS = 3
SECONDS_BETWEEN_ATTEMPTS = 1.0
MAX_BYTES = 1 << 30

_CHUNK = 1 << 18
_BROKEN = (OSError, http.client.HTTPException)


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
    for base_url in base_urls:
        try:
            return _download_from(base_url, file_name, folder)
        except _BROKEN as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            reasons.append(f"{base_url}: {error}")
    raise OSError(
        f"{file_name} could not be downloaded to {folder} ({'; '.join(reasons)}). Try again later (what has "
        "arrived is kept and continued), or put the file there yourself."
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


def _download_from(base_url, file_name, folder):
    expected = _expected_digest(base_url, file_name)
    part = folder / f"{file_name}.part"
    continued = part.exists()
    _fetch(base_url + file_name, part)
    digest = _digest(part)
    if digest != expected and continued:
        # What an earlier call left may be of another version of the file.
        part.unlink()
        _fetch(base_url + file_name, part)
        digest = _digest(part)
    if digest != expected:
        part.unlink()
        raise OSError(f"the file has the SHA256 {digest}, expected {expected}")
    os.replace(part, folder / file_name)
    return folder / file_name


def _expected_digest(base_url, file_name):
    with urllib.request.urlopen(base_url + "SHA256SUMS.txt", timeout=TIMEOUT) as response:
        sums = response.read(1 << 20).decode("ascii", errors="replace")
    for line in sums.splitlines():
        digest, _, name = line.strip().partition(" ")
        if name.lstrip(" *") == file_name and re.fullmatch("[0-9a-fA-F]{64}", digest):
            return digest.lower()
    raise OSError(f"SHA256SUMS.txt does not list {file_name}")


def _fetch(url, part):
    """Bring `part` to completion, going on where a broken connection left it."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _fetch_once(url, part)
        except _BROKEN as error:
            code = getattr(error, "code", None)
            if code == 416 and part.exists():
                # Nothing is left to send: complete, or not ours. The checksum will tell.
                error.close()
                return None
            if attempt == ATTEMPTS or (code is not None and code < 500):
                raise
            if code is not None:
                error.close()
            time.sleep(SECONDS_BETWEEN_ATTEMPTS * attempt)


def _fetch_once(url, part):
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
            tqdm(total=total, initial=have, unit="B", unit_scale=True, desc=part.stem) as bar,
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
