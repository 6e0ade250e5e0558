"""What Sphinx needs to know."""

import inspect
import os
import sys
import warnings
from collections import namedtuple
from datetime import date
from pathlib import Path

import ecgclf

sys.path.insert(0, str(Path(__file__).with_name("_ext")))

project = "ecgclf"
author = "The ecgclf developers"
copyright = f"{date.today().year}, {author}"
release = version = ecgclf.__version__

extensions = [
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "matplotlib.sphinxext.plot_directive",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "sphinx_design",
    "sphinx_copybutton",
    "myst_parser",
    "browser",
]
templates_path = ["_templates"]
exclude_patterns = ["_build"]
default_role = "code"
suppress_warnings = ["config.cache"]

# The API pages are made of what each module says is public.
autosummary_generate = True
autosummary_ignore_module_all = False
autosummary_imported_members = True
toc_object_entries_show_parents = "hide"
# The page of the guide to each module.
autosummary_context = {
    "guides": {
        "ecgclf.augmentation": "augmentation",
        "ecgclf.classifiers": "classifiers",
        "ecgclf.datasets": "recordings",
        "ecgclf.decision": "decision",
        "ecgclf.explanation": "explanation",
        "ecgclf.fidelity": "augmentation",
        "ecgclf.metrics": "metrics",
        "ecgclf.nn": "networks",
        "ecgclf.onnx": "deploy",
        "ecgclf.persistence": "deploy",
        "ecgclf.plotting": "plotting",
        "ecgclf.preprocessing": "preprocessing",
        "ecgclf.pretrained": "pretrained",
        "ecgclf.signal": "preprocessing",
    }
}
# What objects that are neither functions nor classes cannot say of themselves.
objects = {
    "ecgclf.metrics.cinc2017_scorer": """
        The score of the Challenge 2017 as a scorer, for ``scoring=`` of scikit-learn.

        ``cinc2017_scorer(estimator, X, y)`` is :func:`~ecgclf.metrics.cinc2017_score` of what the estimator predicts
        for `X`; higher is better. ``GridSearchCV``, ``cross_val_score`` and
        :class:`~ecgclf.decision.TunedDecisionClassifierCV` take it as `scoring`.

        See Also
        --------
        ecgclf.metrics.cinc2017_score : The same, of labels.
        """
}
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
autodoc_typehints = "none"

extlinks = {"doi": ("https://doi.org/%s", "doi:%s")}

# Links to other projects need their inventories, hence a network: only where the pages are published.
if "ECGCLF_DOCS_LINKS" in os.environ:
    intersphinx_mapping = {
        "python": ("https://docs.python.org/3", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "scipy": ("https://docs.scipy.org/doc/scipy", None),
        "sklearn": ("https://scikit-learn.org/stable", None),
        "skorch": ("https://skorch.readthedocs.io/en/stable", None),
        "torch": ("https://docs.pytorch.org/docs/stable", None),
    }

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "doc_module": ("ecgclf",),
    "backreferences_dir": "generated/backreferences",
    "within_subsection_order": "FileNameSortKey",
    # The gallery's page is ours: sections, in the order in which to read them.
    "copyfile_regex": r"index\.rst",
    "minigallery_sort_order": "lessons.place",
    "parallel": 2,
    "show_memory": False,
    "show_signature": False,
    "remove_config_comments": True,
    "min_reported_time": 0,
    "abort_on_example_error": True,
    "matplotlib_animations": False,
}
warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
myst_heading_anchors = 3

# Figures of the guide: drawn by the code that stands above them.
plot_formats = [("png", 120)]
plot_include_source = True
plot_html_show_formats = plot_html_show_source_link = False

html_theme = "pydata_sphinx_theme"
html_title = "ecgclf"
html_static_path = ["_static"]
html_css_files = ["ecgclf.css"]
html_js_files = ["names.js"]
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "show_prev_next": False,
    "secondary_sidebar_items": {"**": ["page-toc", "sg_download_links"]},
    "footer_start": ["copyright"],
    "footer_end": ["not-medical"],
}
html_sidebars = {"index": [], "install": [], "glossary": [], "browser/index": []}


_FIELD = type(namedtuple("_", "field").field)  # a field of a named tuple is described among its parameters


def setup(app):
    """Leave methods that are scikit-learn's or torch's to their own pages, and describe what is only an object."""
    app.connect("autodoc-skip-member", _is_of_others)
    app.connect("autodoc-process-docstring", _describe, priority=100)  # before numpydoc


def _is_of_others(app, what, name, member, skip, options):
    # What is built into Python's exceptions and tuples does not say its module, but its class.
    said = getattr(member, "__module__", None) or getattr(getattr(member, "__objclass__", None), "__module__", None)
    of_others = not str(said or "ecgclf").startswith("ecgclf") or isinstance(member, _FIELD)
    return skip or (of_others and what != "data")  # an object of ours may be of a class of theirs


def _describe(app, what, name, member, options, lines):
    if name in objects:
        lines[:] = inspect.cleandoc(objects[name]).splitlines()
