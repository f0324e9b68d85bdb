// Reads the data and connects the parts of the page.
import "./trusted.js";
import { at, h } from "./dom.js";
import { durations, leftOutInWords } from "./durations.js";
import { shown, values } from "./filter.js";
import { countOf, filters } from "./filters.js";
import { span } from "./lanes.js";
import { read } from "./task.js";
import { table } from "./table.js";
import { timeline } from "./timeline.js";
import { counted, day, plain, time } from "./words.js";

/** The width of A4 between its margins: a canvas is not laid out anew for paper. */
const PAPER = 680;

function start() {
  const data = JSON.parse(at("data").textContent);
  const madeAt = Date.parse(data.madeAt);
  const tasks = data.tasks.map((raw, index) => read(raw, index, madeAt));
  at("made").textContent = `Made ${time(madeAt)} UTC by amiwatch ${plain(data.version)}.`;
  if (data.unreadable > 0) {
    const [items, are] = data.unreadable === 1 ? ["item", "is"] : ["items", "are"];
    at("unreadable").textContent =
      `${counted(data.unreadable, `stored ${items}`, `stored ${items}`)} cannot be understood and ${are} left out.`;
    at("unreadable").hidden = false;
  }
  if (tasks.length === 0) {
    at("empty").hidden = false;
    return;
  }
  at("content").hidden = false;
  const { from, to } = span(tasks);
  at("covers").textContent = `${counted(tasks.length, "task")} from ${day(from)} to ${day(to)}. All times are UTC.`;
  connect(tasks, madeAt);
}

function connect(tasks, madeAt) {
  let visible = tasks;
  const tableOfTasks = table(at("tasks"), at("pager"), madeAt, (task) => {
    tasksInTime.focus(task);
    at("timeline").scrollIntoView({ block: "center" });
  });
  const tasksInTime = timeline(
    at("timeline"),
    madeAt,
    (task) => tableOfTasks.open(task),
    (from, to) => (at("window").textContent = `${time(from).slice(0, -3)} to ${time(to).slice(0, -3)}`),
  );
  const byImage = durations(at("by-image"), "imageId", "AMI");
  const byBucket = durations(at("by-bucket"), "bucket", "Bucket");
  const completedOnly = at("completed-only");
  const rows = at("rows");

  const drawTimeline = () => visible.length > 0 && tasksInTime.draw(visible, rows.value);
  function drawDurations() {
    byImage.draw(visible, completedOnly.checked);
    byBucket.draw(visible, completedOnly.checked);
    at("left-out").textContent = leftOutInWords(visible, completedOnly.checked);
  }
  function draw() {
    at("count").textContent = countOf(visible.length, tasks.length);
    for (const element of document.querySelectorAll(".of-shown")) {
      element.hidden = visible.length === 0;
    }
    at("no-match").hidden = visible.length > 0;
    drawTimeline();
    drawDurations();
    tableOfTasks.draw(visible);
  }

  // One field for all rows is no grouping.
  for (const option of [...rows.options]) {
    option.hidden = option.value !== "" && values(tasks, option.value).length < 2;
  }
  rows.value = [...rows.options].find((option) => !option.hidden).value;
  rows.addEventListener("change", drawTimeline);
  completedOnly.addEventListener("change", drawDurations);
  at("earlier").addEventListener("click", () => tasksInTime.zoom(1, -0.5));
  at("later").addEventListener("click", () => tasksInTime.zoom(1, 0.5));
  at("zoom-in").addEventListener("click", () => tasksInTime.zoom(0.5));
  at("zoom-out").addEventListener("click", () => tasksInTime.zoom(2));
  at("zoom-all").addEventListener("click", tasksInTime.all);
  filters(at("filters"), tasks, (filter) => {
    visible = shown(tasks, filter);
    draw();
  });
  draw();

  const charts = [tasksInTime.chart, byImage.chart, byBucket.chart];
  function recolour() {
    drawTimeline();
    drawDurations();
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  function paper(isPaper) {
    document.documentElement.classList.toggle("on-paper", isPaper);
    recolour();
    for (const chart of charts) {
      chart.resize({ width: isPaper ? PAPER : "auto" });
      // The browser does not wait for the next frame before it prints.
      chart.getZr().flush();
    }
    tableOfTasks.print(isPaper);
  }
  addEventListener("beforeprint", () => paper(true));
  addEventListener("afterprint", () => paper(false));
  // For tests, and for whoever wants to look at the charts in the browser's console.
  globalThis.amiwatch = { timeline: tasksInTime.chart, byImage: byImage.chart, byBucket: byBucket.chart };
}

try {
  start();
} catch (error) {
  document.body.prepend(h("p", { role: "alert" }, `This page cannot show its data: ${error.message}`));
  throw error;
}
