"""The page of the documentation that predicts in the browser, in a real browser: it says what Python says."""

import os
import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from ecgclf.datasets import load_cinc2017_sample, read_recordings
from ecgclf.onnx._steps import describe
from ecgclf.preprocessing import BandpassFilter, NotchFilter, Resampler
from ecgclf.pretrained import load_pretrained
from ecgclf.signal import resample
from ecgclf.signal._sampling import ratio_of_rates
from small import small

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright, of the extra docs, is not installed")
pytest.importorskip("pydata_sphinx_theme", reason="pydata-sphinx-theme, of the extra docs, is not installed")

from pages import DOCS, PATIENCE, Server, answer, browser, build, fill, give, open_page, write_record  # noqa: E402

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")

TOLERANCE = 1e-4
SAMPLE = load_cinc2017_sample()
REAL = SAMPLE.data[3][:9000]


@pytest.fixture(scope="module")
def engine():
    """What comes from npm."""
    try:
        return browser.install()
    except browser.NotThereError as reason:
        pytest.skip(f"the page cannot be built: {reason}")


@pytest.fixture(scope="module")
def site(tmp_path_factory, engine):
    """The page as HTML."""
    return build(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def chromium():
    """A browser."""
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def server(site):
    """A server of the site."""
    with Server(site) as running:
        yield running
        running.shutdown()


@pytest.fixture(scope="module")
def page(chromium, site):
    """The page, opened as a file."""
    return open_page(chromium, site.as_uri())


def check(found, recording, rate):
    """Compare with the shipped model."""
    model = load_pretrained(browser.MODEL, sampling_rate=rate)
    (expected,) = model.predict_proba([recording])
    np.testing.assert_allclose(found["probabilities"], expected, atol=TOLERANCE, rtol=0)
    assert found["label"] == model.predict([recording])[0]
    assert found["classes"] == model.classes_.tolist()


@pytest.mark.parametrize("over", ["file", "http"])
def test_the_bundled_recordings_are_answered_as_in_python_and_nothing_leaves(over, chromium, site, server):
    requests = []
    address = site.as_uri() if over == "file" else server.url
    page = open_page(chromium, address, requests)
    names = [name.split()[0] for name in page.locator("#ecg-bundled button").all_inner_texts()]
    assert len(names) == 8
    for name in names[: None if over == "file" else 2]:
        page.click(f"#ecg-bundled button:has-text('{name}')")
        at = SAMPLE.record_names.index(name)
        check(answer(page), SAMPLE.data[at], SAMPLE.sampling_rate)
        assert f"The challenge’s label is {SAMPLE.target[at]}," in page.inner_text("#ecg-verdict")
    page.close()
    assert [url for url in requests if not url.startswith((address, "blob:", "data:"))] == []
    assert any(url.endswith("network.js") for url in requests)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"suffix": ".mat", "offset": 24},
        {"form": "212", "rate": 360, "gain": "200(-5)/mV"},
        {"form": "61", "rate": 250, "gain": "400"},
        {"form": "80", "rate": 128, "gain": "20/mV"},
        {"form": "24", "rate": "257.3", "gain": "1(30)/uV"},
        {"form": "32", "rate": 500, "gain": "1e6/V"},
        {"form": "160", "rate": "1000/1000(0)"},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_a_record_is_answered_as_in_python(options, page, tmp_path):
    paths = write_record(tmp_path, REAL[:8999], **options)
    give(page, *paths)
    expected = read_recordings(paths[0])
    check(answer(page), expected.data[0], expected.sampling_rate)


def test_a_dropped_record_is_answered_and_of_two_leads_one_is_chosen(page, tmp_path):
    paths = write_record(tmp_path, [REAL[::-1], REAL], form="212", gain="200/mV")
    page.evaluate(
        """(files) => {
          const transfer = new DataTransfer();
          for (const [name, bytes] of files) transfer.items.add(new File([new Uint8Array(bytes)], name));
          document.getElementById("ecg-drop").dispatchEvent(
            new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }""",
        [[path.name, list(path.read_bytes())] for path in paths],
    )
    fill(page)
    assert answer(page) == "Choose the lead that the model should answer."
    both = read_recordings(paths[0])
    for name, lead in zip(both.lead_names, both.data[0], strict=True):
        fill(page, lead=name)
        check(answer(page), lead, 300.0)
        give(page, *paths)


