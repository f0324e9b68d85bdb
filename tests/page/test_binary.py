"""The page as the binary makes it, of tasks that it saw."""

import json
import os
import subprocess
from pathlib import Path

import pytest

import chart

SCENARIO = Path(__file__).parents[2] / "scenarios" / "demo.yaml"
PLACE = ["--region", "us-east-1", "--account", "123456789012"]


@pytest.fixture
def amiwatch(tmp_path):
    """Runs the binary with a state file in which a poll has put some tasks."""
    binary = os.environ.get("AMIWATCH_BIN")
    if not binary:
        pytest.skip("AMIWATCH_BIN names no binary")
    if "--html" not in subprocess.run([binary, "history", "--help"], capture_output=True, text=True).stdout:
        pytest.skip(f"{binary} has no history --html")
    sim = subprocess.Popen(
        [binary, "sim", "--listen", "127.0.0.1:0", "--scenario", SCENARIO, "--throttle", "off"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        endpoint = sim.stdout.readline().removeprefix("listening on ").strip()
        environment = os.environ | {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AMIWATCH_STATE": str(tmp_path / "state.db"),
        }

        def run(*arguments) -> str:
            done = subprocess.run([binary, *arguments], env=environment, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            return done.stdout

        run("poll", *PLACE, "--kind", "all")
        yield run
    finally:
        sim.kill()
        sim.wait()


def test_the_page_of_the_binary_has_what_its_json_has(amiwatch, open_page, tmp_path):
    path = tmp_path / "made.html"
    amiwatch("history", "--html", str(path))
    tasks = json.loads(amiwatch("history", "-o", "json"))
    page = open_page(path)
    held = json.loads(page.locator("#data").text_content())
    assert set(held) == {"madeAt", "version", "tasks", "unreadable"}
    assert held["tasks"] == tasks != []
    assert held["unreadable"] == 0
    assert len(chart.bars(page)) == len(tasks)


def test_a_filter_of_the_command_line_holds_for_the_page(amiwatch, open_page, tmp_path):
    path = tmp_path / "made.html"
    chosen = json.loads(amiwatch("history", "-o", "json"))[0]["task"]
    amiwatch("history", chosen, "--html", str(path))
    page = open_page(path)
    assert {it["task"] for it in json.loads(page.locator("#data").text_content())["tasks"]} == {chosen}
