"""The documentation as it was built: its links lead somewhere, and a phone shows its pages whole."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import ecgclf
from ecgclf._mixins import DOCS as HOME

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLES = DOCS.parent / "examples"
SITE = DOCS / "_build" / "html"
PHONE = {"width": 400, "height": 800}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

built = pytest.mark.skipif(not (SITE / "index.html").is_file(), reason="the documentation is not built (tox -e docs)")


class Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors = [], {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        """Collect them."""
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name == "srcset":
                self.links += [each.split()[0] for each in value.split(",")]
            elif name == "id":
                self.anchors.add(value)


def pages():
    """All pages, by their paths."""
    return [path for path in sorted(SITE.rglob("*.html")) if "_static" not in path.parts]


@built
def test_links_lead_somewhere():
    found = {path: Page(path) for path in pages()}
    dead = []
    for path, page in found.items():
        for link in page.links:
            scheme, host, place, _, anchor = urlsplit(link)
            if scheme or host:
                continue
            target = (path.parent / unquote(place)).resolve() if place else path
            anchors = found[target].anchors if target in found else {unquote(anchor)}
            if not target.exists() or unquote(anchor) not in anchors:
                dead.append(f"{path.relative_to(SITE)}: {link}")
    assert len(found) > 100
    assert not dead


def _links_of_the_readme():
    return re.findall(r"\]\((\S+)\)", (DOCS.parent / "README.md").read_text(encoding="utf-8"))


def test_the_readme_can_be_read_anywhere():
    """A package index shows it without the files beside it."""
    links = _links_of_the_readme()
    assert len(links) > 20
    assert [link for link in links if not link.startswith("https://")] == []


@built
def test_links_of_the_readme_lead_to_pages_and_pictures():
    here = [link.removeprefix(HOME).partition("#")[0] for link in _links_of_the_readme() if link.startswith(HOME)]
    assert len(here) > 20
    assert [place for place in here if not (SITE / place).is_file()] == []


@built
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")
def test_no_page_is_wider_than_a_phone():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright, of the extra docs, is not installed")
    wide = []
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = chromium.new_page(viewport=PHONE)
        for path in pages():
            page.goto(path.as_uri(), wait_until="domcontentloaded")
            # What scrolls sideways inside a page, such as a table, is one of the elements in the article.
            over = "[document.documentElement, document.querySelector('.bd-article-container')]"
            over += ".map(each => each ? each.scrollWidth - each.clientWidth : 0)"
            if max(page.evaluate(over)) > 0:
                wide.append(str(path.relative_to(SITE)))
        chromium.close()
    assert not wide


def test_each_lesson_stands_in_the_lists_and_among_the_pictures_of_the_gallery():
    lines = [line.strip() for line in (EXAMPLES / "index.rst").read_text(encoding="utf-8").splitlines()]
    lessons = sorted(path.stem for path in EXAMPLES.glob("plot_*.py"))
    listed = [line for line in lines if line.startswith("plot_")]
    shown = [Path(line).stem for line in lines if line.startswith("../examples/")]
    assert sorted(listed) == lessons
    assert shown == listed


def test_every_module_has_its_place_in_the_api():
    listed = re.findall(r"^   ecgclf\.(\w+)$", (DOCS / "api" / "index.rst").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(set(ecgclf.__all__) - {"__version__"})
