/* Files go on their way as soon as they are chosen, with progress; without a script they go with the form. */
(() => {
  "use strict";
  const partOf = (event) => event.target.closest?.("[data-upload]");
  const show = (part, name, text) => {
    const shown = part.querySelector(`[data-${name}]`);
    if (!shown) return;
    if (text) shown.textContent = text;
    shown.hidden = !text;
  };
  const running = (part, on) => {
    part.querySelector("[data-progress]").hidden = !on;
    part.setAttribute("aria-busy", String(on));
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    const part = partOf(event);
    if (!part) return;
    const chosen = [...event.target.files];
    show(part, "trouble", "");
    if (!chosen.length) event.preventDefault();
    else if (chosen.some((file) => file.size > Number(part.dataset.most))) {
      event.preventDefault();
      event.target.value = "";
      show(part, "trouble", part.dataset.tooLarge);
    } else running(part, true);
  });

  document.addEventListener("htmx:xhr:progress", (event) => {
    const part = partOf(event);
    const { loaded, total, lengthComputable } = event.detail;
    if (!part || !lengthComputable) return;
    const bar = part.querySelector("progress");
    const percent = Math.max(bar.value, Math.round((100 * loaded) / total)); // the answer's own progress comes last
    bar.value = percent;
    part.querySelector("[data-percent]").textContent = `${percent} %`;
  });

  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      const part = partOf(event);
      if (!part) return;
      running(part, false);
      show(part, "trouble", part.dataset.failed);
    });
  }

  document.addEventListener("htmx:sendAbort", (event) => {
    const part = partOf(event);
    if (!part) return;
    running(part, false);
    event.target.value = "";
  });

  document.addEventListener("click", (event) => {
    const stop = event.target.closest?.("[data-stop]");
    if (stop) window.htmx.trigger(partOf(event).querySelector("input[type=file]"), "htmx:abort");
  });
})();
