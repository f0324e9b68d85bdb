// The spread of the durations of each group, as a box plot.
import { axis, chart, common, tooltip } from "./charts.js";
import { theme } from "./looks.js";
import { counted, duration, shortDuration } from "./words.js";

const ROW = 30;
const BELOW = 34;
const LEFT = 176;

/** What the tooltip and the table say of a group. */
export function factsOf(group) {
  const { name, tasks, failed, measured, spread } = group;
  return [
    ["Name", name],
    ["Tasks", counted(tasks, "task")],
    ["Failed", counted(failed, "task")],
    ["Measured", counted(measured, "task")],
    ["Shortest", duration(spread.min)],
    ["Middle half", `${duration(spread.quarter)} to ${duration(spread.threeQuarters)}`],
    ["Median", duration(spread.median)],
    ["90th percentile", duration(spread.p90)],
    ["Longest", duration(spread.max)],
  ];
}

/** Draws groups into `element`. */
export function boxes(element) {
  const made = chart(element);
  let groups = [];

  function draw(all) {
    groups = all.filter((group) => group.spread);
    element.hidden = groups.length === 0;
    if (groups.length === 0) {
      return;
    }
    const colours = theme();
    element.style.height = `${groups.length * ROW + BELOW + 8}px`;
    made.resize();
    const interval = step(groups);
    const max = Math.ceil(longest(groups) / interval) * interval;
    const label = { color: colours.text, width: LEFT - 12, overflow: "truncate", fontSize: 12, interval: 0 };
    made.setOption(
      {
        ...common(colours),
        tooltip: tooltip(colours, ({ dataIndex }) => factsOf(groups[dataIndex])),
        grid: { left: LEFT, right: 20, top: 4, bottom: BELOW },
        xAxis: { ...axis(colours), type: "value", min: 0, max, interval, axisLabel: durations(colours) },
        yAxis: {
          ...axis(colours),
          type: "category",
          inverse: true,
          // Named by number: two groups may have names that look the same.
          data: groups.map((_, index) => String(index)),
          axisLabel: { ...label, formatter: (index) => groups[Number(index)]?.name ?? "" },
          splitLine: { show: false },
        },
        series: [spreads(groups, colours), p90(groups, colours)],
      },
      { notMerge: true },
    );
  }

  return { chart: made, draw };
}

function durations(colours) {
  return { color: colours.soft, hideOverlap: true, formatter: shortDuration };
}

const longest = (groups) => Math.max(...groups.map((group) => group.spread.max), 1);

/** The distance of the lines of the axis: a round duration, at most six times in the longest. */
function step(groups) {
  const round = [1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800];
  return round.find((it) => longest(groups) / it <= 6) ?? Math.ceil(longest(groups) / 6 / 86_400) * 86_400;
}

function spreads(groups, colours) {
  return {
    id: "spreads",
    type: "boxplot",
    boxWidth: [8, 16],
    itemStyle: { color: colours.selected, borderColor: colours.completed, borderWidth: 1.5 },
    emphasis: { disabled: true },
    data: groups.map(({ spread }) => [spread.min, spread.quarter, spread.median, spread.threeQuarters, spread.max]),
  };
}

/** A diamond at the 90th percentile. */
function p90(groups, colours) {
  return {
    id: "p90",
    type: "custom",
    silent: true,
    z: 3,
    tooltip: { show: false },
    data: groups.map(({ spread }, index) => [spread.p90, index]),
    encode: { x: 0, y: 1 },
    renderItem({ dataIndex }, api) {
      const [x, y] = api.coord([groups[dataIndex].spread.p90, dataIndex]);
      const points = [
        [x - 5, y],
        [x, y - 5],
        [x + 5, y],
        [x, y + 5],
      ];
      return { type: "polygon", shape: { points }, style: { fill: colours.text, stroke: colours.paper } };
    },
  };
}
