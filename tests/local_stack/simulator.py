"""`amiwatch sim` and its admin surface."""

import json
import urllib.request

LISTENING = "listening on "


def start(children, binaries, folder, scenario, options):
    """Starts the simulator on a scenario."""
    file = folder / "scenario.yaml"
    # JSON is YAML.
    file.write_text(json.dumps(scenario))
    command = [binaries.amiwatch, "sim", "--listen", "127.0.0.1:0", "--scenario", file, *options]
    # Nothing but where to listen: it calls nobody.
    process = children.start("simulator", command, {})

    def address():
        lines = children.log("simulator").read_text().splitlines(keepends=True)
        found = [line for line in lines if line.startswith(LISTENING) and line.endswith("\n")]
        return found and found[0].removeprefix(LISTENING).strip()

    return Simulator(children.wait_for("the simulator", process, address, 10))


class Simulator:
    """A running simulator."""

    def __init__(self, url):
        self.url = url

    def admin(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + "/_sim" + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def stores(self, *tasks, **place):
        """Adds store tasks."""
        return self.admin("POST", "/tasks", {"store_tasks": list(tasks), **place})
