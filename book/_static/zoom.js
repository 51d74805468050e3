// Opens a figure large in a dialog, by its link or by a click on it. Escape, the button and a click beside it close it.
document.documentElement.classList.add("zooms");
document.addEventListener("click", event => {
  const figure = event.target.closest("figure"), link = figure?.querySelector("a.zoom");
  if (!link || !event.target.matches("img, a.zoom") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  link.focus({preventScroll: true}); // where the focus returns to
  const shown = [...figure.querySelectorAll("img")].find(image => image.offsetWidth), large = shown.cloneNode();
  const {naturalWidth: width, naturalHeight: height} = shown, dialog = document.createElement("dialog");
  large.style = `width: max(${Math.min(width, 800)}px, min(94vw, ${84 * width / height}vh))`;
  dialog.className = "zoomed";
  dialog.ariaLabel = link.textContent;
  dialog.innerHTML = '<form method="dialog"><button></button></form><div tabindex="0"></div>';
  dialog.querySelector("button").textContent = link.dataset.close;
  dialog.lastChild.append(large);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", at => at.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
});
