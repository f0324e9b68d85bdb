// The table of tasks: sorted by any column, a page at a time; a row opens to all facts of its task.
import { h, pairs } from "./dom.js";
import { ended, facts, took } from "./facts.js";
import { swatch } from "./looks.js";
import { counted, plain, thousands, time } from "./words.js";

/** Rows of a page: some thousands at once would make each key typed into the search slow. */
const ROWS = 50;

/** What sorts last in both directions. */
const LAST = null;

/** Title, cell, and what is sorted by. */
const COLUMNS = [
  column(
    "outcome",
    "Outcome",
    (task) => [swatch(task.status), " ", task.status],
    (task) => task.status,
  ),
  column(
    "name",
    "Task",
    (task) => task.name,
    (task) => task.name,
  ),
  column(
    "kind",
    "Kind",
    (task) => task.kind,
    (task) => task.kind,
  ),
  column(
    "begin",
    "Started (UTC)",
    (task) => time(task.begin),
    (task) => task.begin,
  ),
  column("end", "Ended (UTC)", ended, (task) => task.ended ?? Infinity),
  column("took", "Took", took, (task) => task.seconds ?? LAST),
  { ...column("bucket", "Bucket", bucketOf, (task) => bucketOf(task) || LAST), mayBeEmpty: true },
  column(
    "region",
    "Region",
    (task) => task.region,
    (task) => task.region,
  ),
  { ...column("reason", "Reason", reasonOf, (task) => reasonOf(task) || LAST), mayBeEmpty: true },
];

function column(id, title, cell, by) {
  return { id, title, cell, by };
}

function bucketOf(task) {
  return task.raw.bucket ? task.bucket : "";
}

function reasonOf(task) {
  return plain(task.raw.reason ?? "");
}

/** The tasks in the order of a column; those at once in the order of the data. */
export function sorted(tasks, { by }, descending) {
  const keyed = tasks.map((task) => ({ task, key: by(task) }));
  keyed.sort((a, b) => {
    if (a.key === b.key) {
      return a.task.index - b.task.index;
    }
    if (a.key === LAST || b.key === LAST) {
      return a.key === LAST ? 1 : -1;
    }
    return (a.key < b.key ? -1 : 1) * (descending ? -1 : 1);
  });
  return keyed.map(({ task }) => task);
}

/** Draws tasks into the table; `onFind` gets the task that is to be shown in the timeline. */
export function table(element, pager, madeAt, onFind) {
  let tasks = [];
  let by = COLUMNS.find(({ id }) => id === "end");
  let descending = true;
  let page = 0;
  const open = new Set();
  const body = h("tbody");
  const headers = new Map();

  function sort(chosen) {
    // Times are of interest from the newest, names from the first.
    descending = chosen === by ? !descending : ["begin", "end", "took"].includes(chosen.id);
    by = chosen;
    page = 0;
    render();
  }

  function toggle(task) {
    open[open.has(task.index) ? "delete" : "add"](task.index);
    render();
    button(task)?.focus({ preventScroll: true });
  }

  const button = (task) => body.querySelector(`button[data-task="${task.index}"]`);

  function row(task, columns) {
    const isOpen = open.has(task.index);
    const cells = columns.map(({ id, cell }) => {
      if (id !== "name") {
        return h("td", { className: id }, ...[cell(task, madeAt)].flat());
      }
      const properties = { type: "button", "aria-expanded": isOpen, "data-task": task.index, title: "Show all facts" };
      return h("th", { scope: "row" }, h("button", { ...properties, onclick: () => toggle(task) }, task.name));
    });
    const line = h("tr", { className: isOpen ? "open" : "" }, ...cells);
    if (!isOpen) {
      return [line];
    }
    const find = h("button", { type: "button", onclick: () => onFind(task) }, "Show in the timeline");
    const details = h("td", { colSpan: columns.length }, pairs(facts(task, madeAt)), find);
    return [line, h("tr", { className: "details" }, details)];
  }

  function render(all = false) {
    const ordered = sorted(tasks, by, descending);
    const pages = Math.max(1, Math.ceil(ordered.length / ROWS));
    page = Math.min(page, pages - 1);
    const from = all ? 0 : page * ROWS;
    const visible = ordered.slice(from, all ? undefined : from + ROWS);
    // A column in which nobody has anything takes room from the others.
    const columns = COLUMNS.filter((it) => !it.mayBeEmpty || tasks.some((task) => it.cell(task) !== ""));
    for (const [it, header] of headers) {
      header.hidden = !columns.includes(it);
      header.setAttribute("aria-sort", it !== by ? "none" : descending ? "descending" : "ascending");
    }
    body.replaceChildren(...visible.flatMap((task) => row(task, columns)));
    element.parentElement.hidden = tasks.length === 0;
    pager.hidden = pages === 1;
    const turn = (step) => () => {
      page += step;
      render();
      pager.querySelector(`[data-turn="${step}"]:enabled, button:enabled`)?.focus();
    };
    const turner = (step, text, disabled) =>
      h("button", { type: "button", onclick: turn(step), disabled, "data-turn": step }, text);
    const range = `${thousands(from + 1)} to ${thousands(from + visible.length)} of ${counted(ordered.length, "task")}`;
    pager.replaceChildren(
      turner(-1, "Previous", page === 0),
      h("span", { role: "status" }, range),
      turner(1, "Next", page === pages - 1),
    );
  }

  const heads = COLUMNS.map((it) => {
    const header = h("th", { scope: "col" }, h("button", { type: "button", onclick: () => sort(it) }, it.title));
    headers.set(it, header);
    return header;
  });
  element.append(h("thead", {}, h("tr", {}, ...heads)), body);

  return {
    draw(shown) {
      tasks = shown;
      page = 0;
      render();
    },
    /** Opens the row of a task, and goes there. */
    open(task) {
      open.add(task.index);
      page = Math.floor(sorted(tasks, by, descending).indexOf(task) / ROWS);
      render();
      button(task)?.scrollIntoView({ block: "center" });
      button(task)?.focus({ preventScroll: true });
    },
    /** All rows at once, for paper; or again a page of them. */
    print(all) {
      render(all);
    },
  };
}
