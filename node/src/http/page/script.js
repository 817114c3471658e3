// What is better with a script: results while one types, lists that follow what
// happens, forms that are checked while they are filled in, and copying.
// Everything works without it. What it shows comes from this site, as whole
// pages, of which it takes a part.
"use strict";

(() => {
  // Long enough not to ask for every letter, short enough to seem instant.
  const TYPING_MS = 150;
  // Events come in bursts, when another node's catalogue arrives.
  const BURST_MS = 1000;

  const later = (wait, act) => {
    let timer;
    return (...given) => {
      clearTimeout(timer);
      timer = setTimeout(() => act(...given), wait);
    };
  };

  // Asks for a page; a newer question of the same place ends an older one.
  const asker = () => {
    let going;
    return async (address, options = {}) => {
      if (going) going.abort();
      going = new AbortController();
      const answer = await fetch(address, { ...options, signal: going.signal, credentials: "same-origin" });
      if (!answer.ok) throw new Error(answer.status);
      return new DOMParser().parseFromString(await answer.text(), "text/html");
    };
  };

  // Puts the part with this id in the place of the one that is shown.
  const replace = (page, id) => {
    const [fresh, shown] = [page.getElementById(id), document.getElementById(id)];
    if (!fresh || !shown) return false;
    shown.replaceWith(document.adoptNode(fresh));
    prepare(document.getElementById(id));
    return true;
  };

  // The search: results while one types.
  const search = () => {
    const form = document.querySelector("form.search");
    const found = document.getElementById("found");
    if (!form || !found) return;
    const ask = asker();
    const show = async () => {
      const pairs = [...new FormData(form)].filter(([, value]) => value !== "");
      const address = form.getAttribute("action") + "?" + new URLSearchParams(pairs);
      const place = document.getElementById("found");
      place.setAttribute("aria-busy", "true");
      try {
        const page = await ask(address);
        if (!replace(page, "found")) return;
        document.title = page.title;
        document.getElementById("told").textContent = document.querySelector(".count").textContent;
        history.replaceState(null, "", address);
        const [fresh, shown] = [page, document].map((of) => of.querySelector("nav a.language"));
        if (fresh && shown) shown.href = fresh.getAttribute("href");
      } catch (error) {
        // What is shown stays; the button still asks in the ordinary way.
        if (error.name === "AbortError") return;
        place.removeAttribute("aria-busy");
        console.error(error);
      }
    };
    const soon = later(TYPING_MS, show);
    form.addEventListener("input", (event) => {
      if (!event.isComposing) soon();
    });
    // Whoever presses Enter wants it now.
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      show();
    });
  };

  // Lists that follow what happens: <ul id=… data-events="/api/v1/events">.
  const follow = () => {
    for (const list of document.querySelectorAll("[data-events][id]")) {
      const ask = asker();
      const refresh = later(BURST_MS, async () => {
        try {
          replace(await ask(location.href), list.id);
        } catch {
          // The next event asks again.
        }
      });
      const events = new EventSource(list.dataset.events);
      for (const name of ["published", "withdrawn"]) {
        events.addEventListener(name, refresh);
      }
    }
  };

  // Forms that are checked while they are filled in:
  // <form data-live="/where" data-live-target="#what">.
  const check = () => {
    for (const form of document.querySelectorAll("form[data-live]")) {
      const ask = asker();
      const target = document.querySelector(form.dataset.liveTarget);
      if (!target) continue;
      const soon = later(4 * TYPING_MS, async () => {
        const body = new URLSearchParams(new FormData(form));
        try {
          const page = await ask(form.dataset.live, { method: "POST", body });
          target.replaceChildren(...document.adoptNode(page.body).childNodes);
        } catch {
          // The button checks it as well.
        }
      });
      form.addEventListener("input", soon);
    }
  };

  // Buttons that copy: <button hidden data-copy="text">.
  const prepare = (part) => {
    if (!navigator.clipboard) return;
    for (const button of part.querySelectorAll("button[data-copy]")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = button.dataset.copied;
      });
    }
  };

  search();
  follow();
  check();
  prepare(document);
})();
