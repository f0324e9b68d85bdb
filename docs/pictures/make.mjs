// Bundles page.jsx with the texts of the gallery, and takes a picture of each channel.
// node make.mjs FOLDER: where the pictures go.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { withPage } from "./browser.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const text = (name) => readFileSync(join(here, "gallery", name), "utf8");

// What each picture shows: a success and a failure, each twice, of several kinds of task.
const shown = {
  email: { subject: text("store-image-completed-subject.txt"), body: text("store-image-completed-email.txt") },
  slack: JSON.parse(text("import-image-failed-slack.json")),
  chat: JSON.parse(text("import-snapshot-completed-chat.json")),
  teams: JSON.parse(text("export-image-failed-teams.json")),
};

const bundled = await build({
  entryPoints: [join(here, "page.jsx")],
  bundle: true,
  write: false,
  outdir: here,
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"', SHOWN: JSON.stringify(shown) },
  loader: { ".svg": "dataurl", ".png": "dataurl" },
});
const output = (ending) => bundled.outputFiles.find((file) => file.path.endsWith(ending)).text;
const page = join(here, "page.html");
writeFileSync(
  page,
  `<!doctype html><meta charset="utf-8"><style>${output(".css")}</style><body></body>` +
    `<script>${output(".js").replaceAll("</script", "<\\/script")}</script>`,
);

await withPage({ viewport: { width: 1000, height: 800 }, deviceScaleFactor: 1.5 }, async (view) => {
  await view.goto(pathToFileURL(page).href);
  for (const channel of Object.keys(shown)) {
    const path = join(process.argv[2], `${channel}.png`);
    await view.locator(`#${channel}`).screenshot({ path });
    console.error(path);
  }
});
