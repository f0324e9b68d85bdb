// Takes the picture of the page of `amiwatch history --html`, filled with a made-up month.
// node history.mjs PAGE FOLDER: the page, and where the picture goes.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { withPage } from "./browser.mjs";
import { sample } from "./history-sample.mjs";

const [, , page, folder] = process.argv;
const filled = join(dirname(fileURLToPath(import.meta.url)), "history.html");
const data = JSON.stringify(sample).replaceAll("<", "\\u003c");
writeFileSync(
  filled,
  readFileSync(page, "utf8").replace("{{data}}", () => data),
);

await withPage({ viewport: { width: 1200, height: 900 }, deviceScaleFactor: 1.5 }, async (view) => {
  await view.goto(pathToFileURL(filled).href);
  const path = join(folder, "history.png");
  // From the top to the durations by AMI: the rest is tables.
  const { y, height } = await view.locator("#by-image").boundingBox();
  await view.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width: 1200, height: y + height + 16 } });
  console.error(path);
});
