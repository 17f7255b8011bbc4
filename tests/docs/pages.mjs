// Opens pages of the docs in Chromium and asks of each what no reader of HTML alone can tell.
//
//     node pages.mjs AXE-FOLDER CHROMIUM PAGE...
//
// Ends with 1 and what is wrong.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [folder, chromium, ...pages] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const { default: puppeteer } = await import(require.resolve("puppeteer-core"));
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const wrong = [];

const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox"] });
try {
  for (const path of pages) {
    for (const scheme of ["light", "dark"]) {
      for (const width of [390, 1400]) await look(path, scheme, width);
    }
    await keyboard(path);
  }
} finally {
  await browser.close();
}
if (wrong.length) {
  console.log(wrong.join("\n"));
  process.exit(1);
}
console.log("pages are fine");

async function open(path, width, scheme) {
  // What one page keeps, another of the same browser would find.
  const page = await (await browser.createBrowserContext()).newPage();
  page.on("pageerror", (error) => wrong.push(`${path}: ${error.message}`));
  page.on("console", (said) => { if (said.type() === "error") wrong.push(`${path}: ${said.text()}`); });
  page.on("request", (request) => { if (!request.url().startsWith("file:")) wrong.push(`${path} asks ${request.url()}`); });
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(`file://${path}`);
  return page;
}

async function look(path, scheme, width) {
  const page = await open(path, width, scheme);
  const where = `${path} (${scheme}, ${width})`;
  // What is closed is looked at as well.
  await page.evaluate(() => document.querySelectorAll("details:not([name])").forEach((it) => { it.open = true; }));
  const wide = await page.evaluate(() => {
    const most = document.documentElement.clientWidth + 1;
    const boxes = [...document.querySelectorAll("body *")].filter((it) => !it.closest("figure, .vh, .skip, thead"));
    const over = boxes.filter((it) => it.getBoundingClientRect().width && it.getBoundingClientRect().right > most);
    return over.map((it) => `${it.tagName} ${it.textContent.slice(0, 60)}`);
  });
  wrong.push(...wide.map((it) => `${where}: beyond the page: ${it}`));
  // The page's policy lets no other script run; that of the debugger is not the page's.
  const found = await page.evaluate(async (source) => {
    (0, eval)(source);
    const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return violations.map((it) => `${it.id}: ${it.help}: ${it.nodes.map((node) => node.html).slice(0, 3).join(" | ")}`);
  }, axe).catch((error) => [`axe did not run: ${error.message}`]);
  wrong.push(...found.map((it) => `${where}: ${it}`));
  await page.close();
}

async function keyboard(path) {
  const page = await open(path, 1400, "light");
  const hidden = () => page.$eval("#hits", (it) => it.hidden);
  const expect = (is, what) => { if (!is) wrong.push(`${path}: ${what}`); };
  const name = await page.$eval("#index", (it) => JSON.parse(it.textContent).flatMap((group) => group.entries)[0][1]);
  await page.keyboard.press("/");
  expect(await page.evaluate(() => document.activeElement.id === "search"), "/ does not lead to the search");
  await page.keyboard.type(name.split(".").at(-1).toLowerCase());
  expect(!(await hidden()), "typing finds nothing");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  expect(await page.$eval("#search", (it) => it.getAttribute("aria-activedescendant") === "hit-0"), "arrows do not move");
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => location.hash.length > 1), "Enter does not go there");
  await page.keyboard.press("/");
  await page.keyboard.type("x");
  await page.keyboard.press("Escape");
  expect((await hidden()) && (await page.$eval("#search", (it) => it.value === "")), "Escape does not close");
  await page.focus("#theme");
  const outline = await page.$eval("#theme", (it) => getComputedStyle(it).outlineStyle);
  expect(outline !== "none", "focus is not visible");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.documentElement.dataset.theme === "dark"), "the theme does not change");
  const paper = await page.pdf({ format: "A4" });
  expect(paper.length > 1000, "nothing is printed");
  await page.close();
}
