"""bench/fleet: the tables and plots of what was measured."""

from fleet_limits import DISPATCH_S
from plot import apart, plot
from report import calls, number, table

MEMORY_MIB = 40


def seconds(milliseconds):
    return number(milliseconds / 1e3)


def poll_rows(results):
    return results["poll"]["rows"] + results["poll_tls"]["rows"]


def goals(results):
    """What the project asks of a fleet, and what this run found."""
    rows = []

    def goal(what, asked, found, kept):
        rows.append([what, asked, found, "yes" if kept else "**no**"])

    poll = results["poll"]
    count = poll["places"]
    for row in poll["rows"]:
        every, alone = row["all"]["warm"], row["alone"]["warm"]
        of = f"one poll of {count} places, {row['processor']}"
        for name, least in (
            ("one place alone", alone["wall_ms"]),
            ("its slowest place in the same poll", every["slowest_place_ms"]),
        ):
            ratio = every["wall_ms"] / least
            goal(f"{of}: wall time to that of {name}", "≤ 2", number(ratio), ratio <= 2)
    for tls, how in ((False, "without TLS"), (True, "with TLS")):
        peak = max(row["all"]["peak_mib"] for row in poll_rows(results) if row["tls"] == tls)
        goal(f"one poll of {count} places, {how}: peak memory, MiB", f"< {MEMORY_MIB}", number(peak), peak < MEMORY_MIB)
    first, *failing = results["failures"]["rows"]
    slower = max(row["others_done_ms"] for row in failing) / first["others_done_ms"]
    goal("two targets that fail: time until the others are done, to that without them", "≤ 1.1", number(slower), slower <= 1.1)
    least = min(row["others_listed"] for row in failing)
    goal("… the others that were listed", str(failing[0]["others"]), str(least), least == failing[0]["others"])
    for row in results["dispatch"]["rows"]:
        if row["accounts"] >= 1000 and "128 MB" in row:
            took = row["128 MB"]["cold"]["wall_ms"] / 1e3
            goal(f"dispatch of {row['places']:,} places, 128 MB, seconds", f"< {DISPATCH_S}", number(took), took < DISPATCH_S)
    sizes = [row for row in results["sizes"]["rows"] if row["places"] >= 17]
    if len(sizes) > 1:
        few, many = sizes[0], sizes[-1]
        for name, key in (("processor time", "processor_ms"), ("read units", "read_units")):
            growth = a_place(many, key) / a_place(few, key)
            goal(
                f"{name} a place at {many['places']:,} places to that at {few['places']}",
                "≤ 1.2", number(growth), growth <= 1.2,
            )  # fmt: skip
    documents = by_document(results["workers"])
    if len(documents) > 1:
        few, many = documents[0], documents[-1]
        growth = many["new"]["processor_ms"] / few["new"]["processor_ms"]
        goal(
            f"processor time of a worker's message at {many['document']:,} accounts in the document to that at {few['document']:,}",
            "≤ 1.2", number(growth), growth <= 1.2,
        )  # fmt: skip
    return table(["", "goal", "this run", "kept"], rows)


def by_document(workers):
    """Workers as on Lambda with all Regions, by the size of the document."""
    lambdas = [row for row in workers["rows"] if row["processor"] == "128 MB" and row["tls"] and row["tasks"]]
    every = max((row["regions"] for row in lambdas), default=0)
    return sorted((row for row in lambdas if row["regions"] == every), key=lambda row: row["document"])


def a_place(row, key, processor="whole", step="warm"):
    return row[processor][step][key] / row["places"]


def parts(results):
    return [
        *poll_parts(results),
        *failure_parts(results["failures"]),
        *size_parts(results["sizes"]),
        *dispatch_parts(results["dispatch"]),
        *worker_parts(results),
    ]