@pytest.mark.parametrize(
    ("text", "rate", "lead"),
    [
        ("\n".join(map(str, REAL)), 300, None),
        ("ecg (mV)\r\n" + "\r\n".join(f'"{value:.6e}"' for value in REAL) + "\r\n\r\n", 400, None),
        ("time;I\n" + "\n".join(f"{i / 150};{value:f}" for i, value in enumerate(REAL[::2])), 150, "I"),
        (pd.DataFrame(REAL[:3000]).to_csv(index=False), 300, None),
        (pd.DataFrame(REAL[:3000]).to_csv(sep=";"), 300, None),
        (pd.DataFrame({0: REAL[:3000][::-1], 1: REAL[:3000]}).to_csv(sep=";", index=False), 300, "column 2"),
    ],
    ids=["plain", "titled", "columns", "pandas", "pandas with an index", "columns of pandas"],
)
def test_a_csv_file_is_answered_as_in_python(text, rate, lead, page, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(text, newline="")
    give(page, path)
    fill(page, rate, lead)
    titles = 2 if "(mV)" in text else int(text.split()[0].isalnum() or ";" in text)
    values = [line.split(";")[-1].strip('"') for line in text.split()[titles:]]
    check(answer(page), np.array(values, dtype=float), float(rate))


def _csv(text):
    return lambda folder: [_written(folder / "x.csv", text)]


def _written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _record(*kept, **options):
    """A record, of which only the files with these endings are given."""
    return lambda folder: [path for path in write_record(folder, REAL, **options) if not kept or path.suffix in kept]


def _changed(old, new):
    """A record whose header is changed."""

    def write(folder):
        header, signal = write_record(folder, REAL)
        text = header.read_text()
        assert old in text
        return [_written(header, text.replace(old, new)), signal]

    return write


def _large(folder):
    with open(folder / "x.csv", "wb") as file:
        file.truncate(65 << 20)
    return [folder / "x.csv"]


LINES = "\n".join(["0.1", "0.2", "0.3"] * 1000)
PROBLEMS = {
    "another file": (lambda folder: [_written(folder / "x.png", b"\x89PNG")], "x.png cannot be read here"),
    "no header": (_record(".dat"), "The header of r.dat is missing. Give r.hea together with it."),
    "no signal": (_record(".hea"), "r.hea names r.dat, which did not come with it"),
    "two records": (lambda folder: [*_record()(folder), _written(folder / "q.hea", "q 1")], "one at a time"),
    "record and table": (lambda folder: [*_record()(folder), *_csv(LINES)(folder)], "one at a time"),
    "empty": (_csv(""), "x.csv is empty."),
    "blank": (_csv("\n \n"), "x.csv is empty."),
    "titles": (_csv("ecg\n"), "x.csv has a line of titles and no samples."),
    "words": (_csv(LINES + "\nhello\n0.1"), "x.csv has “hello” in line 3001, where a number"),
    "decimal comma": (
        _csv("0,1;0,2\n" * 2000),
        "x.csv has “0,1” in line 2, where a number of mV is expected (1.5, not",
    ),
    "commas": (_csv("0,05\n-0,2\n" * 2000), "x.csv has numbers such as 0,05. Write them with a point"),
    "one column with commas": (_csv("ecg\n" + "0,1\n-0,2\n" * 2000), "x.csv has numbers such as 0,1. Write them with"),
    "ragged": (_csv("1,2\n1\n"), "x.csv has 1 columns in line 2, and 2 in its first line."),
    "no text": (_csv(b"\x00\x01\n\x02"), "x.csv is no text."),
    "wide": (_csv(",".join(["1"] * 9000)), "x.csv has 9000 columns."),
    "large": (_large, "x.csv has 65 MB, and this page takes 64 at most."),
    "gap in a record": (
        _record(units=np.where(np.arange(3000) == 600, -32768, np.arange(3000) % 200)),
        "1 of 3000 samples are missing, infinite or no numbers, the first at 2 s.",
    ),
    "flat": (_record(units=np.full(3000, 100)), "The recording is flat: all 3000 samples are 0.1 mV."),
    "short": (_record(units=np.arange(600)), "The recording is too short: 2 s."),
    "long": (
        _record(units=np.arange(11 * 60 * 300) % 100),
        "The recording is 11 min long, and this page takes 10 min",
    ),
    "slow": (_record(rate=30), "30 Hz is not one: a number of Hz between 50 and 10000"),
    "no rate": (_changed("300", "fast"), "its sampling rate is “fast”"),
    "truncated": (_changed("9000", "9001"), "r.dat is truncated, or another record's"),
    "no voltage": (_changed("/mV", "/mmHg"), "r.hea has no voltage: its signals are in mmHg."),
    "micro": (_changed("/mV", "/µV"), "write uV"),
    "format": (_changed(" 16 1000", " 310 1000"), "signal 0 is stored in format 310; known are 16, 24"),
    "frames": (_changed(" 16 1000", " 16x2 1000"), "signal 0 has 2 samples a frame"),
    "skew": (_changed(" 16 1000", " 16:3 1000"), "signal 0 is skewed by 3 frames"),
    "segments": (_changed("r 1", "r/2 1"), "the record has several segments"),
    "elsewhere": (_changed("r.dat", "../r.dat"), "which is no plain file name"),
    "gain": (_changed("1000/mV", "much"), "signal 0 has the gain “much”"),
    "vanished gain": (_changed("1000/mV", "1e-999/mV"), "signal 0 has the gain “1e-999/mV”"),
    "too many signals": (_changed("r 1", "r 2"), "it declares 2 signals and describes 1"),
    "no record": (
        lambda folder: [_written(folder / "r.hea", "<html>")],
        "it does not start with the name of a record",
    ),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_what_cannot_be_answered_is_told_in_a_line(case, page, tmp_path):
    write, expected = PROBLEMS[case]
    give(page, *write(tmp_path))
    assert expected in answer(page)


@pytest.mark.parametrize(
    ("text", "rate", "expected"),
    [
        (LINES, "", "Give the sampling rate: a number of Hz"),
        (LINES, "-5", "-5 Hz is not one"),
        (LINES, "20000", "20000 Hz is not one"),
        (LINES + "\n\n0.1", "300", "1 of 3002 samples are missing, infinite or no numbers, the first at 10 s."),
        (LINES + "\nNaN\n1e60", "300", "2 of 3002 samples are missing, infinite"),
    ],
    ids=["none", "negative", "too high", "gap", "nan"],
)
def test_what_a_csv_file_leaves_open_is_checked(text, rate, expected, page, tmp_path):
    give(page, *_csv(text)(tmp_path))
    fill(page, rate)
    assert expected in answer(page)


def test_a_file_that_comes_after_another_was_asked_for_is_dropped(page, tmp_path):
    page.evaluate("""() => {
      const read = ecgclf.readFiles;
      ecgclf.readFiles = async (files) => {
        ecgclf.readFiles = read;
        await new Promise((go) => { window.go = go; });
        return read(files);
      };
    }""")
    give(page, *_csv(LINES)(tmp_path))
    page.locator("#ecg-bundled button").first.click()
    assert answer(page)["label"]
    page.evaluate("() => new Promise((done) => { window.go(); setTimeout(done, 300); })")
    assert page.locator("#ecg-ask").is_hidden()
    assert "sampling rate" not in (page.locator("#ecg-status").inner_text() or "")


def test_an_answer_comes_with_remarks(page, tmp_path):
    give(page, *write_record(tmp_path, REAL[:1500] * 30))
    answer(page)
    assert page.locator("#ecg-remarks li").all_inner_texts() == [
        "It is 5 s long; the model was trained on 9 to 61 s.",
        page.locator("#ecg-remarks li").nth(1).inner_text(),
    ]
    assert "no beat is taller than 10 mV" in page.inner_text("#ecg-remarks")


def test_resampling_is_that_of_python(page):
    rng = np.random.default_rng(0)
    rates = [99.99, 128.0, 200.0, 250.0, 256.0, 257.3, 300.0, 333.3333, 360.0, 500.0, 512.0, 977.0, 1000.0, 9999.0]
    rates += rng.uniform(50, 10000, size=200).tolist()
    expected = [ratio_of_rates(rate, new) for rate in rates for new in (100.0, 300.0)]
    found = page.evaluate(
        "(rates) => rates.flatMap((rate) => [100, 300].map((rate2) => ecgclf.ratio(rate, rate2)))", rates
    )
    assert found == [list(pair) for pair in expected]
    for rate in rates[:14]:
        for new in (100.0, 300.0):
            x = rng.normal(size=777).cumsum() + 5
            found = page.evaluate("([x, rate, new_]) => [...ecgclf.resample(x, rate, new_)]", [x.tolist(), rate, new])
            np.testing.assert_allclose(found, resample(x, rate, new), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("n_timepoints", [1, 2, 20, 777])
def test_filters_are_those_of_python(n_timepoints, page):
    x = np.random.default_rng(0).normal(size=n_timepoints).cumsum() + 5
    for step in (BandpassFilter(0.5, 40.0, sampling_rate=300.0), NotchFilter(50.0, sampling_rate=300.0)):
        expected = step.fit_transform([x])[0]
        numbers = {key: value for key, value in describe(step).items() if key != "step"}
        found = page.evaluate(
            "([x, { sos, zi, padding }]) => [...ecgclf.filter(x, sos, zi, padding)]", [x.tolist(), numbers]
        )
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_a_model_with_a_rate_of_its_own_and_attention_is_answered_and_drawn(chromium, site, engine, tmp_path):
    """Its network takes 100 Hz, and tells where it looks."""
    model = make_pipeline(Resampler(100.0, sampling_rate=300.0), small("CRANNClassifier", max_epochs=1))
    model.fit(SAMPLE.data[:16], SAMPLE.target[:16])
    shutil.copytree(site, tmp_path / "site")
    browser.write(tmp_path / "site" / "_static" / "browser", engine, model)

    page = open_page(chromium, (tmp_path / "site").as_uri())
    page.click("#ecg-bundled button")
    at = SAMPLE.record_names.index(page.locator("#ecg-bundled button").first.inner_text().split()[0])
    found = answer(page)
    for rate in (300.0, 250.0):
        if rate != 300.0:
            give(page, *write_record(tmp_path, SAMPLE.data[at], rate=rate))
            found = answer(page)
        (expected,) = model.set_params(resampler__sampling_rate=rate).predict_proba([SAMPLE.data[at]])
        np.testing.assert_allclose(found["probabilities"], expected, atol=TOLERANCE, rtol=0)
        assert page.locator("#ecg-attention").count() == 1
        assert page.is_visible("#ecg-scale-attention")
    x = SAMPLE.data[at]
    looked = page.evaluate("async (x) => (await ecgclf.predict(Float32Array.from(x), 300)).attention", x.tolist())
    (expected,) = model[1].attention(model[0].set_params(sampling_rate=300.0).transform([x]))
    # A last step that is not whole gives its weight to fewer timepoints.
    np.testing.assert_allclose(np.divide(looked, sum(looked)), expected, atol=2e-3 * expected.max())
    page.close()


def test_the_page_may_connect_to_nothing_but_its_own_search(chromium, server, site, tmp_path):
    (tmp_path / "x.js").write_text("window.strange = 1;")
    with Server(tmp_path) as elsewhere:
        page = open_page(chromium, server.url)
        outcome = page.evaluate(
            """async (url) => {
              const loaded = (name, attribute) => new Promise((resolve) => {
                const element = document.createElement(name);
                element.onload = () => resolve(true);
                element.onerror = () => resolve(false);
                element[attribute] = `${url}/x.js`;
                document.head.append(element);
              });
              const got = (address) => fetch(address).then(() => true, () => false);
              try { new WebSocket(url.replace("http", "ws")); } catch { /* as it should */ }
              navigator.sendBeacon(`${url}/x.js`, "x");
              return [await got(`${url}/x.js`), await got("index.html"), await loaded("script", "src"),
                      await loaded("img", "src"), window.strange ?? 0];
            }""",
            elsewhere.url,
        )
        assert outcome == [False, False, False, False, 0]
        page.evaluate("document.querySelector('form[role=search], form.bd-search').submit()")
        page.wait_for_url("**/search.html*")
        page.close()
        elsewhere.shutdown()
        assert elsewhere.asked == []


def test_without_npm_the_documentation_is_built_and_says_so(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(browser.shutil, "which", lambda name: None)
        with pytest.raises(browser.NotThereError, match="npm is not installed"):
            browser.install(tmp_path / "engine")
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(browser.NotThereError, match="no network"):
        browser.install(tmp_path / "engine")
    absent = f"from pathlib import Path; browser.INSTALLED = Path({str(tmp_path / 'engine')!r})"
    html = build(tmp_path, absent)
    text = (html / "browser" / "index.html").read_text()
    assert "could not be had" in text
    assert "ecg-drop" not in text
    assert not (html / "_static" / "browser").exists()


def test_no_host_of_a_registry_stands_in_the_lock():
    assert "://" not in (DOCS / "browser" / "package-lock.json").read_text()
    assert "://" not in (DOCS / "browser" / "package.json").read_text()
