element.addEventListener("click", (event) => {
  const target = event.target.closest("[data-act]");
  if (target && element.contains(target)) trigger("click", { ...target.dataset });
});
