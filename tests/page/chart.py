"""What is on the canvas of the timeline."""

from playwright.sync_api import Page

# A frame later everything is drawn.
FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

# The bars as ECharts draws them, in pixels of the page, with the colour that the canvas has in their middle.
BARS = """() => {
  const chart = window.amiwatch.timeline;
  const canvas = chart.getDom().querySelector("canvas");
  const { left, top } = canvas.getBoundingClientRect();
  // A copy: Chromium warns about a canvas on a graphics card that is read again and again.
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const bars = chart.getZr().storage.getDisplayList(true).filter((it) => it.type === "rect" && it.shape.r === 2);
  return bars.map(({ shape }) => {
    const middle = [shape.x + Math.min(shape.width / 2, 2), shape.y + shape.height - 2];
    const [red, green, blue] = copy.getImageData(middle[0], middle[1], 1, 1).data;
    return { x: left + middle[0], y: top + middle[1], width: shape.width, colour: [red, green, blue] };
  });
}"""

# The marks at the ends of bars, by the ring that each has.
MARKS = """() => {
  const displayed = window.amiwatch.timeline.getZr().storage.getDisplayList(true);
  return displayed.filter((it) => it.type === "path" && it.style.lineWidth === 4.5).map((it) => it.x);
}"""


# The names that are written into bars: those of the size that nothing else has.
NAMES = """() => {
  const displayed = window.amiwatch.timeline.getZr().storage.getDisplayList(true);
  return displayed.filter((it) => it.type === "tspan" && it.style.font.includes("10px")).map((it) => it.style.text);
}"""


def names(page: Page) -> list[str]:
    page.evaluate(FRAME)
    return page.evaluate(NAMES)


def data(page: Page) -> list[list[float]]:
    """Begin, end and lane of each task, drawn or not."""
    return page.evaluate("amiwatch.timeline.getOption().series.find((it) => it.id === 'tasks').data")


def bars(page: Page) -> list[dict]:
    page.evaluate(FRAME)
    return page.evaluate(BARS)


def marks(page: Page) -> list[float]:
    page.evaluate(FRAME)
    return page.evaluate(MARKS)


def tooltip_of(page: Page, bar: dict) -> str:
    """The text of the tooltip of a bar."""
    page.mouse.move(bar["x"], bar["y"])
    facts = page.locator("#timeline .facts")
    facts.wait_for(state="visible")
    return facts.inner_text()


def colour(page: Page, name: str) -> list[int]:
    """A colour of the theme that is in force."""
    read = "(name) => getComputedStyle(document.documentElement).getPropertyValue(name)"
    digits = page.evaluate(read, f"--{name}").strip().removeprefix("#")
    return [int(digits[index : index + 2], 16) for index in (0, 2, 4)]
