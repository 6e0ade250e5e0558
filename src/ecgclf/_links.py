"""Where the pages of the documentation are."""

DOCS = "https://ecgclf.github.io/ecgclf/"


class DocLinkMixin:
    """Link the HTML that notebooks show of an estimator to its page.

    scikit-learn fills the template with the public module and the name of the class.
    """

    _doc_link_module = "ecgclf"
    _doc_link_template = f"{DOCS}generated/{{estimator_module}}.{{estimator_name}}.html"
