// Comfort on the document pages; both work without it.
(() => {
  "use strict";
  // Files that arrive by phone appear while the page is looked at.
  const watched = document.querySelector("[data-refresh]");
  if (watched) {
    const look = async () => {
      if (document.hidden || document.querySelector("form[data-sent]")) return;
      const response = await fetch(watched.dataset.refresh, { headers: { "X-Requested-With": "fetch" } });
      if (!response.ok) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const count = (root) => root.querySelectorAll("#papers .papers li").length;
      if (count(page) === count(document)) return;
      for (const card of document.querySelectorAll("#papers > .card")) {
        const fresh = page.getElementById(card.id);
        const chosen = card.querySelector("input[type=file]");
        if (fresh && !(chosen && chosen.files.length) && !card.contains(document.activeElement)) card.replaceWith(fresh);
      }
    };
    window.setInterval(() => look().catch(() => {}), 4000);
  }

  // A bar that fills while a file is on its way.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form.upload") || event.defaultPrevented || !window.FormData) return;
    event.preventDefault();
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.setAttribute("aria-label", form.querySelector("button").textContent.trim());
    form.append(bar);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.addEventListener("progress", (step) => { if (step.lengthComputable) bar.value = step.loaded / step.total; });
    request.addEventListener("load", () => {
      if (request.status < 400) {
        const [there] = request.responseURL.split("#");
        if (there === location.href.split("#")[0]) location.reload(); else location.assign(request.responseURL);
        return;
      }
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      document.title = page.title;
      document.getElementById("main").replaceWith(page.getElementById("main"));
      document.querySelector("[data-focus]")?.focus();
    });
    request.addEventListener("error", () => { bar.remove(); form.submit(); });
    request.send(new FormData(form));
  });
})();
