// Makes elements. Texts become text nodes, so nothing of the data can become markup.

/** An element with properties (`on…` are listeners, `aria-…`, `data-…` and `role` attributes) and children. */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) {
      element.addEventListener(key.slice(2), value);
    } else if (key.includes("-") || key === "role") {
      element.setAttribute(key, value);
    } else {
      element[key] = value;
    }
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A column of labels and texts. */
export function pairs(facts) {
  return h("dl", { className: "facts" }, ...facts.flatMap(([label, text]) => [h("dt", {}, label), h("dd", {}, text)]));
}

/** The element of the page with this id. */
export function at(id) {
  return document.getElementById(id);
}
