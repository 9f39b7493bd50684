/* What a script adds to pages that work without one: keys, menus that close, focus where it is wanted. */
(() => {
  "use strict";
  const typing = (target) =>
    target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;
  const rows = () => [...document.querySelectorAll("[data-rows] > *, #result_list tbody tr, .item-list > li")];

  const focusWrong = (root) => {
    const summary = root.querySelector?.(".error-summary");
    if (summary) summary.focus();
  };
  document.addEventListener("DOMContentLoaded", () => focusWrong(document));
  document.addEventListener("htmx:afterSettle", (event) => focusWrong(event.target));

  /* On a phone the staff's navigation is one long line: where one is stands in it. */
  document.addEventListener("DOMContentLoaded", () => {
    const here = document.querySelector(".staff-nav [aria-current]");
    const nav = here?.parentElement;
    if (nav) nav.scrollLeft = here.offsetLeft - (nav.clientWidth - here.offsetWidth) / 2;
  });

  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const now = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[Math.min(Math.max(now + step, 0), all.length - 1)];
    (next.querySelector("a") ?? next.querySelector("button, summary"))?.focus();
    next.scrollIntoView({ block: "nearest" });
  };

  const closeMenus = (except) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (menu !== except) menu.open = false;
    });
  };

  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));

  /* Single keys can be switched off, on each device: some people speak to their computer, or press keys by accident. */
  const keysAre = (on) => {
    try {
      if (on !== undefined) localStorage.setItem("keys", on ? "on" : "off");
      return localStorage.getItem("keys") !== "off";
    } catch {
      return true;
    }
  };
  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-keys-switch]");
    if (!box) return;
    box.checked = keysAre();
    box.addEventListener("change", () => keysAre(box.checked));
  });

  /* Back on the first page, the row that was pressed has the focus again. */
  window.addEventListener("load", () => {
    const pressed = location.hash.startsWith("#session-") && document.getElementById(location.hash.slice(1));
    pressed?.querySelector?.("a")?.focus();
  });

  const press = (number) => {
    const row = rows().find((one) => one.contains(document.activeElement));
    row?.querySelectorAll("[data-press]:not(:disabled)")[number - 1]?.click();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = document.querySelector("details.menu[open]");
      if (open) {
        open.open = false;
        open.querySelector("summary").focus();
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !keysAre()) return;
    const help = document.getElementById("keys");
    if (event.key === "/") {
      const search = document.querySelector("#searchbar, [data-search]");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    } else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key >= "1" && event.key <= "9") press(Number(event.key));
    else if (event.key === "g" && help) window.location.assign(help.dataset.first);
    else if (event.key === "?" && help) help.showModal();
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });

  /* The picker's summary follows the time that is picked. */
  document.addEventListener("change", (event) => {
    const picked = event.target.closest("input[data-when]");
    if (!picked) return;
    for (const [name, text] of Object.entries({ when: picked.dataset.when, rule: picked.dataset.rule })) {
      const shown = document.querySelector(`[data-chosen-${name}]`);
      if (shown && text) shown.textContent = text;
    }
  });
})();