def poll_parts(results):
    poll = results["poll"]
    rows = []
    for row in poll_rows(results):
        for step in ("cold", "warm"):
            every, alone = row["all"][step], row["alone"][step]
            rows.append([
                row["processor"],
                "yes" if row["tls"] else "no",
                step,
                number(every["wall_ms"]),
                f"{every['wall_least_ms']:.0f} to {every['wall_most_ms']:.0f}",
                number(every["slowest_place_ms"]),
                number(alone["wall_ms"]),
                number(every["processor_ms"]),
                number(row["all"]["peak_mib"]),
                str(every["connections"]) if row["tls"] else "",
            ])  # fmt: skip
    head = ["processor", "TLS", "process", "wall ms", "least to most", "its slowest place", "one place alone", "processor ms", "peak MiB", "handshakes"]
    whole = poll["rows"][0]["all"]
    return [
        "### One poll",
        f"{poll['places']} places, each call {poll['rows'][0]['latency_ms']} ms. *Cold*: the first poll of a new process, the median of "
        f"{whole['cold']['invocations']}; *warm*: those that follow, of {whole['warm']['invocations']}. *Its slowest place*: from the "
        "first call for a place to the last answer, the longest in the poll. *One place alone*: a poll of nothing else.",
        table(head, rows),
        f"Calls of a cold poll: {calls(whole['cold']['calls'])}. Of a warm one: {calls(whole['warm']['calls'])}.",
    ]


def failure_parts(failures):
    rows = [
        [
            row["fails"],
            number(row["wall_ms"]),
            number(row["others_done_ms"]),
            f"{row['others_listed']} of {row['others']}",
            f"{row['failures']:.0f}",
            calls(row["refused"]) or "none",
        ]
        for row in failures["rows"]
    ]
    head = ["what fails", "the poll, ms", "the others are done after, ms", "others listed", "failures in the summary", "calls refused"]
    return [
        "### Two targets that fail",
        f"The same {failures['places']} places with {failures['latency_ms']} ms a call, a whole processor, in a new process each time. A "
        "denied role fails all Regions of its account. *The others* are all other places; they are done when the last of "
        "them has its last answer.",
        table(head, rows),
    ]


def size_parts(sizes):
    rows = []
    for row in sizes["rows"]:
        whole, shared = row["whole"], row.get("128 MB")
        rows.append([
            f"{row['places']:,}",
            row["accounts"],
            number(a_place(row, "processor_ms", step="cold")),
            whole["cold"]["connections"],
            number(a_place(row, "processor_ms")),
            number(a_place(row, "read_units")),
            f"{whole['warm']['write_units']:g}",
            f"{sum(whole['warm']['calls'].values()) / row['places']:.2f}",
            number(whole["peak_mib"]),
            seconds(whole["warm"]["wall_ms"]),
            seconds(shared["warm"]["wall_ms"]) if shared else "",
            seconds(shared["cold"]["wall_ms"]) if shared else "",
            shared["places_left"] if shared else "",
        ])  # fmt: skip
    head = [
        "places", "accounts", "cold: processor ms a place", "handshakes", "warm: processor ms a place", "read units a place", "write units",
        "calls a place", "peak MiB", "warm: wall s, whole processor", "128 MB", "cold: wall s, 128 MB", "not reached",
    ]  # fmt: skip
    return [
        "### What a place costs, by their number",
        f"One function polls all of them, with TLS, {sizes['latency_ms']} ms a call; in each place {sizes['tasks']} store tasks have ended. "
        "Nothing is new, so nothing is written.",
        table(head, rows),
        "![Processor time a place, by places](scale/processor.svg)",
    ]


