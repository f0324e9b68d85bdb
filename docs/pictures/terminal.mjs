// Draws what terminal.py has kept with xterm.js, in a window, and takes a picture of each.
// node terminal.mjs FOLDER: where the pictures go.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withPage } from "./browser.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const NAMES = ["wait", "list", "history-terminal", "doctor"];
const xterm = join(here, "node_modules/@xterm/xterm");
const THEME = {
  background: "#1b1f24", foreground: "#d5dae0", cursor: "#1b1f24",
  red: "#ff8a80", green: "#7fd18b", yellow: "#f0c674", blue: "#8ab8ff",
};
const PAGE = `<!doctype html><meta charset="utf-8"><style>
  body { margin: 0; background: #fff }
  #window { display: inline-block; margin: 12px; background: ${THEME.background}; border: 1px solid #d0d7de;
    border-radius: 8px; overflow: hidden }
  #title { height: 28px; background: #2b3138; display: flex; align-items: center; gap: 7px; padding-left: 13px }
  #title i { width: 11px; height: 11px; border-radius: 50%; background: #56606b }
  #terminal { padding: 12px 16px 14px }
  .xterm .xterm-viewport { background: none !important; overflow: hidden }
</style><div id="window"><div id="title"><i></i><i></i><i></i></div><div id="terminal"></div></div>`;

/** A command and what it wrote, as a shell would have shown them. */
const typed = ({ command, output }) => `\x1b[32m$\x1b[0m \x1b[1m${command}\x1b[0m\r\n${output.trimEnd()}`;

/** In the page: shows a text, in as many rows as it has. */
async function draw({ text, columns, theme }) {
  const make = (rows) =>
    new window.Terminal({
      cols: columns, rows, theme, scrollback: 0, drawBoldTextInBrightColors: false, lineHeight: 1.25,
      // A character is 8 pixels wide: no seams in a bar.
      fontFamily: '"DejaVu Sans Mono", monospace', fontSize: 13.288,
    });
  const write = (terminal) => new Promise((done) => terminal.write(`${text}\x1b[?25l`, done));
  const measured = make(200);
  await write(measured);
  const lines = Array.from({ length: 200 }, (_, row) => measured.buffer.active.getLine(row)?.translateToString(true));
  const shown = make(lines.findLastIndex((line) => line) + 1);
  shown.open(document.getElementById("terminal"));
  await write(shown);
}

await withPage({ viewport: { width: 1400, height: 1600 }, deviceScaleFactor: 1.5 }, async (view) => {
  for (const name of NAMES) {
    const { columns, shown } = JSON.parse(readFileSync(join(here, `${name}.json`), "utf8"));
    await view.setContent(PAGE);
    await view.addStyleTag({ path: join(xterm, "css/xterm.css") });
    await view.addScriptTag({ path: join(xterm, "lib/xterm.js") });
    await view.evaluate(draw, { text: shown.map(typed).join("\r\n\r\n"), columns, theme: THEME });
    await view.waitForTimeout(200);
    const path = join(process.argv[2], `${name}.png`);
    await view.locator("#window").screenshot({ path });
    console.error(path);
  }
});
