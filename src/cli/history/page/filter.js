// Which tasks are shown.

/** The fields of which one value can be chosen. */
export const FIELDS = ["kind", "bucket", "region", "account"];

/** Shows everything. `hidden` has the statuses that are left out, `chosen` a value by field. */
export function everything() {
  return { text: "", hidden: new Set(), chosen: {} };
}

/** Whether the filter leaves anything out. */
export function isEverything(filter) {
  return filter.text.trim() === "" && filter.hidden.size === 0 && Object.values(filter.chosen).every((it) => !it);
}

/** The tasks that the filter shows. Each word of the text must be somewhere in the task. */
export function shown(tasks, filter) {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = Object.entries(filter.chosen).filter(([, value]) => value);
  return tasks.filter(
    (task) =>
      !filter.hidden.has(task.status) &&
      chosen.every(([field, value]) => task[field] === value) &&
      words.every((word) => task.searched.includes(word)),
  );
}

/** The values of a field, each with its number of tasks, in the order of the alphabet. */
export function values(tasks, field) {
  const counts = new Map();
  for (const task of tasks) {
    counts.set(task[field], (counts.get(task[field]) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
}
