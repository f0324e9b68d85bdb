// How each status looks: a colour and a shape, so that nobody needs the colour to tell them apart.
// The colours are in style.css, where they change with the theme.

const SVG = "http://www.w3.org/2000/svg";

/** `bar` is solid, hollow or dashed; `mark` is a path in a box of 10 by 10, drawn at the bar's end. */
export const LOOKS = {
  completed: { bar: "solid", mark: null },
  failed: { bar: "solid", mark: "M1.5 1.5L8.5 8.5M8.5 1.5L1.5 8.5" },
  cancelled: { bar: "hollow", mark: "M5 0.5L5 9.5" },
  vanished: { bar: "dashed", mark: "M1 5A4 4 0 1 1 9 5A4 4 0 1 1 1 5" },
  stalled: { bar: "solid", mark: "M5 1L9.5 9L0.5 9Z" },
  running: { bar: "solid", mark: "M2 1L8 5L2 9" },
  unknown: { bar: "dashed", mark: null },
};

/** The colours of the theme that is in force, by their names in style.css. */
export function theme() {
  const style = getComputedStyle(document.documentElement);
  return new Proxy({}, { get: (_, name) => style.getPropertyValue(`--${name}`).trim() });
}

function svg(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  return element;
}

/** The bar of a status in small, for the filters and the table. */
export function swatch(status) {
  const { bar, mark } = LOOKS[status];
  const picture = svg("svg", { viewBox: "0 0 28 14", class: `swatch ${status} ${bar}`, "aria-hidden": "true" });
  picture.append(svg("rect", { x: 1, y: 3, width: 18, height: 8, rx: 2 }));
  if (mark) {
    picture.append(svg("path", { d: mark, transform: "translate(17 2)" }));
  }
  return picture;
}
