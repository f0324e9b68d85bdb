"""The durations, computed here once more."""

import math
import statistics

from tasks import many, month, task


def words(seconds: float) -> str:
    """As `render::text::duration`."""
    rest = math.floor(seconds + 0.5)
    units = [(rest // 86_400, "day"), (rest // 3600 % 24, "hour"), (rest // 60 % 60, "minute"), (rest % 60, "second")]
    while units and units[0][0] == 0:
        units.pop(0)
    said = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in units[:2] if count]
    return " ".join(said) or "less than a second"


def expected(tasks: list[dict], field: str, none: str, completed_only: bool) -> list[list[str]]:
    groups: dict[str, list[dict]] = {}
    for it in tasks:
        groups.setdefault(it[field] or none, []).append(it)
    rows = []
    for name, group in sorted(groups.items(), key=lambda it: (-len(it[1]), it[0])):
        measured = [
            it["durationSeconds"]
            for it in group
            if it["durationSeconds"] is not None and (it["outcome"] == "completed" or not completed_only)
        ]
        failed = sum(it["outcome"] == "failed" for it in group)
        counts = [name, str(len(group)), str(failed), str(len(measured))]
        if measured:
            p90 = statistics.quantiles(measured, n=10, method="inclusive")[8] if len(measured) > 1 else measured[0]
            rows.append([*counts, words(statistics.median(measured)), words(p90), words(max(measured))])
        else:
            rows.append([*counts, "–", "–", "–"])
    return rows


def shown(page, section: str) -> list[list[str]]:
    more = page.locator(f"#{section} > button")
    if more.is_visible() and more.inner_text().startswith("Show all"):
        more.click()
    cells = "(rows) => rows.map((row) => [...row.cells].map((it) => it.innerText))"
    return page.locator(f"#{section} tbody tr").evaluate_all(cells)


def test_statistics_by_ami_and_by_bucket_are_right(open_page):
    for tasks in (month(), many(700)):
        page = open_page(tasks)
        assert shown(page, "by-image") == expected(tasks, "imageId", "no AMI", True)
        assert shown(page, "by-bucket") == expected(tasks, "bucket", "no bucket", True)
        page.get_by_label("only of tasks that completed").uncheck()
        assert shown(page, "by-image") == expected(tasks, "imageId", "no AMI", False)
        assert shown(page, "by-bucket") == expected(tasks, "bucket", "no bucket", False)


def test_statistics_are_of_the_tasks_that_are_shown(open_page):
    tasks = month()
    page = open_page(tasks)
    page.locator("select[name=region]").select_option("eu-west-1")
    assert shown(page, "by-bucket") == expected([it for it in tasks if it["region"] == "eu-west-1"], "bucket", "", True)


def test_boxes_are_drawn_of_the_same_numbers(open_page):
    seconds = [600, 1200, 1800, 2400, 6000]
    page = open_page([task(index * 10, each) for index, each in enumerate(seconds)])
    [box] = page.evaluate("() => amiwatch.byImage.getOption().series.find((it) => it.id === 'spreads').data")
    quarter, median, three_quarters = statistics.quantiles(seconds, n=4, method="inclusive")
    assert box == [600, quarter, median, three_quarters, 6000]


def test_what_is_left_out_is_said(open_page):
    page = open_page(month())
    left_out = page.locator("#left-out")
    reasons = "2 have not ended, 1 had ended before amiwatch first saw them, of 4 no times are known"
    assert left_out.inner_text() == f"Left out of the durations: 9 tasks ({reasons}, 2 did not end well)."
    page.get_by_label("only of tasks that completed").uncheck()
    assert left_out.inner_text() == f"Left out of the durations: 7 tasks ({reasons})."


def test_where_nothing_is_left_out_that_is_said(open_page):
    page = open_page([task()])
    assert page.locator("#left-out").inner_text() == "Every task is in these durations."


def test_where_nothing_was_measured_there_is_no_box(open_page):
    page = open_page([task(0, None)])
    assert page.locator("#by-image .chart").is_hidden()
    assert shown(page, "by-image")[0][3:] == ["0", "–", "–", "–"]
