/* Buttons that open, or close, by themselves: the page says how many seconds are left, the server decides all the same. */
(() => {
  "use strict";
  const elapsed = () => performance.now() / 1000;
  const written = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

  const step = () => {
    for (const button of document.querySelectorAll("button[data-opens-in]")) {
      const left = Number(button.dataset.opensIn) - elapsed();
      const shown = button.querySelector("[data-left]");
      if (left > 0) {
        if (shown) shown.textContent = written(Math.ceil(left));
        continue;
      }
      button.disabled = false;
      button.removeAttribute("data-opens-in");
      shown?.remove();
    }
    for (const button of document.querySelectorAll("button[data-closes-in]")) {
      const left = Number(button.dataset.closesIn) - elapsed();
      const shown = button.querySelector("[data-left]");
      if (left > 0) {
        if (shown) shown.textContent = written(left);
        continue;
      }
      button.disabled = true;
      button.removeAttribute("data-closes-in");
      shown?.remove();
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    step();
    setInterval(step, 500);
  });
})();
