// Small helpers of the page. All of it works on what the server rendered; nothing is fetched.
(() => {
  const MAX_UPLOAD_BYTES = 200 * 1024 * 1024;
  document.documentElement.lang = "zh-CN";

  // Enter confirms a word in a Chinese input method; it must not send the question.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.stopImmediatePropagation();
  }, true);

  // A mark of a drawing is a button, but no <button>: the keyboard must be told.
  document.addEventListener("keydown", (event) => {
    if (!["Enter", " "].includes(event.key) || !event.target.matches?.('svg [role="button"]')) return;
    event.preventDefault();
    event.target.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  });

  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("[data-copy], [data-goto]");
    if (!target) return;
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
})();
