// A lost connection is told in the reader's language. Gradio tries again and loads the page anew when the server is
// back; the question that did not get through then stands in its box again.
(() => {
  const LOST = "Connection to the server was lost";
  const KEPT = "zd-unsent";
  const TITLE = "连接断了";
  const TEXT = "与政答的连接断了，程序可能已退出或网络不通。正在重新连接，连上后本页自动刷新；已导入的资料和起草的稿子都在。";
  let lost = false;
  const box = () => document.querySelector("#zd-question textarea");

  function tell(toast) {
    const text = toast.querySelector('[data-testid="toast-text"]');
    if (!text?.textContent.includes(LOST)) return;
    text.textContent = TEXT;
    const title = toast.querySelector(".toast-title-row span")?.firstChild;
    if (title) title.nodeValue = TITLE;
    lost = true;
    if (box()?.value.trim()) sessionStorage.setItem(KEPT, box().value);
  }

  function putBack() {
    const kept = sessionStorage.getItem(KEPT);
    if (lost || kept === null || !box() || !document.querySelector(".zd-start")) return;
    sessionStorage.removeItem(KEPT);
    if (box().value) return;
    box().value = kept;
    box().dispatchEvent(new Event("input", { bubbles: true }));
  }

  new MutationObserver(() => {
    document.querySelectorAll('[data-testid="toast-body"]').forEach(tell);
    putBack();
  }).observe(document, { childList: true, subtree: true });
})();
