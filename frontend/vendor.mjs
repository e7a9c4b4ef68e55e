// Copies the front-end files this project uses from node_modules to static/vendor/NAME-VERSION/, reduced to what is used,
// with licences and SHA256SUMS. Run by `npm run vendor`; its output is committed, so that nobody else needs Node.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import postcss from "postcss";
import { DROPPED, ICONS, MIT } from "./kept.mjs";

const from = (path) => new URL(`node_modules/${path}`, import.meta.url);
const version = (name) => JSON.parse(readFileSync(from(`${name}/package.json`))).version;

function vendor(name, files) {
  const folder = new URL(`../static/vendor/${name}/`, import.meta.url);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(new URL(file, folder), content);
  const sums = readdirSync(folder).sort().map((file) =>
    `${createHash("sha256").update(readFileSync(new URL(file, folder))).digest("hex")}  ${file}\n`);
  writeFileSync(new URL("SHA256SUMS", folder), sums.join(""));
}

function dropUnreadVariables(root) {
  for (let dropped = -1; dropped !== 0; ) {
    dropped = 0;
    const read = new Set([...root.toString().matchAll(/var\((--[\w-]+)/g)].map((found) => found[1]));
    root.walkDecls(/^--/, (decl) => { if (!read.has(decl.prop)) { decl.remove(); dropped += 1; } });
    root.walkRules((rule) => { if (!rule.nodes.length) rule.remove(); });
  }
}

function reduced(css) {
  const root = postcss.parse(css);
  root.walkComments((comment) => { if (!comment.text.startsWith("!")) comment.remove(); });
  root.walkRules((rule) => {
    if (rule.parent.name?.endsWith("keyframes")) return;
    rule.selectors = rule.selectors.filter((selector) => !DROPPED.some((pattern) => pattern.test(selector)));
    if (!rule.selector) rule.remove();
  });
  dropUnreadVariables(root);
  const used = new Set();
  root.walkDecls(/^animation/, (decl) => decl.value.split(/[\s,]+/).forEach((word) => used.add(word)));
  root.walkAtRules(/keyframes$/, (rule) => { if (!used.has(rule.params)) rule.remove(); });
  root.walkDecls((decl) => { decl.raws.before = ""; decl.raws.between = ":"; });
  root.walkRules((rule) => {
    rule.raws = { before: "\n", between: "", after: "", semicolon: false };
    rule.selector = rule.selectors.join(",");
  });
  root.walkAtRules((rule) => { if (!rule.nodes?.length && rule.name === "media") rule.remove(); });
  return root.toString().replace(/\n\s*\n+/g, "\n");
}

function sprite(icons) {
  const symbols = icons.map((path) => {
    const svg = readFileSync(from(`@tabler/icons/icons/${path}.svg`), "utf8");
    const body = svg.replace(/<!--[^]*?-->/, "").replace(/^[^]*?<svg[^]*?>/, "").replace(/<\/svg>\s*$/, "").replace(/\s*\n\s*/g, "");
    return `<symbol id="${path.split("/")[1]}" viewBox="0 0 24 24">${body}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
}

vendor(`tabler-${version("@tabler/core")}`, {
  "tabler.css": reduced(readFileSync(from("@tabler/core/dist/css/tabler.css"), "utf8")),
  "LICENSE": MIT("2018-2026 The Tabler Authors, 2018-2026 codecalm.net Paweł Kuna"),
});
vendor(`tabler-icons-${version("@tabler/icons")}`, {
  "icons.svg": sprite(ICONS),
  "LICENSE": readFileSync(from("@tabler/icons/LICENSE")),
});
vendor(`inter-${version("@fontsource-variable/inter")}`, {
  "inter-latin-ext-wght-normal.woff2": readFileSync(from("@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2")),
  "inter-latin-wght-normal.woff2": readFileSync(from("@fontsource-variable/inter/files/inter-latin-wght-normal.woff2")),
  "LICENSE": readFileSync(from("@fontsource-variable/inter/LICENSE")),
});
