// Puts the page together: node build.mjs FILE. The same sources make the same bytes.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const text = (...path) => readFileSync(join(here, ...path), "utf8");

/** What the content security policy calls a script or a style. */
const hash = (content) => `'sha256-${createHash("sha256").update(content).digest("base64")}'`;

/** The digest of the sources. A test makes it too, and so finds a page that was not built anew. */
function digestOfSources() {
  const digest = createHash("sha256");
  for (const name of readdirSync(here)
    .filter((it) => /\.(js|mjs|css|html|json)$/.test(it))
    .sort()) {
    digest.update(`${name}\n${text(name)}`);
  }
  return digest.digest("hex");
}

async function bundle(entry, options) {
  const { outputFiles } = await build({
    entryPoints: [join(here, entry)],
    absWorkingDir: here,
    bundle: true,
    minify: true,
    write: false,
    // The licences are below, whole.
    legalComments: "none",
    ...options,
  });
  return outputFiles[0].text.trim();
}

const LICENCES = [
  ["Apache ECharts", ["echarts/NOTICE", "echarts/LICENSE", "echarts/licenses/LICENSE-d3"]],
  ["ZRender", ["zrender/LICENSE"]],
  ["tslib", ["tslib/LICENSE.txt"]],
];

function licences() {
  const version = (name) => JSON.parse(text("node_modules", name, "package.json")).version;
  return LICENCES.map(([title, files]) => {
    const name = files[0].split("/")[0];
    return [`${title} ${version(name)}`, ...files.map((file) => text("node_modules", file).trim())].join("\n\n");
  }).join("\n\n\n");
}

// Nothing in a script or a style may end its element.
const script = (await bundle("main.js", { format: "iife", target: "es2020", charset: "ascii" }))
  .replaceAll("</script", "<\\/script")
  .replaceAll("<!--", "<\\!--");
const style = await bundle("style.css", { target: "chrome100" });

const parts = {
  // `frame-ancestors` is not listed: it has no effect in a page.
  policy: [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "trusted-types default",
    "require-trusted-types-for 'script'",
  ].join("; "),
  sources: digestOfSources(),
  style,
  licences: licences().replaceAll("&", "&amp;").replaceAll("<", "&lt;"),
  // What `amiwatch history --html` fills in.
  data: "{{data}}",
  script,
};
const page = text("template.html").replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
if (page.split("{{data}}").length !== 2) {
  throw new Error("the page must have {{data}} exactly once");
}
writeFileSync(process.argv[2], page);
