element.addEventListener("click", (event) => {
  const target = event.target.closest("[data-act]");
  if (!target || !element.contains(target)) return;
  const named = target.closest("[data-fields]")?.querySelectorAll("[name]") ?? [];
  const said = Object.fromEntries([...named].map((field) => [field.name, field.value]));
  trigger("click", { ...said, ...target.dataset });
});
