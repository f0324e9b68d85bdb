"""Filters, zoom and the table."""

import chart
from tasks import many, month, task


def rows(page) -> list[str]:
    return page.locator("#tasks tbody th").all_inner_texts()


def test_filters_act_on_all_views(open_page):
    page = open_page(month())
    page.locator("select[name=kind]").select_option("bundle")
    assert rows(page) == ["bun-1"]
    assert len(chart.bars(page)) == 1
    assert page.locator("#count").inner_text() == "1 of 13 tasks"
    page.locator("select[name=bucket]").select_option("copies")
    assert page.locator("#no-match").is_visible() and page.locator("#timeline").is_hidden()
    page.get_by_role("button", name="Clear all filters").click()
    assert len(rows(page)) == len(chart.bars(page)) == 13


def test_bucket_and_region_can_be_chosen(open_page):
    page = open_page(month())
    page.locator("select[name=bucket]").select_option("no bucket")
    assert sorted(rows(page)) == ["import-snap-1", "import-snap-2"]
    page.locator("select[name=bucket]").select_option("")
    page.locator("select[name=region]").select_option("eu-west-1")
    assert rows(page) == ["ami-a"]
    assert page.locator("select[name=account]").count() == 0, "one account is no choice"


def test_an_outcome_can_be_left_out(open_page):
    page = open_page(month())
    names = page.locator("#filters .status").all_inner_texts()
    assert names == ["completed 6", "failed 2", "cancelled 1", "vanished 1", "stalled 1", "running 1", "unknown 1"]
    page.locator("[name=completed]").uncheck()
    page.locator("[name=failed]").uncheck()
    assert sorted(rows(page)) == ["ami-c", "ami-d", "ami-e", "ami-f", "import-snap-2"]
    assert len(chart.bars(page)) == 5


def test_text_is_searched_word_by_word(open_page):
    page = open_page(month())
    page.get_by_label("Search").fill("accessdenied AMI-B")
    assert rows(page) == ["ami-b"]


def test_buttons_zoom_and_move(open_page):
    page = open_page([task(hour, 1200, task=f"ami-{hour}") for hour in range(0, 720, 24)])
    assert len(chart.bars(page)) == 30
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Zoom in").click()
    few = len(chart.bars(page))
    assert 5 <= few <= 10
    middle = page.locator("#window").inner_text()
    page.get_by_role("button", name="Later").click()
    assert page.locator("#window").inner_text() > middle
    page.get_by_role("button", name="All", exact=True).click()
    assert len(chart.bars(page)) == 30


def test_marks_stay_with_their_bars_when_zoomed(open_page):
    page = open_page([task(hour, 1200, outcome="failed") for hour in range(0, 720, 12)])
    for _ in range(5):
        page.get_by_role("button", name="Zoom in").click()
        bars, marks = chart.bars(page), chart.marks(page)
        assert len(marks) == len(bars) > 0
        left = page.locator("#timeline canvas").bounding_box()["x"]
        ends = sorted(bar["x"] - min(bar["width"] / 2, 2) + bar["width"] - left for bar in bars)
        assert all(abs(mark + 5 - end) < 1 for mark, end in zip(sorted(marks), ends))


def test_a_name_is_drawn_only_where_it_has_room(open_page):
    page = open_page([task(0, 1200, task="ami-0"), task(360, 1200), task(700, 1200, task="ami-1")])
    for _ in range(2):
        assert chart.names(page) == []
        page.get_by_role("button", name="ami-0123456789abcdef0").click()
        page.get_by_role("button", name="Show in the timeline").click()
        assert chart.names(page) == ["ami-0123456789abcdef0"]
        page.get_by_role("button", name="All", exact=True).click()
        page.get_by_role("button", name="ami-0123456789abcdef0").click()


