"""Downloads from a server of our own: resume, checksums, mirrors."""

import hashlib
import http.server
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from ecgclf.datasets import _cinc2017, _download, fetch_cinc2017
from test_datasets_cinc2017 import SIGNALS, members, write_labels, write_zip


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        site = self.server.site
        name = self.path.removeprefix("/good/")
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        site.requests.append((self.path, start))
        if not self.path.startswith("/good/") or name not in site.files:
            self.send_error(404)
            return
        content = site.files[name]
        if start and start >= len(content):
            self.send_error(416)
            return
        if not site.ranges:
            start = 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if name in site.cuts:
            # The connection breaks in the middle, once for each cut.
            content = content[: start + site.cuts[name].pop(0)]
            if not site.cuts[name]:
                del site.cuts[name]
        self.wfile.write(content[start:])

    def log_message(self, *args):
        pass


class Site:
    def __init__(self):
        self.files, self.cuts, self.requests, self.ranges = {}, {}, [], True

    def add(self, name, content):
        self.files[name] = content
        sums = self.files.get("SHA256SUMS.txt", b"")
        line = f"{hashlib.sha256(content).hexdigest()} {name}\n"
        self.files["SHA256SUMS.txt"] = sums + line.encode()

    def starts(self, name):
        return [start for path, start in self.requests if path == f"/good/{name}"]


@contextmanager
def serve(site):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.site = site
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_address[1]}/"
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def site(tmp_path, monkeypatch):
    site = Site()
    source = tmp_path / "source"
    write_labels(source)
    write_zip(source, members())
    for file in sorted(source.iterdir()):
        site.add(file.name, file.read_bytes())
    with serve(site):
        monkeypatch.setattr(_cinc2017, "BASE_URLS", (site.url + "good/",))
        monkeypatch.setattr(_download, "SECONDS_BETWEEN_ATTEMPTS", 0)
        monkeypatch.setenv("ECGCLF_DATA", str(tmp_path / "user-cache"))
        yield site


def test_download_then_no_more_requests(site, tmp_path, capsys):
    cinc = fetch_cinc2017(tmp_path / "home")
    assert cinc.record_names == list(SIGNALS)
    assert "training2017.zip" in capsys.readouterr().err
    folder = tmp_path / "home" / "cinc2017"
    assert not list(folder.glob("*.part"))
    n_requests = len(site.requests)
    fetch_cinc2017(tmp_path / "home")
    assert len(site.requests) == n_requests


def test_broken_connection_is_resumed_within_the_call(site, tmp_path):
    site.cuts["training2017.zip"] = [100, 50]
    assert len(fetch_cinc2017(tmp_path).data) == 3
    assert site.starts("training2017.zip") == [0, 100, 150]


def test_broken_download_is_resumed_by_a_later_call(site, tmp_path):
    site.cuts["training2017.zip"] = [100, 10, 10]
    with pytest.raises(OSError, match=r"training2017\.zip could not be downloaded.*120 of \d+ bytes"):
        fetch_cinc2017(tmp_path)
    assert not (tmp_path / "cinc2017" / "training2017.zip").exists()
    assert len(fetch_cinc2017(tmp_path).data) == 3
    assert site.starts("training2017.zip")[-1] == 120


def test_server_without_ranges_starts_over(site, tmp_path):
    site.ranges = False
    site.cuts["training2017.zip"] = [100]
    assert len(fetch_cinc2017(tmp_path).data) == 3


@pytest.mark.parametrize("left", [b"another version", b"\0" * 100_000])
def test_part_of_another_version_is_discarded(site, tmp_path, left):
    (tmp_path / "cinc2017").mkdir()
    (tmp_path / "cinc2017" / "training2017.zip.part").write_bytes(left)
    assert len(fetch_cinc2017(tmp_path).data) == 3
    assert site.starts("training2017.zip") == [len(left), 0]


def test_complete_part_is_only_checked(site, tmp_path):
    (tmp_path / "cinc2017").mkdir()
    (tmp_path / "cinc2017" / "training2017.zip.part").write_bytes(site.files["training2017.zip"])
    assert len(fetch_cinc2017(tmp_path).data) == 3
    assert site.starts("training2017.zip") == [len(site.files["training2017.zip"])]


def test_wrong_checksum_is_refused_and_nothing_left(site, tmp_path):
    site.files["training2017.zip"] += b"x"
    with pytest.raises(OSError, match=r"has the SHA256 [0-9a-f]{64}, expected [0-9a-f]{64}"):
        fetch_cinc2017(tmp_path)
    assert list((tmp_path / "cinc2017").iterdir()) == []


def test_file_without_checksum_is_refused(site, tmp_path):
    site.files["SHA256SUMS.txt"] = b"not a list\n"
    with pytest.raises(OSError, match=r"SHA256SUMS\.txt does not list training2017\.zip"):
        fetch_cinc2017(tmp_path)


def test_mirror_is_asked_when_the_first_fails(site, tmp_path, monkeypatch):
    monkeypatch.setattr(_cinc2017, "BASE_URLS", (site.url + "absent/", site.url + "good/"))
    assert len(fetch_cinc2017(tmp_path).data) == 3
    assert site.requests[0][0] == "/absent/SHA256SUMS.txt"


def test_all_failing_names_every_address(site, tmp_path, monkeypatch):
    monkeypatch.setattr(_cinc2017, "BASE_URLS", (site.url + "absent/", "http://127.0.0.1:9/"))
    with pytest.raises(OSError, match=r"absent/: HTTP Error 404.*127\.0\.0\.1:9/"):
        fetch_cinc2017(tmp_path)


def test_endless_answers_are_cut_off(site, tmp_path, monkeypatch):
    monkeypatch.setattr(_download, "MAX_BYTES", 10)
    with pytest.raises(OSError, match="far more than expected"):
        fetch_cinc2017(tmp_path)


def test_nothing_is_asked_without_leave(site, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"training2017\.zip.*download_if_missing=True"):
        fetch_cinc2017(tmp_path, download_if_missing=False)
    assert site.requests == []
    assert list(tmp_path.glob("cinc2017")) == []


def test_read_only_folder_is_respected(site, tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o555)
    with pytest.raises(PermissionError, match="home is read-only"):
        fetch_cinc2017(home)
    assert list(home.iterdir()) == []


def test_broken_list_of_checksums_is_asked_for_again(site, tmp_path):
    site.cuts["SHA256SUMS.txt"] = [70]
    assert fetch_cinc2017(tmp_path / "home").target.shape == (len(SIGNALS),)
    assert len(site.starts("SHA256SUMS.txt")) > 1


def test_what_is_no_answer_leads_to_the_mirror(site, tmp_path, monkeypatch):
    class Strange(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", "http://[bad")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Strange)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        strange = f"http://127.0.0.1:{server.server_address[1]}/"
        monkeypatch.setattr(_cinc2017, "BASE_URLS", (strange, site.url + "good/"))
        assert len(fetch_cinc2017(tmp_path / "home").data) == len(SIGNALS)
    finally:
        server.shutdown()
        server.server_close()


def test_downloads_at_the_same_time_do_not_disturb_one_another(site, tmp_path):
    site.add("f.bin", bytes(range(256)) * 20_000)
    with ThreadPoolExecutor(4) as pool:
        tasks = [pool.submit(_download.download, "f.bin", tmp_path, [site.url + "good/"]) for _ in range(4)]
        for task in tasks:
            assert task.result().read_bytes() == site.files["f.bin"]
    assert site.starts("f.bin") == [0]
