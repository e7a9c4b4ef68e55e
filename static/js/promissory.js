// Comfort for readers with JavaScript; every page works without it.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const store = window.sessionStorage;

  // The error summary takes the focus when the form came back.
  document.querySelector("[data-focus]")?.focus();

  // A second click on a button that writes does nothing while the first is under way.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    all("button", form).forEach((button) => button.setAttribute("aria-disabled", "true"));
    window.setTimeout(() => release(form), 8000);
  });
  const release = (form) => {
    delete form.dataset.sent;
    all("button", form).forEach((button) => button.removeAttribute("aria-disabled"));
  };
  window.addEventListener("pageshow", () => all("form[data-sent]").forEach(release));

  // Menus close on Escape, on a click elsewhere, and when the focus leaves.
  const closeMenus = (except) => all("details.menu[open]").forEach((menu) => { if (menu !== except) menu.open = false; });
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("focusin", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest?.("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  // The theme changes without leaving the page; the cookie is set by the server as without JavaScript.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (!form.matches("[data-theme-form]") || !button) return;
    event.preventDefault();
    document.documentElement.dataset.theme = button.value;
    all("[data-theme-form] button").forEach((other) => other.setAttribute("aria-pressed", String(other.value === button.value)));
    const body = new URLSearchParams(new FormData(form));
    body.set(button.name, button.value);
    fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" }, redirect: "manual" });
  });

  // Changing the language keeps what was typed: it waits in this tab's storage for the page to come back.
  const key = `typed ${location.pathname}`;
  const typed = () => all("main form:not([method=get]) :is(input, select, textarea)").filter(
    (field) => field.name && !["hidden", "password", "file", "submit"].includes(field.type));
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-keep]")) return;
    const kept = typed().map((field) => [field.name, field.type, field.value, Boolean(field.checked)]);
    if (kept.length) store.setItem(key, JSON.stringify(kept));
  });
  const kept = store.getItem(key);
  if (kept) {
    store.removeItem(key);
    for (const [name, type, value, checked] of JSON.parse(kept)) {
      for (const field of typed().filter((one) => one.name === name && one.type === type)) {
        if (type === "radio" || type === "checkbox") { if (field.value === value) field.checked = checked; } else field.value = value;
      }
    }
  }

  // 万 and 亿 beside money fields, for Chinese readers.
  const plain = (text) => text.normalize("NFKC").replace(/[\s,'’_¥￥€$£元]/g, "");
  const amountOf = (text) => {
    const [, digits, unit] = /^(\d+(?:\.\d*)?)([千万萬亿億]?)$/.exec(plain(text)) ?? [];
    return digits === undefined ? NaN : Number(digits) * ({ 千: 1e3, 万: 1e4, 萬: 1e4, 亿: 1e8, 億: 1e8 }[unit] ?? 1);
  };
  const hint = (value, currency) => {
    if (!(value >= 1e4)) return "";
    const [scale, unit] = value >= 1e8 ? [1e8, "亿"] : [1e4, "万"];
    const short = Math.round((value / scale) * 100) / 100;
    return `${short * scale === value ? "" : "约 "}${short.toLocaleString("zh-CN")} ${unit}${currency === "CNY" ? "元" : ""}`;
  };
  if (document.documentElement.lang.startsWith("zh")) {
    document.addEventListener("input", (event) => {
      const place = event.target.dataset?.money && document.getElementById(`${event.target.id}-wan`);
      if (place) place.textContent = hint(amountOf(event.target.value), event.target.dataset.money);
    });
  }

  // A slider beside its number box: either moves the other.
  for (const slider of all("[data-slider]")) {
    const range = slider.querySelector("[data-range-for]");
    const box = document.getElementById(range.dataset.rangeFor);
    range.hidden = false;
    slider.classList.add("slider-on");
    const follow = () => { const value = amountOf(box.value); if (!Number.isNaN(value)) range.value = value; };
    follow();
    range.addEventListener("input", () => {
      box.value = Number(range.value).toLocaleString("en-US");
      box.dispatchEvent(new Event("input", { bubbles: true }));
    });
    box.addEventListener("input", (event) => { if (event.isTrusted) follow(); });
  }

  // <form data-live="#result">: the part of the page named is fetched anew while the reader types.
  for (const form of all("form[data-live]")) {
    let timer; let asked = 0;
    const refresh = async () => {
      const number = (asked += 1);
      const query = new URLSearchParams(new FormData(form));
      query.delete("csrf_token");
      const response = await fetch(`${form.getAttribute("action") || location.pathname}?${query}`, { headers: { "X-Requested-With": "fetch" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.querySelector(form.dataset.live);
      const stale = document.querySelector(form.dataset.live);
      if (number === asked && fresh && stale) stale.replaceWith(fresh);
    };
    form.addEventListener("input", () => { window.clearTimeout(timer); timer = window.setTimeout(() => refresh().catch(() => {}), 250); });
  }
})();
