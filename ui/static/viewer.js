// The source viewer: which citation is open, its quote brought into sight, pages turned and zoomed.
(() => {
  const NARROW = window.matchMedia("(max-width: 900px)");
  const ZOOMS = [0.6, 0.8, 1, 1.25, 1.6, 2, 2.6];
  const root = document.documentElement;
  let askedFor = false; // the reader clicked for a source, so the page may scroll to it
  let shown = "";
  let zoom = 2; // of ZOOMS: fit to the width
  let reading = "page"; // or "text"; kept from one source to the next

  // The viewer of the tab that is open; of the first tab while none is.
  const viewer = () => {
    const all = [...document.querySelectorAll("#zd-viewer, #zd-find-viewer, #zd-draft-viewer")];
    return all.find((each) => each.offsetParent !== null) ?? all[0] ?? null;
  };
  const source = () => viewer()?.querySelector(".zd-source") ?? null;
  const sheet = () => source()?.querySelector(".zd-sheet") ?? null;

  document.addEventListener("click", (event) => {
    const target = event.target.closest?.('[data-act="cite"], [data-view], [data-sheet]');
    if (!target) return;
    if (target.dataset.act === "cite") {
      askedFor = true;
      if (target.matches(".is-open")) { // already shown: nothing to ask for, so show where it is
        event.stopPropagation();
        back();
      }
    }
    if (target.dataset.view) view(target.dataset.view);
    if (target.dataset.sheet) act(target.dataset.sheet);
  }, true);

  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.(".zd-sheet-view") || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = {
      ArrowLeft: "back", ArrowRight: "on", "+": "in", "=": "in", "-": "out", 0: "fit", Home: "quote",
    }[event.key];
    if (!action || (action === "back" || action === "on") && ZOOMS[zoom] > 1) return; // then the arrows scroll
    event.preventDefault();
    act(action);
  });

  function act(action) {
    const at = sheet();
    if (!at) return;
    const page = Number(at.dataset.page ?? firstQuoted(at));
    if (action === "back") turn(at, page - 1);
    if (action === "on") turn(at, page + 1);
    if (action === "quote") back();
    if (action === "fit") resize(2);
    if (action === "in") resize(Math.min(zoom + 1, ZOOMS.length - 1));
    if (action === "out") resize(Math.max(zoom - 1, 0));
  }

  function back() {
    if (sheet()) turn(sheet(), firstQuoted(sheet()));
    reveal();
  }

  function view(name) {
    reading = name;
    showView();
    reveal();
  }

  function showView() {
    viewer().dataset.reading = reading;
    viewer().querySelectorAll("[data-view]").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.view === reading));
    });
  }

  function resize(to) {
    zoom = to;
    root.style.setProperty("--zd-zoom", String(ZOOMS[zoom]));
    reveal();
  }

  const firstQuoted = (at) => Number(at.dataset.quoted.split(",")[0]);

  function turn(at, wanted) {
    const count = Number(at.dataset.count);
    const page = Math.min(Math.max(1, wanted), count);
    const picture = at.querySelector("img");
    const paper = at.querySelector(".zd-sheet-page");
    const address = `${at.dataset.src}${page}.png${at.dataset.query}`;
    const quoted = at.dataset.quoted.split(",").includes(String(page));
    if (picture.getAttribute("src") !== address) {
      picture.setAttribute("src", address);
      paper.classList.remove("is-missing");
    }
    picture.alt = quoted && page === firstQuoted(at) ? at.dataset.alt : `《${at.dataset.title}》第 ${page} 页原件图像`;
    paper.style.aspectRatio = page === firstQuoted(at) ? at.dataset.ratio : "";
    at.dataset.page = String(page);
    at.querySelectorAll(".zd-box").forEach((box) => { box.hidden = box.dataset.page !== String(page); });
    at.querySelector(".zd-sheet-bar span").textContent = `第 ${page} / ${count} 页`;
    at.querySelector('[data-sheet="back"]').disabled = page <= 1;
    at.querySelector('[data-sheet="on"]').disabled = page >= count;
    at.querySelector(".zd-sheet-view").scrollTop = 0;
    if (quoted) revealBox(at);
  }

  document.addEventListener("error", (event) => {
    event.target.closest?.(".zd-sheet-page")?.classList.add("is-missing");
  }, true);

  // The page is patched in place, so another source shows by its key, not by a new element. Its chip and card are
  // marked, whichever of answer and source arrives first; the quote is brought into sight once.
  function follow() {
    const at = source();
    const { turn: turnOf = "", n = "", key = "" } = at?.dataset ?? {};
    document.querySelectorAll(".zd-chip, .zd-card").forEach((each) => {
      each.classList.toggle("is-open", each.dataset.turn === turnOf && each.dataset.n === n);
    });
    if (key === shown) return;
    shown = key;
    if (!at) return;
    const text = at.querySelector(".zd-text");
    if (text) text.scrollTop = 0;
    showView();
    back();
    requestAnimationFrame(reveal); // once more when the new lines have their final height
  }

  function reveal() {
    const at = source();
    const text = at?.querySelector(".zd-text");
    const mark = text?.querySelector("mark");
    if (text && mark) {
      bring(text, headOf(text, mark));
      const grid = mark.closest(".zd-grid");
      if (grid) grid.scrollLeft += mark.getBoundingClientRect().right - grid.getBoundingClientRect().right + 24;
    }
    if (sheet()) revealBox(sheet());
    if (at && askedFor && NARROW.matches) at.scrollIntoView({ block: "start" });
    askedFor = false;
  }

  function revealBox(at) {
    const box = at.querySelector(".zd-box:not([hidden])");
    if (box) bring(at.querySelector(".zd-sheet-view"), box);
  }

  // A marked table row is shown with its table's head where both fit in the pane.
  function headOf(pane, mark) {
    const head = mark.closest(".zd-grid")?.querySelector("thead");
    if (!head) return mark;
    const above = mark.getBoundingClientRect().top - head.getBoundingClientRect().top;
    return above < pane.clientHeight * 0.6 ? head : mark;
  }

  // Scrolls the pane so that the place is a quarter down, and in from the left when the page is wider than the pane.
  function bring(pane, place) {
    const [outer, inner] = [pane.getBoundingClientRect(), place.getBoundingClientRect()];
    pane.scrollTop += inner.top - outer.top - pane.clientHeight / 4;
    if (pane.scrollWidth > pane.clientWidth) pane.scrollLeft += inner.left - outer.left - 24;
  }

  new MutationObserver(follow).observe(document, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-key", "data-turn"],
  });
})();