def test_the_wheel_zooms_with_ctrl_only(open_page):
    page = open_page(month())
    whole = page.locator("#window").inner_text()
    box = page.locator("#timeline canvas").bounding_box()
    page.mouse.move(box["x"] + 700, box["y"] + 40)
    page.mouse.wheel(0, 100)
    page.wait_for_function("() => scrollY > 0")
    assert page.locator("#window").inner_text() == whole
    page.evaluate("scrollTo(0, 0)")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.wait_for_function("whole => document.getElementById('window').innerText !== whole", arg=whole)


def test_dragging_moves_the_time(open_page):
    page = open_page(month())
    page.get_by_role("button", name="Zoom in").click()
    before = page.locator("#window").inner_text()
    box = page.locator("#timeline canvas").bounding_box()
    page.mouse.move(box["x"] + 700, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 60, steps=5)
    page.mouse.up()
    page.wait_for_function("before => document.getElementById('window').innerText > before", arg=before)


def test_a_zoom_stays_when_the_rows_change(open_page):
    page = open_page(month())
    page.get_by_role("button", name="Zoom in").click()
    window = page.locator("#window").inner_text()
    page.get_by_label("Rows by").select_option("bucket")
    assert page.locator("#window").inner_text() == window


def test_a_row_shows_its_task_in_the_timeline(open_page):
    page = open_page(month())
    page.get_by_role("button", name="bun-1").click()
    page.get_by_role("button", name="Show in the timeline").click()
    [bar] = chart.bars(page)
    assert "bun-1" in chart.tooltip_of(page, bar)


def test_the_table_is_used_by_keyboard(open_page):
    page = open_page(month())
    heading = page.get_by_role("button", name="Task", exact=True)
    heading.focus()
    page.keyboard.press("Enter")
    assert rows(page) == sorted(rows(page))
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Task")
    page.keyboard.press("Enter")
    assert rows(page) == sorted(rows(page), reverse=True)
    row = page.locator("#tasks tbody th button").first
    row.focus()
    page.keyboard.press("Space")
    assert page.locator("#tasks .details").count() == 1
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    page.keyboard.press("Space")
    assert page.locator("#tasks .details").count() == 0


def test_durations_are_sorted_by_length_and_unknown_ones_come_last(open_page):
    page = open_page([task(1, 7000), task(2, 900), task(3, None), task(4, 80_000)])
    took = page.get_by_role("button", name="Took")
    took.click()
    cells = page.locator("#tasks .took")
    longest_first = ["22 hours 13 minutes", "1 hour 56 minutes", "15 minutes"]
    assert cells.all_inner_texts()[:3] == longest_first
    took.click()
    assert cells.all_inner_texts()[:3] == longest_first[::-1]
    assert cells.all_inner_texts()[3].startswith("runs for")


def test_long_tables_have_pages(open_page):
    page = open_page(many(120))
    pager = page.locator("#pager")
    assert "1 to 50 of 120 tasks" in pager.inner_text()
    pager.get_by_role("button", name="Next").click()
    pager.get_by_role("button", name="Next").click()
    assert "101 to 120 of 120 tasks" in pager.inner_text()
    assert page.locator("#tasks tbody tr").count() == 20
    assert pager.get_by_role("button", name="Next").is_disabled()


def test_five_thousand_tasks_stay_fluid(open_page):
    page = open_page(many(5000))
    assert page.locator("#count").inner_text() == "All 5,000 tasks"
    assert len(chart.data(page)) == 5000
    assert len(chart.bars(page)) > 1000
    # Some tens of milliseconds on an idle machine; the tests may run on a busy one.
    assert milliseconds(page, "document.getElementById('zoom-in').click()") < 1000
    find = "const it = document.querySelector('[type=search]'); it.value = 'bucket-7'"
    assert milliseconds(page, f"{find}; it.dispatchEvent(new Event('input'))") < 2000
    assert page.locator("#count").inner_text() == "167 of 5,000 tasks"


def milliseconds(page, use: str) -> float:
    """How long it takes to do something and to draw what follows."""
    draw = "amiwatch.timeline.getZr().flush()"
    begin, end = "const begin = performance.now()", "return performance.now() - begin"
    return page.evaluate(f"() => {{ {begin}; {use}; {draw}; {end} }}")
