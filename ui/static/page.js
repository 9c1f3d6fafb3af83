// Small helpers of the page. All of it works on what the server rendered; nothing is fetched.
(() => {
  const MAX_UPLOAD_BYTES = 200 * 1024 * 1024;
  const NARROW = window.matchMedia("(max-width: 900px)");
  document.documentElement.lang = "zh-CN";
  let askedFor = false; // the reader clicked for a source, so the page may scroll to it

  // Enter confirms a word in a Chinese input method; it must not send the question.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.stopImmediatePropagation();
  }, true);

  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("[data-act], [data-copy], [data-goto]");
    if (!target) return;
    if (target.dataset.act === "cite") {
      askedFor = true;
      if (target.matches(".is-open")) reveal(); // already shown: nothing will change, so show where it is
    }
    if (target.dataset.copy !== undefined) copy(target);
    if (target.dataset.goto) openTab(target.dataset.goto);
  }, true);

  function openTab(name) {
    const tabs = [...document.querySelectorAll('button[role="tab"]')];
    tabs.find((tab) => tab.textContent.trim() === name)?.click();
  }

  async function copy(button) {
    const text = button.dataset.copy;
    let done = false;
    try {
      await navigator.clipboard.writeText(text);
      done = true;
    } catch {
      done = copyBySelection(text);
    }
    const label = button.textContent;
    button.textContent = done ? "已复制" : "复制不了，请手动选取";
    setTimeout(() => { button.textContent = label; }, 1600);
  }

  function copyBySelection(text) {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.cssText = "position:fixed;opacity:0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  // A file over the limit is named before anything is sent.
  function refuseLarge(event) {
    if (!event.target.closest?.("#zd-upload")) return;
    const files = [...(event.dataTransfer?.files ?? event.target.files ?? [])];
    const large = files.filter((file) => file.size > MAX_UPLOAD_BYTES);
    const report = document.querySelector("#zd-upload-note") ?? noteBelowUpload();
    report.textContent = large.length
      ? `未上传：${large.map((file) => file.name).join("、")} 超过 200 MB，请拆分或压缩后再传。`
      : "";
    if (!large.length) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    if (event.type === "change") event.target.value = "";
  }
  document.addEventListener("change", refuseLarge, true);
  document.addEventListener("drop", refuseLarge, true);

  function noteBelowUpload() {
    const note = document.createElement("p");
    note.id = "zd-upload-note";
    note.className = "zd-error";
    note.setAttribute("role", "alert");
    document.querySelector("#zd-upload").after(note);
    return note;
  }

  // The page is patched in place, so another source shows by its key, not by a new element. Its chip and card are
  // marked, whichever of answer and source arrives first; the quote is brought into sight once.
  let shown = "";
  function followSource() {
    const source = document.querySelector("#zd-viewer .zd-source");
    const { turn = "", n = "", key = "" } = source?.dataset ?? {};
    document.querySelectorAll(".zd-chip, .zd-card").forEach((each) => {
      each.classList.toggle("is-open", each.dataset.turn === turn && each.dataset.n === n);
    });
    if (key === shown) return;
    shown = key;
    if (!source) return;
    const text = source.querySelector(".zd-text");
    if (text) text.scrollTop = 0;
    reveal();
    requestAnimationFrame(reveal); // once more when the new lines have their final height
  }

  function reveal() {
    const source = document.querySelector("#zd-viewer .zd-source");
    const text = source?.querySelector(".zd-text");
    const mark = source?.querySelector("mark");
    if (text && mark) {
      text.scrollTop += mark.getBoundingClientRect().top - text.getBoundingClientRect().top - text.clientHeight / 4;
    }
    if (source && askedFor && NARROW.matches) source.scrollIntoView({ block: "start" });
    askedFor = false;
  }
  new MutationObserver(followSource).observe(document, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-key", "data-turn"],
  });
})();
