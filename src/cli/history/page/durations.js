// The statistics of durations by a field: a box plot and a table.
import { boxes } from "./boxes.js";
import { h } from "./dom.js";
import { grouped, leftOut } from "./statistics.js";
import { counted, duration, thousands } from "./words.js";

/** Groups that are shown before somebody asks for all. */
const FEW = 10;

/** Boxes that a plot has at most; the table has every group. */
const MOST_BOXES = 40;

const COLUMNS = [
  ["Tasks", (group) => thousands(group.tasks)],
  ["Failed", (group) => thousands(group.failed)],
  ["Measured", (group) => thousands(group.measured)],
  ["Median", (group) => said(group.spread?.median)],
  ["90th percentile", (group) => said(group.spread?.p90)],
  ["Longest", (group) => said(group.spread?.max)],
];

const said = (seconds) => (seconds === undefined ? "–" : duration(seconds));

/** Draws the durations by a field into `section`, which has a chart, a table and a button. */
export function durations(section, field, title) {
  const plot = boxes(section.querySelector(".chart"));
  const table = section.querySelector("table");
  const more = section.querySelector("button");
  let groups = [];
  let isAll = false;

  more.addEventListener("click", () => {
    isAll = !isAll;
    render();
  });

  function render() {
    const visible = isAll ? groups : groups.slice(0, FEW);
    plot.draw(visible.slice(0, MOST_BOXES));
    const head = [title, ...COLUMNS.map(([name]) => name)].map((name) => h("th", { scope: "col" }, name));
    const rows = visible.map((group) =>
      h("tr", {}, h("th", { scope: "row" }, group.name), ...COLUMNS.map(([, cell]) => h("td", {}, cell(group)))),
    );
    table.replaceChildren(h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
    more.hidden = groups.length <= FEW;
    more.textContent = isAll ? `Show ${FEW}` : `Show all ${thousands(groups.length)}`;
    const label = `Box plot of the durations of ${counted(visible.length, "group")}; the table says the same`;
    section.querySelector(".chart").setAttribute("aria-label", label);
  }

  return {
    chart: plot.chart,
    draw(tasks, completedOnly) {
      groups = grouped(tasks, field, completedOnly);
      render();
    },
    redraw: render,
  };
}

/** Which tasks are not in the durations. */
export function leftOutInWords(tasks, completedOnly) {
  const { running, endedBefore, noTimes, notCompleted } = leftOut(tasks, completedOnly);
  const reasons = [
    [running, `${counted(running, "has", "have")} not ended`],
    [endedBefore, `${thousands(endedBefore)} had ended before amiwatch first saw them`],
    [noTimes, `of ${thousands(noTimes)} no times are known`],
    [notCompleted, `${thousands(notCompleted)} did not end well`],
  ].filter(([count]) => count > 0);
  const total = reasons.reduce((sum, [count]) => sum + count, 0);
  if (total === 0) {
    return "Every task is in these durations.";
  }
  const texts = reasons.map(([, text]) => text).join(", ");
  return `Left out of the durations: ${counted(total, "task")} (${texts}).`;
}
