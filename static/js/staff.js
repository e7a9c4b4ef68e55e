// Comfort for staff: a part of the page that refreshes itself while work runs.
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
})();
