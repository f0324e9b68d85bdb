// The parts of Apache ECharts that the page uses, and what all its charts have in common.
import { BoxplotChart, CustomChart } from "echarts/charts";
import { DataZoomInsideComponent, DataZoomSliderComponent, GridComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { pairs } from "./dom.js";

use([
  BoxplotChart,
  CanvasRenderer,
  CustomChart,
  DataZoomInsideComponent,
  DataZoomSliderComponent,
  GridComponent,
  TooltipComponent,
]);

export const FONT = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** A chart that keeps the width of its element. */
export function chart(element) {
  const made = init(element, null, { renderer: "canvas" });
  new ResizeObserver(() => {
    // A hidden element has no width, and ECharts warns about that.
    if (element.clientWidth > 0) {
      made.resize();
    }
  }).observe(element);
  return made;
}

/** What the options of all charts begin with. */
export function common(colours) {
  return {
    animation: false,
    useUTC: true,
    textStyle: { fontFamily: FONT, color: colours.text },
  };
}

/** A tooltip of facts. It is built of text nodes: ECharts would take a string for HTML. */
export function tooltip(colours, factsOf) {
  return {
    trigger: "item",
    // Its arrow, which a confined tooltip has not, would be set as HTML.
    confine: true,
    enterable: false,
    transitionDuration: 0,
    backgroundColor: colours.raised,
    borderColor: colours.line,
    textStyle: { color: colours.text, fontSize: 13 },
    extraCssText: "max-width: 30rem; white-space: normal; overflow-wrap: anywhere;",
    formatter: (parameters) => pairs(factsOf(parameters)),
  };
}

/** The style of an axis. */
export function axis(colours) {
  return {
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { color: colours.soft, hideOverlap: true },
    splitLine: { show: true, lineStyle: { color: colours.line } },
  };
}
