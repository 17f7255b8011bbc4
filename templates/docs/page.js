"use strict";
(() => {
  const root = document.documentElement;
  const one = (selector) => document.querySelector(selector);
  root.classList.add("js");

  // Light and dark: what the system says, until somebody says otherwise. A page from file:// may have no storage.
  const theme = one("#theme");
  const themes = ["auto", "light", "dark"];
  const kept = () => {
    try { return localStorage.getItem("theme"); } catch { return null; }
  };
  const show = (name) => {
    if (name === "auto") delete root.dataset.theme;
    else root.dataset.theme = name;
    theme.textContent = `Theme: ${name}`;
    try { localStorage.setItem("theme", name); } catch { /* for this page only, then */ }
  };
  let current = themes.includes(kept()) ? kept() : "auto";
  if (current !== "auto") show(current);
  theme.addEventListener("click", () => {
    current = themes[(themes.indexOf(current) + 1) % themes.length];
    show(current);
  });

  // Search.
  const input = one("#search");
  const list = one("#hits");
  const home = one(".home").dataset.all;
  const MOST = 40;
  const elements = [];
  for (const { page, prefix, entries } of JSON.parse(one("#index").textContent)) {
    for (const [kind, rest] of entries) {
      const full = prefix + rest;
      const local = full.slice(full.lastIndexOf(".") + 1);
      elements.push({ kind, full, local, lower: full.toLowerCase(), last: local.toLowerCase(), href: `${page}#${full}` });
    }
  }
  const order = ["service", "method", "message", "enum", "extension", "field", "value"];
  const rank = (element, words) => {
    const whole = words.join("");
    if (!words.every((word) => element.lower.includes(word))) return -1;
    const near = element.last === whole ? 0 : element.last.startsWith(whole) ? 1 : element.last.includes(whole) ? 2 : 3;
    return near * 1e6 + order.indexOf(element.kind) * 1e4 + Math.min(element.full.length, 9999);
  };
  let hits = [];
  let chosen = -1;
  const choose = (at) => {
    chosen = at;
    [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
    const item = list.children[at];
    if (item) {
      input.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  };
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    choose(-1);
  };
  const search = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    list.replaceChildren();
    if (!words.length) { close(); return; }
    const found = [];
    for (const element of elements) {
      const at = rank(element, words);
      if (at >= 0) found.push([at, element]);
    }
    found.sort((a, b) => a[0] - b[0]);
    hits = found.slice(0, MOST).map(([, element]) => ({ href: element.href, words: element.local, more: `${element.kind} ${element.full}` }));
    if (home) {
      const href = `${home}#search=${encodeURIComponent(input.value)}`;
      hits.push({ href, words: `Search all packages for “${input.value}”`, more: `${found.length} found on this page` });
    }
    hits.forEach((hit, index) => {
      const item = document.createElement("li");
      item.id = `hit-${index}`;
      item.setAttribute("role", "option");
      item.dataset.href = hit.href;
      item.append(hit.words);
      const more = document.createElement("small");
      more.textContent = hit.more;
      item.append(more);
      list.append(item);
    });
    if (!hits.length) {
      const item = document.createElement("li");
      item.setAttribute("role", "option");
      item.setAttribute("aria-disabled", "true");
      item.textContent = "Nothing has this in its name.";
      list.append(item);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    one("#found").textContent = `${found.length} found`;
    choose(hits.length ? 0 : -1);
  };
  const go = (at) => {
    const hit = hits[at];
    if (!hit) return;
    close();
    input.blur();
    location.href = hit.href;
  };
  input.addEventListener("input", search);
  input.addEventListener("focus", () => { if (input.value) search(); });
  input.addEventListener("blur", () => setTimeout(close, 150));
  list.addEventListener("pointerdown", (event) => {
    const item = event.target.closest("li");
    if (!item) return;
    event.preventDefault();
    go([...list.children].indexOf(item));
  });
  input.addEventListener("keydown", (event) => {
    const open = !list.hidden && hits.length;
    if (event.key === "ArrowDown" && open) choose((chosen + 1) % hits.length);
    else if (event.key === "ArrowUp" && open) choose((chosen + hits.length - 1) % hits.length);
    else if (event.key === "Enter" && open) go(Math.max(chosen, 0));
    else if (event.key === "Escape") { input.value = ""; close(); input.blur(); } else return;
    event.preventDefault();
  });
  addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
  const asked = () => {
    if (!location.hash.startsWith("#search=")) return;
    input.value = decodeURIComponent(location.hash.slice(8));
    input.focus();
    search();
  };
  addEventListener("hashchange", asked);
  asked();

  // Copies of snippets.
  for (const box of document.querySelectorAll(".copied")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const code = box.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
      } catch {
        const range = document.createRange();
        range.selectNodeContents(code);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        document.execCommand("copy");
      }
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    box.append(button);
  }

  if (matchMedia("(max-width: 56rem)").matches) one("nav > details").open = false;

  // On paper nothing can be opened. Snippets of one method close one another, so they stay as they are.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("main details:not([open]):not([name])")];
    closed.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((details) => { details.open = false; }));
})();
