// Where the browser knows Trusted Types, the page's policy makes it refuse to take any text for HTML.
// ECharts empties elements by setting "" as HTML, so that alone is let through.
globalThis.trustedTypes?.createPolicy("default", {
  createHTML: (text) => (text === "" ? text : null),
});
