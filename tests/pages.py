"""For the tests of the page that predicts in the browser: building it, serving it, driving it, and records for it."""

import functools
import http.server
import importlib.util
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np

DOCS = Path(__file__).parents[1] / "docs"
_SPEC = importlib.util.spec_from_file_location("browser", DOCS / "_ext" / "browser.py")
browser = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(browser)

PATIENCE = 240_000  # ms, on a machine that others use too
# The page alone, in its theme.
CONF = f"""
import sys
sys.path.insert(0, {str(DOCS / "_ext")!r})
import browser
{{}}
extensions = ["sphinx.ext.autodoc", "browser"]
html_theme = "pydata_sphinx_theme"
html_theme_options = {{{{"navbar_persistent": [], "navbar_end": ["search-field", "theme-switcher"]}}}}
"""


def build(folder, more=""):
    """Build the page alone, warnings as errors; give the folder of the HTML."""
    source = folder / "source"
    shutil.copytree(DOCS / "browser", source / "browser", ignore=shutil.ignore_patterns("node_modules"))
    (source / "conf.py").write_text(CONF.format(more))
    (source / "index.rst").write_text("ecgclf\n======\n\n.. toctree::\n\n   browser/index\n")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", str(source), str(folder / "html")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "html"


class Server(http.server.ThreadingHTTPServer):
    """A web server that remembers what it was asked for."""

    def __init__(self, folder):
        asked = self.asked = []

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, format, *args):
                asked.append(self.path)

        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


def open_page(chromium, address, requests=None):
    """Open the page; collect the addresses that it asks for."""
    page = chromium.new_page()
    page.set_default_timeout(PATIENCE)
    if requests is not None:
        page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{address}/browser/index.html")
    return page


def answer(page):
    """Wait until the page has answered, and give the answer; or what it says where it does not answer."""
    page.wait_for_selector("#ecg-answer:not([hidden]), #ecg-problem:not([hidden])")
    problem = page.inner_text("#ecg-problem") if page.is_visible("#ecg-problem") else ""
    assert page.is_visible("#ecg-answer") == (not problem)
    if problem:
        return problem
    assert page.locator("#ecg-trace").get_attribute("d").startswith("M")
    return json.loads(page.get_attribute("#ecg-answer", "data-answer"))


def give(page, *paths):
    """Choose files."""
    page.set_input_files("#ecg-files", [str(path) for path in paths])


def fill(page, rate=None, lead=None):
    """Answer what the page asks."""
    page.wait_for_selector("#ecg-ask:not([hidden])")
    if rate is not None:
        page.fill("#ecg-rate", str(rate))
    if lead is not None:
        page.select_option("#ecg-lead", label=lead)
    page.click("#ecg-ask button")


def stored(units, form):
    """Units of the converter, of shape (n_leads, n_timepoints), in a storage format of WFDB."""
    flat = units.T.ravel().astype(np.int64)
    if form == "212":
        pairs = np.pad(flat, (0, len(flat) % 2)).reshape(-1, 2) & 0xFFF
        packed = np.stack([pairs[:, 0] & 0xFF, pairs[:, 0] >> 8 | pairs[:, 1] >> 8 << 4, pairs[:, 1] & 0xFF], axis=1)
        return packed.astype("u1").tobytes()[: -(-len(flat) * 3 // 2)]
    if form == "24":
        return flat.astype("<i4").view("u1").reshape(-1, 4)[:, :3].tobytes()
    shift = {"80": 128, "160": 32768}.get(form, 0)
    return (flat + shift).astype({"16": "<i2", "32": "<i4", "61": ">i2", "80": "u1", "160": "<u2"}[form]).tobytes()


def write_record(folder, leads, *, form="16", rate=300, gain="1000/mV", suffix=".dat", offset=0, units=None):
    """Write a record "r" of leads I, II, ...; give its files."""
    leads = np.atleast_2d(leads)
    scale = float(gain.split("/")[0].split("(")[0]) * {"mV": 1, "uV": 1000, "V": 0.001}[gain.partition("/")[2] or "mV"]
    zero = int(gain.partition("(")[2].partition(")")[0] or 0)
    units = np.round(leads * scale) + zero if units is None else np.atleast_2d(units)
    place = f"r{suffix} {form}" + (f"+{offset}" if offset else "")
    lines = [
        f"r {len(leads)} {rate} {units.shape[1]}",
        *(f"{place} {gain} 16 0 0 0 0 {'I' * (i + 1)}" for i in range(len(leads))),
    ]
    (folder / "r.hea").write_text("\n".join(lines) + "\n# a remark\n")
    (folder / f"r{suffix}").write_bytes(bytes(offset) + stored(units, form))
    return folder / "r.hea", folder / f"r{suffix}"
