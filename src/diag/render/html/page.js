"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const filter = document.querySelector("#filter");
  const shown = document.querySelector("#shown");
  const items = all("[data-text]");
  document.documentElement.classList.add("js");

  const apply = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const severities = new Set(all("input[name=severity]:checked").map((box) => box.value));
    let visible = 0;
    for (const item of items) {
      const text = item.textContent.toLowerCase();
      const severity = item.dataset.severity;
      item.hidden = !(words.every((word) => text.includes(word)) && (!severity || severities.has(severity)));
      visible += item.hidden ? 0 : 1;
    }
    for (const group of all("[data-group]")) {
      const left = all("[data-text]", group).some((item) => !item.hidden);
      group.querySelector(".nothing").hidden = left;
    }
    shown.textContent = visible === items.length ? "" : `${visible} of ${items.length} shown`;
  };

  const copy = async (button) => {
    const code = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(code);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  };

  const move = (by) => {
    const stops = all("[data-stop]").filter((stop) => stop.checkVisibility());
    const at = stops.indexOf(document.activeElement);
    const to = at < 0 ? (by > 0 ? 0 : stops.length - 1) : Math.min(Math.max(at + by, 0), stops.length - 1);
    stops[to]?.focus();
    stops[to]?.scrollIntoView({ block: "nearest" });
  };

  const open = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.querySelector("summary").focus();
    }
  };

  filter.addEventListener("input", apply);
  all("input[name=severity]").forEach((box) => box.addEventListener("change", apply));
  all("[data-copies]").forEach((button) => button.addEventListener("click", () => copy(button)));
  addEventListener("hashchange", open);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const writing = document.activeElement === filter;
    if (event.key === "Escape" && writing) {
      filter.value = "";
      filter.blur();
      apply();
    } else if (event.key === "Enter" && writing) {
      move(1);
    } else if (writing) {
      return;
    } else if (event.key === "/") {
      filter.focus();
    } else if (event.key === "j") {
      move(1);
    } else if (event.key === "k") {
      move(-1);
    } else {
      return;
    }
    event.preventDefault();
  });

  // On paper nothing can be opened.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    closed.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((details) => { details.open = false; }));
  open();
})();
