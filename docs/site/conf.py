"""How Sphinx makes the site. docs/build runs it; docs/decisions/0032-a-site-by-sphinx-and-myst.md says why so."""

import re
from pathlib import PurePosixPath
from posixpath import normpath

project = "amiwatch"
html_title = project
# The site is written into nothing of an owner's name.
html_show_copyright = False
html_show_sphinx = False

# The sources are the repository's, so that a link that works on GitHub works in the site and the other way round.
root_doc = "docs/README"
include_patterns = ["*.md", "docs/**.md", "simulator/README.md"]
exclude_patterns = [".*", "docs/_site", "docs/site", "**/node_modules", "**/target", "src", "tests", "bench"]
source_suffix = {".md": "markdown"}

extensions = ["myst_parser"]
# As GitHub makes them.
myst_heading_anchors = 4

html_theme = "furo"
html_extra_path = ["index.html"]
# Nothing is fetched from elsewhere, and nothing is copied that nobody reads.
html_copy_source = False

# These pages list others. Their lists are also the site's navigation: a heading is a caption, a list's first link an entry.
MAPS = ("docs/README", "docs/decisions/README")
HEADING = re.compile(r"^## (.+)$")
ENTRY = re.compile(r"^(?:- |\| )\[[^\]]+\]\(([^)#\s]+\.md)\)")


def entries(docname, text):
    """The pages that a map lists, under their captions."""
    folder = PurePosixPath(docname).parent
    captions = {}
    caption = None
    for line in text.splitlines():
        if heading := HEADING.match(line):
            caption = heading[1]
        elif entry := ENTRY.match(line):
            captions.setdefault(caption, []).append(normpath(folder / entry[1]).removesuffix(".md"))
    return captions


def add_navigation(app, docname, source):
    """Adds the navigation to a map, which plain Markdown has no word for."""
    if docname not in MAPS:
        return
    captions = entries(docname, source[0])
    if docname == root_doc:
        listed = {page for other in MAPS for pages in entries(other, app.env.doc2path(other).read_text()).values() for page in pages}
        # A page that is new and not in the map yet.
        left = sorted(app.env.found_docs - listed - {root_doc})
        if left:
            captions["More"] = left
    for caption, pages in captions.items():
        lines = ["", "```{toctree}", ":hidden:", ":titlesonly:"]
        lines += [f":caption: {caption}"] if caption and docname == root_doc else []
        source[0] += "\n".join([*lines, "", *(f"/{page}" for page in pages), "```", ""])


def setup(app):
    app.connect("source-read", add_navigation)
    return {"parallel_read_safe": True}
