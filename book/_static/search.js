// The results of the search page. Sphinx finds the pages; here they are put in order (chapters before the reference), and
// each leads to the section that matches best, with an excerpt of its prose in which formulas are left out.
"use strict";
{
  const REFERENCE = /^book\/pages\/(api|checks)\b/;
  const BLOCKS = "h1, h2, h3, h4, p, li, dt, dd, figcaption, caption, td, th, pre";
  const LEFT_OUT = ".headerlink, script, style, .equation-check, .chapter-line, .prev-next-footer, nav";
  const FORMULAS = ".math, math, mjx-container";
  const WORD = /[\p{Letter}\p{Number}_]+/gu, HAN = /\p{Script=Han}/u, AROUND = 110;
  const stems = new Map(), stemmer = new Stemmer(), pages = new Map(), forms = new Set();

  const stem = (word) => stems.get(word) ?? stems.set(word, stemmer.stemWord(word)).get(word);
  const words = (text) => text.toLowerCase().match(WORD) ?? [];
  const respelled = (text) => text.toLowerCase().replace(WORD, spelled);

  Scorer.score = ([docname, , , , score]) => score - (REFERENCE.test(docname) ? 1000 : 0);

  // titles and terms of the glossary are compared as they stand, so that they take one spelling too
  for (const name of ["alltitles", "indexentries"]) {
    const one = {};
    for (const [text, places] of Object.entries(Search._index[name])) (one[respelled(text)] ??= []).push(...places);
    Search._index[name] = one;
  }

  /** How well a text answers: 2 for each term that it holds, 1 for each that is part of one of its words. */
  const answer = (text, terms) => {
    const lower = text.toLowerCase(), found = new Set(words(text).map(stem));
    return [...terms].reduce((sum, term) => {
      if (found.has(term) || (HAN.test(term) && lower.includes(term))) return sum + 2;
      return sum + (term.length > 2 && [...found].some((one) => one.includes(term)));
    }, 0);
  };

  const load = (docname) => {
    const address = document.documentElement.dataset.content_root + docname + DOCUMENTATION_OPTIONS.FILE_SUFFIX;
    if (!pages.has(docname)) pages.set(docname, fetch(address).then((reply) => reply.text()).then(read));
    return pages.get(docname);
  };

  /** The parts of a page: each block that holds no other, with its section. */
  const read = (html) => {
    const main = new DOMParser().parseFromString(html, "text/html").querySelector('[role="main"] article');
    main.querySelectorAll(LEFT_OUT).forEach((one) => one.remove());
    main.querySelectorAll(FORMULAS).forEach((one) => one.replaceWith("…"));
    const leaves = [...main.querySelectorAll(BLOCKS)].filter((one) => !one.querySelector(BLOCKS));
    const blocks = leaves.map((one) => ({
      text: one.textContent.replace(/\s+/g, " ").trim(), part: partOf(one), weight: weigh(one),
    }));
    return { main, blocks };
  };

  /** A heading says more of its section than a line of prose, and prose more than a line of code. */
  const weigh = (block) => (/^(H|DT)/.test(block.tagName) ? 30 : block.tagName === "PRE" ? 1 : 10);

  /** The part of the page that a link can open: the section, or the term of the glossary. */
  const partOf = (block) => {
    let entry = block.closest("dl.glossary > *");
    while (entry && (entry.tagName === "DD" || entry.previousElementSibling?.tagName === "DT"))
      entry = entry.previousElementSibling;
    return entry ?? block.closest("section");
  };

  /** Where on a page the terms stand best, or what stands at an anchor: the anchor, the heading there and an excerpt. */
  const best = ({ main, blocks }, terms, anchor) => {
    const target = anchor ? main.querySelector(anchor.replace(/[.:]/g, "\\$&")) : null, parts = new Map();
    const scored = blocks.map((block) => ({ ...block, answer: answer(block.text, terms) }));
    for (const { part, weight, answer: points } of scored)
      if (points) parts.set(part, (parts.get(part) ?? 0) + weight * points ** 2);
    const part = target ? partOf(target) : [...parts].reduce((a, b) => (b[1] > a[1] ? b : a), [null, 0])[0];
    const here = scored.filter((block) => !part || block.part === part), said = here.filter(({ weight }) => weight === 10);
    const top = (all) => all.reduce((a, b) => (b.answer > (a?.answer ?? 0) ? b : a), null);
    const whole = !part || (part.tagName === "SECTION" && !part.parentElement.closest("section"));  // the page's own title
    const heading = part?.tagName === "DT" ? part : part?.querySelector("h2, h3, h4");
    return {
      anchor: anchor || (whole ? "" : `#${part.id}`),
      heading: whole ? "" : heading?.textContent.trim(),
      excerpt: (top(said) ?? top(here.filter(({ weight }) => weight === 1)) ?? said[0])?.text ?? "",
    };
  };

  /** A paragraph of the text around its first term, with the terms marked. */
  const excerpt = (text, terms) => {
    const marked = (word) => terms.has(stem(word.toLowerCase()));
    const pattern = [...terms].some((term) => HAN.test(term)) ? new RegExp([...terms].join("|"), "gu") : WORD;
    const hits = [...text.matchAll(pattern)].filter(([word]) => pattern !== WORD || marked(word));
    const from = Math.max(0, text.lastIndexOf(" ", Math.max(0, (hits[0]?.index ?? 0) - AROUND)));
    const end = text.indexOf(" ", from + 2 * AROUND), to = end < 0 ? text.length : end;
    const line = document.createElement("p");
    line.className = "context";
    let at = from;
    line.append(from ? "… " : "");
    for (const hit of hits.filter(({ index }) => index >= from && index < to)) {
      const mark = document.createElement("span");
      mark.className = "highlighted";
      mark.textContent = hit[0];
      line.append(text.slice(at, hit.index), mark);
      at = hit.index + hit[0].length;
      forms.add(hit[0].toLowerCase());
    }
    line.append(text.slice(at, to).trimEnd(), to < text.length ? " …" : "");
    return line;
  };

  const show = (address, title, description, ...rest) => {
    const item = Search.output.appendChild(document.createElement("li")), link = document.createElement("a");
    link.href = address;
    link.innerHTML = title;  // Sphinx keeps titles with their characters escaped
    item.append(link, description ? ` (${description})` : "", ...rest);
  };

  Search.query = async (query) => {
    const [, terms, excluded, highlighted, objects] = Search._parseQuery(query);
    const found = Search._performSearch(respelled(query), terms, excluded, highlighted, objects).reverse();
    const { docnames, titles } = Search._index, seen = new Set();
    for (const [docname, title, anchor, description] of found) {
      const file = docname + DOCUMENTATION_OPTIONS.LINK_SUFFIX;
      if (description) {
        show(file + anchor, title, description);
        continue;
      }
      const place = best(await load(docname), terms, anchor);
      const page = titles[docnames.indexOf(docname)], name = `${file} ${place.heading}`;
      if (seen.has(name)) continue;
      seen.add(name);
      show(file + place.anchor, page, "", excerpt(place.excerpt, terms));
      if (place.heading) Search.output.lastChild.firstChild.append(` › ${place.heading}`);
    }
    // the page that is opened marks the words as it writes them
    if (forms.size) localStorage.setItem("sphinx_highlight_terms", [...forms].join(" "));
    _finishSearch(Search.output.children.length);
  };
}
