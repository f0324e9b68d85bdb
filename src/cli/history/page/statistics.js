// Durations of groups of tasks.

/** The value below which a share of the sorted numbers lies, interpolated between two neighbours. */
export function quantile(sorted, share) {
  if (sorted.length === 0) {
    return null;
  }
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}

/** Whether the duration of a task counts. */
function counts(task, completedOnly) {
  return task.seconds !== null && (!completedOnly || task.status === "completed");
}

/** The five numbers of a box, and the 90th percentile; null where nothing was measured. */
export function spread(seconds) {
  const sorted = [...seconds].sort((a, b) => a - b);
  if (sorted.length === 0) {
    return null;
  }
  return {
    min: sorted[0],
    quarter: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    threeQuarters: quantile(sorted, 0.75),
    p90: quantile(sorted, 0.9),
    max: sorted[sorted.length - 1],
  };
}

/** Tasks, failures and durations by the values of a field; those with the most tasks first. */
export function grouped(tasks, field, completedOnly) {
  const groups = new Map();
  for (const task of tasks) {
    const group = groups.get(task[field]) ?? { name: task[field], tasks: 0, failed: 0, seconds: [] };
    group.tasks += 1;
    group.failed += task.status === "failed" ? 1 : 0;
    if (counts(task, completedOnly)) {
      group.seconds.push(task.seconds);
    }
    groups.set(task[field], group);
  }
  return [...groups.values()]
    .map(({ seconds, ...group }) => ({ ...group, measured: seconds.length, spread: spread(seconds) }))
    .sort((a, b) => b.tasks - a.tasks || (a.name < b.name ? -1 : 1));
}

/** How many tasks are left out of the durations, and why. */
export function leftOut(tasks, completedOnly) {
  const unmeasured = tasks.filter((task) => task.seconds === null);
  return {
    running: unmeasured.filter((task) => task.runs).length,
    endedBefore: unmeasured.filter((task) => task.endedBefore).length,
    noTimes: unmeasured.filter((task) => !task.runs && !task.endedBefore).length,
    notCompleted: completedOnly
      ? tasks.filter((task) => task.seconds !== null && task.status !== "completed").length
      : 0,
  };
}
