// The timeline: a bar for each task, on lanes, grouped by a field.
import { axis, chart, common, FONT, tooltip } from "./charts.js";
import { facts } from "./facts.js";
import { lay, span } from "./lanes.js";
import { LOOKS, theme } from "./looks.js";
import { counted } from "./words.js";

const LANE = 18;
const BAR = 12;
const NARROWEST_BAR = 5;
/** The marks of looks.js are in a box of this size. */
const MARK = 10;
/** Narrower bars show no name. */
const NAMED_FROM = 56;
/** More lanes than this are scrolled. */
const MOST_LANES = 40;
const LEFT = 150;
const BELOW = 72;
/** The part of the whole time that a short task takes on its lane, about as wide as its bar and mark. */
const APART = 0.012;
/** The part of the whole time that is left free at both ends, for marks and short bars. */
const MARGIN = 0.01;

/**
 * Draws tasks into `element`. `onOpen` gets the task whose bar is clicked, `onWindow` the part of the
 * time that is shown.
 */
export function timeline(element, madeAt, onOpen, onWindow) {
  const made = chart(element);
  let laid = { bands: [], bars: [], lanes: 0 };
  let whole = { from: 0, to: 1 };
  let drawn = "";

  // The wheel alone scrolls the page. ECharts would take it even where `zoomOnMouseWheel` asks for a key.
  for (const name of ["wheel", "mousewheel"]) {
    element.addEventListener(name, (event) => event.ctrlKey || event.stopPropagation(), {
      capture: true,
      passive: true,
    });
  }
  made.on("click", { seriesId: "tasks" }, ({ dataIndex }) => onOpen(laid.bars[dataIndex].task));

  made.on("datazoom", () => {
    const { from, to } = inView();
    onWindow(from, to);
  });

  function draw(tasks, field) {
    const before = inView();
    const { from, to } = span(tasks);
    whole = { from: from - (to - from) * MARGIN, to: to + (to - from) * MARGIN };
    laid = lay(tasks, field, (to - from) * APART);
    const colours = theme();
    const height = Math.max(2, Math.min(laid.lanes, MOST_LANES)) * LANE + BELOW + 12;
    if (element.clientHeight !== height) {
      element.style.height = `${height}px`;
      made.resize();
    }
    element.setAttribute(
      "aria-label",
      `Timeline of ${counted(tasks.length, "task")}; the table of tasks says the same`,
    );
    made.setOption(
      {
        ...common(colours),
        tooltip: tooltip(colours, ({ dataIndex }) => facts(laid.bars[dataIndex].task, madeAt)),
        grid: { left: LEFT, right: laid.lanes > MOST_LANES ? 42 : 16, top: 8, bottom: BELOW },
        xAxis: { ...axis(colours), type: "time", min: whole.from, max: whole.to, axisLabel: timeLabel(colours) },
        yAxis: { type: "value", min: 0, max: laid.lanes, inverse: true, show: false },
        dataZoom: zooms(colours, laid.lanes),
        series: [bands(laid, colours), bars(laid, colours), now(madeAt, colours)],
      },
      { notMerge: true },
    );
    // The part of the time that is looked at stays when only a filter changes.
    const same = `${whole.from} ${whole.to}`;
    if (same === drawn && before) {
      show(before.from, before.to);
    }
    drawn = same;
    const { from: first, to: last } = inView();
    onWindow(first, last);
  }

  /** The part of the time that is shown. */
  function inView() {
    const zoom = made.getOption()?.dataZoom?.find((it) => it.id === "time");
    return zoom && { from: zoom.startValue, to: zoom.endValue };
  }

  function show(from, to) {
    made.dispatchAction({ type: "dataZoom", dataZoomId: "time", startValue: from, endValue: to });
  }

  /** Shows a part of the time `factor` as long, moved by `shift` of its length; never less than a minute. */
  function zoom(factor, shift = 0) {
    const { from, to } = inView();
    const length = Math.min(Math.max((to - from) * factor, 60_000), whole.to - whole.from);
    const middle = (from + to) / 2 + (to - from) * shift;
    const start = Math.min(Math.max(middle - length / 2, whole.from), whole.to - length);
    show(start, start + length);
  }

  /** Shows a task with some time around it. */
  function focus(task) {
    const around = Math.max(task.end - task.begin, 15 * 60_000);
    show(Math.max(whole.from, task.begin - around), Math.min(whole.to, task.end + around));
  }

  return { chart: made, draw, zoom, focus, all: () => show(whole.from, whole.to) };
}

function timeLabel(colours) {
  return {
    color: colours.soft,
    hideOverlap: true,
    formatter: {
      year: "{yyyy}",
      month: "{d} {MMM}",
      day: "{d} {MMM}",
      hour: "{HH}:{mm}",
      minute: "{HH}:{mm}",
      second: "{HH}:{mm}:{ss}",
    },
  };
}