def dispatch_parts(dispatch):
    every = dispatch["all_regions"]
    rows = []
    for row in dispatch["rows"] + ([every] if every else []):
        for processor in ("whole", "128 MB"):
            if processor not in row:
                continue
            cold, warm = row[processor]["cold"], row[processor]["warm"]
            rows.append([
                f"{row['accounts']:,}" + (", Regions `all`" if row is every else ""),
                f"{row['places']:,}",
                processor,
                seconds(cold["wall_ms"]),
                seconds(warm["wall_ms"]),
                number(cold["processor_ms"]),
                number(warm["processor_ms"]),
                number(row[processor]["peak_mib"]),
                calls(cold["calls"]),
            ])  # fmt: skip
    head = ["accounts", "places", "processor", "cold: wall s", "warm", "cold: processor ms", "warm", "peak MiB", "calls of a cold one"]
    sent = [
        [
            f"{row['accounts']:,}", row["parameters"], f"{row['document_bytes']:,}", row["messages"]["requests"], f"{row['messages']['messages']:,}",
            f"{row['messages']['bytes']:.0f}", f"{row['messages']['request_bytes_most']:,}",
        ]
        for row in dispatch["rows"]
    ]  # fmt: skip
    return [
        "### The dispatch",
        f"The scheduled function reads a document and sends a message for each account to the stand-in for SQS, which holds each request "
        f"against the limits of SQS: ten entries, distinct ids, 1 MiB. Each place was in the queue once. {dispatch['latency_ms']} ms a call. A "
        "*cold* one reads the document, a *warm* one has read it within five minutes. Where a document says `all` for the Regions, "
        "each account is asked for its own, once an hour.",
        table(head, rows),
        table(["accounts", "parameters", "bytes of the document", "requests to SQS", "messages", "bytes a message", "most bytes a request"], sent),
    ]


def worker_parts(results):
    workers = results["workers"]
    rows = []
    for row in workers["rows"]:
        cold, new, again = row["cold"], row["new"], row["again"]
        rows.append([
            row["regions"],
            f"{row['document']:,}",
            "yes" if row["tls"] else "no",
            row["tasks"] or "none",
            row["processor"],
            number(cold["wall_ms"]),
            number(new["wall_ms"]),
            number(again["wall_ms"]),
            number(cold["processor_ms"]),
            number(new["processor_ms"]),
            number(again["processor_ms"]),
            number(row["peak_mib"]),
            f"{new['read_units']:g}",
            f"{new['log_bytes']:.0f}",
        ])  # fmt: skip
    head = [
        "Regions", "accounts in the document", "TLS", "ended tasks", "processor", "wall ms: first", "new account", "known", "processor ms: first", "new account", "known",
        "peak MiB", "read units", "bytes logged",
    ]  # fmt: skip
    full = workers["rows"][0]
    memory = results["every_account"]["rows"]
    return [
        "### A worker",
        f"One message is one account. {workers['rounds']} processes together meet {workers['met']} accounts of those in the document. "
        "*First*: the first message of a new process, with the document to read and every connection to make. *New account*: one that the "
        f"process has not met, whose role it assumes. *Known*: one whose session it has. {workers['latency_ms']} ms a call.",
        table(head, rows),
        *(["![Wall time of a worker at 128 MB, by Regions](scale/worker.svg)"] if worker_plot(workers) else []),
        f"Calls for a new account: {calls(full['new']['calls'])}. For the first: {calls(full['cold']['calls'])}.",
        "### The memory of a worker that meets every account",
        f"One process, {memory[-1]['messages']:,} messages, each of another account, each a first poll of {len_regions(full)} Regions in which "
        "nothing is.",
        table(["messages"] + [f"{row['messages']:,}" for row in memory], [["peak MiB"] + [number(row["mib"]) for row in memory]]),
    ]


def len_regions(row):
    return row["regions"]


def plots(results):
    rows = results["sizes"]["rows"]
    series = {
        step: apart([(row["places"], a_place(row, "processor_ms", step=step)) for row in rows])
        for step in ("cold", "warm")
    }
    shown = {"processor": plot("Processor time a place, ms", "places", series, label=lambda value: f"{value:.2f}")}
    worker = worker_plot(results["workers"])
    return shown | ({"worker": worker} if worker else {})


def worker_plot(workers):
    rows = [row for row in workers["rows"] if row["processor"] == "128 MB" and row["tls"] and row["tasks"]]
    document = max((row["document"] for row in rows if row["regions"] == 1), default=None)
    rows = sorted((row for row in rows if row["document"] == document), key=lambda row: row["regions"])
    if len(rows) < 2:
        return None
    series = {
        name: [(row["regions"], row[step]["wall_ms"]) for row in rows]
        for name, step in (("first", "cold"), ("new", "new"), ("known", "again"))
    }
    return plot("Wall time of a worker at 128 MB, ms", "Regions of the account", series)
