"""Names and reasons can hold anything, and nothing of it may become more than text."""

import pytest
from playwright.sync_api import Error

import chart
import made
from tasks import task, told

HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror=\"window.hacked = 2\">",
    "<!--<script>",
    "<svg onload=window.hacked=3>",
    "<style>*{display:none}</style>",
    "javascript:window.hacked=4",
    "{a|rich} {{data}} {b0} ${window.hacked=5} %s $& $1",
    "'\"`&lt;b&gt;&amp;\\",
]


def hostile(text: str, hours: int) -> dict:
    """A task that has the text wherever there is a text."""
    fields = ("account", "region", "kind", "task", "imageId", "bucket", "state", "reason")
    events = {"told": [told("failed", hours, sink=text)], "untold": [{"outcome": text, "sinks": [text]}]}
    return task(hours, 1800, outcome="failed", **dict.fromkeys(fields, text), **events)


def test_texts_stay_texts_in_every_view(open_page):
    tasks = [hostile(text, index * 24) for index, text in enumerate(HOSTILE)]
    page = open_page(tasks)
    elements = page.evaluate("document.querySelectorAll('*').length")
    for field in ("kind", "bucket", "imageId", "region", "account", ""):
        page.locator("#rows").select_option(field)
        chart.bars(page)
    for bar in chart.bars(page):
        said = chart.tooltip_of(page, bar)
        assert sum(said.count(text) >= 8 for text in HOSTILE) == 1
    page.mouse.move(0, 0)
    for button in page.locator("#tasks tbody th button").all():
        button.click()
    for text in HOSTILE:
        assert page.locator("#tasks tbody th").get_by_text(text, exact=True).count() == 1
        assert page.locator("#tasks .details").get_by_text(text, exact=True).count() >= 8
        assert page.locator("#by-image tbody th").get_by_text(text, exact=True).count() == 1
        assert page.locator("#by-bucket tbody th").get_by_text(text, exact=True).count() == 1
        assert page.locator("select[name=bucket] option").evaluate_all(
            "(options, value) => options.some((it) => it.value === value && it.text.startsWith(value))", text
        )
    assert page.evaluate("window.hacked") is None
    assert page.locator("body img, body svg[onload], body style, main script").count() == 0
    assert page.locator("script").count() == 2
    assert page.evaluate("document.querySelectorAll('*').length") > elements


def test_a_text_can_be_chosen_as_a_filter(open_page):
    page = open_page([hostile(text, index * 24) for index, text in enumerate(HOSTILE)])
    for text in HOSTILE:
        page.locator("select[name=bucket]").select_option(text)
        assert page.locator("#tasks tbody th").all_inner_texts() == [text]
        page.get_by_label("Search").fill(text)
        assert page.locator("#tasks tbody th").all_inner_texts() == [text]
        page.get_by_label("Search").fill("")


def test_hidden_characters_turn_no_text_around(open_page):
    page = open_page([task(task="ami-\u202e1\u200b2\u0000\n3", reason="a\u2028b")])
    assert page.locator("#tasks tbody th").inner_text() == "ami-12 3"
    assert page.locator("#tasks .reason").inner_text() == "a b"


def test_a_very_long_text_does_not_widen_the_page(open_page):
    page = open_page([task(reason="x" * 20_000, task="y" * 2000, bucket="z" * 2000, outcome="failed")])
    chart.tooltip_of(page, chart.bars(page)[0])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_browser_refuses_texts_as_html_and_every_connection(chromium, tmp_path):
    page = chromium.new_page()
    page.goto(made.page(tmp_path, [task()]).as_uri())
    with pytest.raises(Error, match="TrustedHTML"):
        page.evaluate("document.body.innerHTML = '<b>x</b>'")
    refused = """(url) => new Promise((done) => {
      addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective));
      fetch(url).catch(() => undefined);
    })"""
    assert page.evaluate(refused, "http://127.0.0.1:9/") == "connect-src"
    page.close()