/** The bar below zooms in time, so does the wheel with Ctrl; a long list of lanes has a bar at its side. */
function zooms(colours, lanes) {
  const look = {
    borderColor: colours.line,
    backgroundColor: "transparent",
    fillerColor: colours.selected,
    handleStyle: { color: colours.raised, borderColor: colours.soft },
    moveHandleStyle: { color: colours.soft, opacity: 0.4 },
    emphasis: { handleStyle: { borderColor: colours.accent }, moveHandleStyle: { color: colours.accent } },
    textStyle: { color: colours.soft },
    showDataShadow: false,
    brushSelect: false,
  };
  const scrolled = { yAxisIndex: 0, filterMode: "none", startValue: 0, endValue: MOST_LANES };
  return [
    {
      ...look,
      id: "time",
      type: "slider",
      xAxisIndex: 0,
      filterMode: "none",
      minValueSpan: 60_000,
      bottom: 10,
      height: 26,
      labelFormatter: (value) => new Date(value).toISOString().slice(0, 16).replace("T", "\n"),
    },
    {
      id: "wheel",
      type: "inside",
      xAxisIndex: 0,
      filterMode: "none",
      minValueSpan: 60_000,
      zoomOnMouseWheel: "ctrl",
      moveOnMouseMove: true,
      preventDefaultMouseMove: false,
    },
    ...(lanes > MOST_LANES
      ? [{ ...look, ...scrolled, id: "lanes", type: "slider", right: 8, width: 16, zoomLock: true, showDetail: false }]
      : []),
  ];
}

/** The background and the name of each group. */
function bands(laid, colours) {
  return {
    id: "bands",
    type: "custom",
    silent: true,
    z: 1,
    tooltip: { show: false },
    data: laid.bands.map(({ from, to }) => [0, from, to]),
    encode: { x: -1, y: [1, 2] },
    renderItem({ coordSys, dataIndex }, api) {
      const { x, y, width, height } = coordSys;
      const { name, from, to } = laid.bands[dataIndex];
      const top = Math.max(y, api.coord([0, from])[1]);
      const bottom = Math.min(y + height, api.coord([0, to])[1]);
      if (bottom - top < 1) {
        // Not a group without children: ECharts would leave the old ones where they were.
        return null;
      }
      const fill = dataIndex % 2 === 0 ? colours.band : "transparent";
      const label = { text: name, x: x - 10, y: (top + bottom) / 2, align: "right", verticalAlign: "middle" };
      const fitting = { overflow: "truncate", ellipsis: "…", width: LEFT - 18, height: bottom - top };
      return {
        type: "group",
        children: [
          { type: "rect", shape: { x: 0, y: top, width: x + width, height: bottom - top }, style: { fill } },
          { type: "text", style: { ...label, ...fitting, fill: colours.text, fontSize: 12, fontFamily: FONT } },
        ],
      };
    },
  };
}

/** A bar for each task. */
function bars(laid, colours) {
  return {
    id: "tasks",
    type: "custom",
    clip: true,
    z: 2,
    data: laid.bars.map(({ task, lane }) => [task.begin, task.end, lane]),
    encode: { x: [0, 1], y: 2 },
    renderItem({ coordSys, dataIndex }, api) {
      const { task, lane } = laid.bars[dataIndex];
      const [x, y] = api.coord([task.begin, lane + 0.5]);
      const width = Math.max(NARROWEST_BAR, api.coord([task.end, 0])[0] - x);
      const { x: left, y: top, width: room, height } = coordSys;
      if (x > left + room || x + width < left || y < top || y > top + height) {
        // Not a group without children: ECharts would leave the old ones where they were.
        return null;
      }
      return {
        type: "group",
       
        children: parts(task, { x, y, width, left, right: left + room }, colours),
      };
    },
  };
}

/** The bar itself, the mark of its status, and the task's name where there is room for it. */
function parts(task, { x, y, width, left, right }, colours) {
  const { bar, mark } = LOOKS[task.status];
  const colour = colours[task.status];
  const style = {
    fill: bar === "solid" ? colour : colours.paper,
    stroke: bar === "solid" ? colours.paper : colour,
    lineWidth: bar === "solid" ? 0.5 : 1.5,
    lineDash: bar === "dashed" ? [3, 2] : undefined,
  };
  const all = [{ type: "rect", shape: { x, y: y - BAR / 2, width, height: BAR, r: 2 }, style }];
  const visible = { from: Math.max(x, left), to: Math.min(x + width, right) };
  if (visible.to - visible.from >= NAMED_FROM) {
    const fill = bar === "solid" ? colours[`on-${task.status}`] : colours.text;
    const fitting = { overflow: "truncate", ellipsis: "…", width: visible.to - visible.from - 14 };
    const place = { x: visible.from + 5, y, verticalAlign: "middle" };
    all.push({
      type: "text",
      style: { text: task.name, ...place, ...fitting, fill, fontSize: 10, fontFamily: FONT },
      silent: true,
    });
  }
  if (mark) {
    // A ring of the paper's colour keeps the mark apart from the bar and from its neighbours.
    // Moved as an element: ECharts does not move the shape of a path that it has drawn before.
    const path = { type: "path", shape: { pathData: mark }, x: x + width - MARK / 2, y: y - MARK / 2 };
    all.push({ ...path, style: { fill: "none", stroke: colours.paper, lineWidth: 4.5 } });
    const stroke = colours[`mark-${task.status}`] || colour;
    const fill = task.status === "stalled" ? stroke : "none";
    all.push({ ...path, style: { fill, stroke, lineWidth: 2 } });
  }
  return all;
}

/** A line at the time at which the page was made. */
function now(madeAt, colours) {
  return {
    id: "now",
    type: "custom",
    clip: true,
    silent: true,
    z: 1,
    tooltip: { show: false },
    data: [[madeAt, 0]],
    encode: { x: 0, y: -1 },
    renderItem({ coordSys }, api) {
      const x = api.coord([madeAt, 0])[0];
      const shape = { x1: x, x2: x, y1: coordSys.y, y2: coordSys.y + coordSys.height };
      return { type: "line", shape, style: { stroke: colours.soft, lineWidth: 1, lineDash: [4, 4] } };
    },
  };
}
