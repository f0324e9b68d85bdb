"""Pages of `amiwatch history --html`, with data that a test chooses."""

import json
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "src" / "cli" / "history" / "page"
BUILT = SOURCES.parent / "page.html"
MADE_AT = "2026-11-22T12:00:00Z"


def page(folder: Path, tasks: list[dict], unreadable: int = 0) -> Path:
    """Fills the page as the binary does."""
    data = {"madeAt": MADE_AT, "version": "0.1.0", "unreadable": unreadable, "tasks": tasks}
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    path = folder / "history.html"
    path.write_text(BUILT.read_text(encoding="utf-8").replace("{{data}}", text), encoding="utf-8")
    return path
