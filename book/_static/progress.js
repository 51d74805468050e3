// Which exercises were tried stays in this browser; the side bar shows it beside each chapter.
const answers = {
  read() { try { return JSON.parse(localStorage.aigcAnswers) ?? {}; } catch { return {}; } },
  write(all) {
    try { localStorage.aigcAnswers = JSON.stringify(all); } catch { /* a private window keeps nothing */ }
    this.show(all);
  },
  slug: at => at.pathname.match(/\/\d+_([^/]+?)(?:\.html)?$/)?.[1],  // of a chapter; a part has no number
  show(all) {
    const words = document.querySelector('meta[name="exercises-tried"]').content;
    for (const link of document.querySelectorAll("nav.bd-links a")) {
      link.querySelector(".tried")?.remove();
      const {of, done = {}} = all[this.slug(link)] ?? {}, tried = Object.keys(done).length;
      if (!tried) continue;
      const mark = document.createElement("span");
      mark.className = "tried";
      mark.setAttribute("role", "img");
      mark.setAttribute("aria-label", words.replace("{tried}", tried).replace("{all}", of));
      mark.append(`${tried}/${of}`);
      link.append(" ", mark);
    }
  },
};
answers.show(answers.read());
