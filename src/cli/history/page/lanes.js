// Puts the tasks on lanes, so that no two bars of a lane overlap.

/**
 * Groups the tasks by a field (or not, where it is empty), and puts each on the first free lane of its
 * group. `apart` is the least room that a bar takes, in milliseconds: a short task in a long time is
 * drawn wider than it is.
 */
export function lay(tasks, field, apart) {
  const groups = new Map();
  for (const task of [...tasks].sort((a, b) => a.begin - b.begin || a.index - b.index)) {
    const name = field ? task[field] : "";
    const group = groups.get(name) ?? { name, free: [], placed: [] };
    const found = group.free.findIndex((at) => at <= task.begin);
    const lane = found < 0 ? group.free.length : found;
    group.free[lane] = Math.max(task.end, task.begin + apart);
    group.placed.push({ task, lane });
    groups.set(name, group);
  }
  const bands = [];
  const bars = [];
  let from = 0;
  for (const { name, free, placed } of [...groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    bands.push({ name, from, to: from + free.length });
    bars.push(...placed.map(({ task, lane }) => ({ task, lane: from + lane })));
    from += free.length;
  }
  return { bands, bars, lanes: from };
}

/** From the first beginning to the last end. */
export function span(tasks) {
  let from = Infinity;
  let to = -Infinity;
  for (const task of tasks) {
    from = Math.min(from, task.begin);
    to = Math.max(to, task.end);
  }
  // An axis needs a length, also for one task that took no time.
  return { from, to: Math.max(to, from + 60_000) };
}
