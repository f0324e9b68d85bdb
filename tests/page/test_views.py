"""What the page shows of its data."""

import chart
from tasks import many, month, task


def test_the_page_says_what_it_covers_and_when_it_was_made(open_page):
    page = open_page(month())
    said = page.locator("header").inner_text()
    assert "13 tasks from 23 October 2026 to 22 November 2026" in said
    assert "Made 2026-11-22 12:00:00 UTC by amiwatch 0.1.0" in said
    assert page.locator("#unreadable").is_hidden()


def test_items_that_could_not_be_understood_are_told(open_page):
    page = open_page([], unreadable=3)
    assert page.locator("#unreadable").inner_text() == "3 stored items cannot be understood and are left out."


def test_without_tasks_the_page_says_so(open_page):
    page = open_page([])
    assert "No tasks are remembered here yet" in page.locator("#empty").inner_text()
    assert page.locator("#content").is_hidden()


def test_each_task_has_a_bar_and_a_row(open_page):
    page = open_page(month())
    assert len(chart.bars(page)) == 13
    assert page.locator("#tasks tbody tr").count() == 13


def test_a_task_that_runs_reaches_to_when_the_page_was_made(open_page):
    page = open_page([task(0, 3600), task(100, None)])
    assert max(end for _, end, _ in chart.data(page)) == page.evaluate("() => Date.parse('2026-11-22T12:00:00Z')")
    assert "running" in page.locator("#tasks tbody tr").first.inner_text()


def test_bars_have_the_colours_of_the_theme(open_page):
    drawn = {}
    for scheme in ("light", "dark"):
        page = open_page([task()], color_scheme=scheme)
        [bar] = chart.bars(page)
        assert bar["colour"] == chart.colour(page, "completed")
        drawn[scheme] = bar["colour"], page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert drawn["light"] != drawn["dark"]
    assert drawn["light"][1] == "rgb(255, 255, 255)"


def test_a_theme_that_changes_while_the_page_is_open_redraws_the_bars(open_page):
    page = open_page([task()], color_scheme="light")
    light = chart.bars(page)[0]["colour"]
    page.emulate_media(color_scheme="dark")
    assert chart.bars(page)[0]["colour"] == chart.colour(page, "completed") != light


def test_a_tooltip_has_all_facts(open_page):
    page = open_page([task(reason="Access denied", outcome="failed")])
    said = chart.tooltip_of(page, chart.bars(page)[0]).split("\n")
    facts = dict(zip(said[::2], said[1::2]))
    assert facts == {
        "Outcome": "failed",
        "State": "Completed",
        "Kind": "store-image",
        "Task": "ami-0123456789abcdef0",
        "AMI": "ami-0123456789abcdef0",
        "Bucket": "images",
        "Region": "us-east-1",
        "Account": "123456789012",
        "Started": "2026-10-23 00:00:00",
        "First seen": "2026-10-23 00:00:30",
        "Ended": "2026-10-23 00:30:00",
        "Took": "30 minutes",
        "Reason": "Access denied",
        "Told": "nothing: it had ended before it was first seen, or nobody wanted it",
    }


def test_a_click_on_a_bar_opens_its_row(open_page):
    page = open_page(month())
    bar = chart.bars(page)[0]
    name = dict(zip(*[iter(chart.tooltip_of(page, bar).split("\n"))] * 2))["Task"]
    page.mouse.click(bar["x"], bar["y"])
    opened = page.locator("#tasks [aria-expanded=true]")
    assert opened.inner_text() == name
    assert opened.evaluate("it => it === document.activeElement")


def test_paper_has_every_row_and_light_colours(open_page):
    page = open_page(many(120), color_scheme="dark")
    assert page.locator("#tasks tbody tr").count() == 50
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#tasks tbody tr").count() == 120
    assert page.locator("#timeline canvas").evaluate("it => it.style.width") == "680px"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#tasks tbody tr").count() == 50
    assert page.locator("#timeline canvas").evaluate("it => it.style.width") != "680px"
