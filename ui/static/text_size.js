// Three sizes of the whole page, for older eyes. The choice is the browser's own.
(() => {
  const KEY = "zhengda-size";
  const SIZES = { 1: 1, 2: 1.15, 3: 1.3 };

  function chosen() {
    const size = localStorage.getItem(KEY);
    return size in SIZES ? size : "1";
  }

  function show() {
    document.documentElement.style.setProperty("--zd-zoom", SIZES[chosen()]);
    document.querySelectorAll(".zd-size [data-size]").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.size === chosen()));
    });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".zd-size [data-size]");
    if (!button) return;
    localStorage.setItem(KEY, button.dataset.size);
    show();
  });
  new MutationObserver((changes) => {
    if (changes.some((c) => [...c.addedNodes].some((n) => n.querySelector?.(".zd-size")))) show();
  }).observe(document, { childList: true, subtree: true });
  show();
})();
