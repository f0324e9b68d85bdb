"""The project's texts, as they stand in the archive."""

import os
import re
from pathlib import PurePosixPath

from . import ROOT

FOLDERS = ["docs", "docs/guide", "docs/reference", "docs/operations"]
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")


def sources():
    """Where each text of the repository stands in the archive. The archive has a README of its own."""
    kept = ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "SECURITY.md", "chat.yaml", "member-role.yaml"]
    kept += ["events/manual-poll.json", "events/reactions.yaml", "docs/systemd/amiwatch.service"]
    kept += ["docs/reference/event.schema.json"]
    # local.md is about a checkout, and so are the decisions.
    pages = [path for folder in FOLDERS for path in ROOT.glob(f"{folder}/*.md") if path.name != "local.md"]
    kept += sorted(path.relative_to(ROOT).as_posix() for path in pages)
    return {name: name for name in kept} | {"README.md": "docs/overview.md"}


def linked(text, source, places):
    """A text with its links as they go in the archive. What leads out of it is left as words, and pictures are
    left out."""
    folder = PurePosixPath(source).parent

    def link(found):
        picture, words, target = found.groups()
        path, _, fragment = target.partition("#")
        if not path or "://" in path:
            return found[0]
        if picture:
            return ""
        place = places.get(os.path.normpath(folder / path))
        if place is None:
            return words
        path = os.path.relpath(place, PurePosixPath(places[source]).parent)
        return f"[{words}]({path}{'#' if fragment else ''}{fragment})"

    return LINK.sub(link, text)


def read():
    """The texts by their place in the archive."""
    places = sources()
    texts = {}
    for source, place in places.items():
        text = (ROOT / source).read_text()
        texts[place] = linked(text, source, places) if source.endswith(".md") else text
    return texts


def readme(version, templates):
    """The archive's own README. `templates` has each processor's template."""
    text = (ROOT / "scripts/archive/README.md").read_text()
    others = [name for name in templates.values() if name != "template.yaml"]
    if not others:
        # Lines that are only for an archive with both.
        text = re.sub(r"<!-- both -->\n.*?<!-- /both -->\n", "", text, flags=re.DOTALL)
    text = re.sub(r"<!-- /?both -->\n", "", text)
    return text.replace("VERSION", version).replace("PROCESSORS", " and ".join(templates))


def samconfig():
    """samconfig.toml without the table for `sam build`: there is nothing to build."""
    text = (ROOT / "samconfig.toml").read_text()
    return re.sub(r"\[default\.build\.parameters\]\n(?:.*\S.*\n)+\n?", "", text).replace("`sam build`, ", "")
