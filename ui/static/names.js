// Names for buttons that Gradio leaves without one, or with an English one.
(() => {
  const NAMES = { "button.calendar": "选日期", '.overflow-menu > button[aria-label="More tabs"]': "更多" };
  let waiting = false;
  function name() {
    waiting = false;
    for (const [css, label] of Object.entries(NAMES)) {
      for (const button of document.querySelectorAll(css)) {
        if (button.getAttribute("aria-label") !== label) button.setAttribute("aria-label", label);
      }
    }
  }
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(name);
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
