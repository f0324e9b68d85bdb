// The controls by which tasks are filtered.
import { h } from "./dom.js";
import { everything, FIELDS, isEverything, values } from "./filter.js";
import { swatch } from "./looks.js";
import { MEANINGS, STATUSES } from "./task.js";
import { counted, thousands } from "./words.js";

const LABELS = { kind: "Kind", bucket: "Bucket", region: "Region", account: "Account" };
const ALL = { kind: "all kinds", bucket: "all buckets", region: "all Regions", account: "all accounts" };

/** Puts the controls into `form`; `onChange` gets each new filter. */
export function filters(form, tasks, onChange) {
  let filter = everything();
  let inputs = [];
  const clear = h("button", { type: "button", onclick: reset }, "Clear all filters");

  function change(changes) {
    filter = { ...filter, ...changes };
    clear.hidden = isEverything(filter);
    onChange(filter);
  }

  function reset() {
    for (const input of inputs) {
      if (input.type === "checkbox") {
        input.checked = true;
      } else {
        input.value = "";
      }
    }
    change(everything());
    // The button is gone: whoever used it by keyboard goes on from here.
    form.querySelector("input").focus();
  }

  function hide(status, isHidden) {
    const hidden = new Set(filter.hidden);
    hidden[isHidden ? "add" : "delete"](status);
    change({ hidden });
  }

  const search = h("input", {
    type: "search",
    placeholder: "a name, a reason …",
    oninput: (event) => change({ text: event.target.value }),
  });
  const choices = FIELDS.map((field) => [field, values(tasks, field)])
    .filter(([, found]) => found.length > 1)
    .map(([field, found]) => {
      const options = found.map(([value, count]) => h("option", { value }, `${value} (${thousands(count)})`));
      const all = h("option", { value: "" }, ALL[field]);
      const onchange = (event) => change({ chosen: { ...filter.chosen, [field]: event.target.value } });
      return h("label", {}, LABELS[field], h("select", { name: field, onchange }, all, ...options));
    });

  const counts = new Map(values(tasks, "status"));
  const boxes = STATUSES.filter((status) => counts.has(status)).map((status) => {
    const onchange = (event) => hide(status, !event.target.checked);
    const box = h("input", { type: "checkbox", name: status, checked: true, onchange });
    const text = h("span", {}, `${status} `, h("b", {}, thousands(counts.get(status))));
    return h("label", { className: "status", title: MEANINGS[status] }, box, swatch(status), text);
  });

  clear.hidden = true;
  form.append(
    h("div", { className: "choices" }, h("label", {}, "Search", search), ...choices, clear),
    h("fieldset", {}, h("legend", {}, "Outcome"), ...boxes),
  );
  form.addEventListener("submit", (event) => event.preventDefault());
  inputs = [...form.querySelectorAll("input, select")];
}

/** How many tasks are shown. */
export function countOf(shown, all) {
  return shown === all ? `All ${counted(all, "task")}` : `${thousands(shown)} of ${counted(all, "task")}`;
}
