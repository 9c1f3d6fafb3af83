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
    if (target.dataset.act === "cite") askedFor = true;
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

  // When another source is shown: mark its chip and card, bring the quote into sight.
  let shown = null;
  function followSource() {
    const source = document.querySelector("#zd-viewer .zd-source");
    if (source === shown) return;
    shown = source;
    document.querySelectorAll(".is-open[data-act]").forEach((each) => each.classList.remove("is-open"));
    if (!source) return;
    const { turn, n } = source.dataset;
    document.querySelectorAll(`:is(.zd-chip, .zd-card)[data-turn="${turn}"][data-n="${n}"]`)
      .forEach((each) => each.classList.add("is-open"));
    const text = source.querySelector(".zd-text");
    const mark = source.querySelector("mark");
    if (text && mark) text.scrollTop = mark.offsetTop - text.offsetTop - text.clientHeight / 3;
    if (askedFor && NARROW.matches) source.scrollIntoView({ behavior: "smooth", block: "start" });
    askedFor = false;
  }
  new MutationObserver(followSource).observe(document, { childList: true, subtree: true });
})();
