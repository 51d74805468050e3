// A formula wider than its column scrolls sideways. It gets a place in the tab order, so that a keyboard can scroll it too.
const place = () => {
  for (const formula of document.querySelectorAll("div.math mjx-container")) {
    if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
    else formula.removeAttribute("tabindex");
  }
};
addEventListener("load", () => window.MathJax?.startup?.promise.then(() => {
  place();
  addEventListener("resize", place);
}));
