// Comfort for staff: a part of the page that refreshes itself while work runs, words kept while typed, keys of the queue.
(() => {
  "use strict";
  // <div id="run" data-poll="2000">: fetched anew every so many milliseconds until the answer says no more.
  const poll = (part) => {
    window.setTimeout(async () => {
      try {
        const response = await fetch(location.href, { headers: { "X-Requested-With": "fetch" } });
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const fresh = page.getElementById(part.id);
        if (fresh) { part.replaceWith(fresh); if (fresh.dataset.poll) poll(fresh); }
      } catch { poll(part); }
    }, Number(part.dataset.poll));
  };
  document.querySelectorAll("[data-poll][id]").forEach(poll);

  // <div data-drafts="address">: words typed into its text areas are kept at that address a moment after each change.
  document.querySelectorAll("[data-drafts]").forEach((part) => {
    const said = part.querySelector("[data-drafts-said]");
    const waiting = new Map();
    let timer;
    const keep = () => {
      window.clearTimeout(timer);
      if (!waiting.size) return;
      const form = new FormData();
      waiting.forEach((words, name) => form.append(name, words));
      waiting.clear();
      form.append("csrf_token", part.querySelector('input[name="csrf_token"]').value);
      fetch(part.dataset.drafts, { method: "POST", body: form, keepalive: true })
        .then((answer) => { if (answer.ok && said) said.textContent = said.dataset.draftsSaid; })
        .catch(() => {}); // without a network it stays on the page
    };
    part.addEventListener("input", (event) => {
      if (event.target.tagName !== "TEXTAREA") return;
      waiting.set(event.target.name, event.target.value);
      if (said) said.textContent = "";
      window.clearTimeout(timer);
      timer = window.setTimeout(keep, 800);
    });
    part.addEventListener("submit", (event) => { // what is sent needs no keeping; what stands in other forms does
      for (const name of new FormData(event.target).keys()) waiting.delete(name);
      keep();
    });
    window.addEventListener("pagehide", keep);
  });

  // Keys: n next case, j and k through the rows, x choose, / search, ? help. They can be switched off for this browser.
  const box = document.querySelector("[data-keys-switch]");
  const off = () => window.localStorage.getItem("keys") === "off";
  if (box) {
    box.checked = !off();
    box.addEventListener("change", () => window.localStorage.setItem("keys", box.checked ? "on" : "off"));
  }
  const links = [...document.querySelectorAll("[data-rows] tbody th a")];
  const go = (step) => {
    const here = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
    links[Math.min(Math.max(here + step, 0), links.length - 1)]?.focus();
  };
  const act = {
    n: () => document.querySelector('form[data-key="n"]')?.requestSubmit(),
    j: () => go(1),
    k: () => go(-1),
    x: () => document.activeElement.closest("[data-rows] tr")?.querySelector('input[type="checkbox"]')?.click(),
    "/": () => document.querySelector('[data-key="/"]')?.focus(),
    "?": () => {
      const help = document.getElementById("keys")?.closest("details");
      if (help) { help.open = !help.open; help.querySelector("summary").focus(); }
    },
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
    if (typing || off() || event.ctrlKey || event.metaKey || event.altKey || !act[event.key]) return;
    event.preventDefault();
    act[event.key]();
  });
})();
