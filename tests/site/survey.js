// What the tests ask of a page. Every function returns plain data; waiting is for states, never for a time.
globalThis.survey = {
  /** Formulas typeset, pictures loaded, fonts there, transitions over. */
  async settle() {
    await window.MathJax?.startup?.promise;
    await Promise.all([...document.images].map(picture => {
      picture.loading = 'eager';
      return picture.complete || new Promise(done => { picture.onload = picture.onerror = done; });
    }));
    await document.fonts.ready;
    await new Promise(requestAnimationFrame);
    const moving = document.getAnimations().filter(one => one.effect.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(moving.map(one => one.finished));
    return null;
  },

  formulas() {
    const broken = document.querySelectorAll('mjx-merror, [data-mjx-error]');
    return {
      written: document.querySelectorAll('.math').length,
      drawn: document.querySelectorAll('.math mjx-container').length,
      broken: [...broken].map(one => one.textContent),
      glyphs: survey.glyphs(),
      cut: survey.cut(),
    };
  },

  /** Signs that formulas draw, by the files of the fonts they name. */
  glyphs() {
    const files = {}, used = {};
    for (const sheet of document.styleSheets) for (const rule of sheet.cssRules)
      if (rule instanceof CSSFontFaceRule && rule.style.src)
        files[rule.style.fontFamily.replaceAll('"', '')] = rule.style.src.match(/url\("(.*?)"\)/)[1];
    for (const sign of document.querySelectorAll('mjx-c')) {
      const style = getComputedStyle(sign, '::before');
      const families = style.fontFamily.split(',').map(name => files[name.trim().replaceAll('"', '')]).join(' ');
      const text = style.content.replace(/^"|"$/g, '').replace('\\"', '"').replace('\\\\', '\\');
      if (text && text !== 'none') (used[families] ??= new Set()).add(text);
    }
    return Object.fromEntries(Object.entries(used).map(([file, texts]) => [file, [...texts].join('')]));
  },

  /** Formulas that leave the column or run into their number. */
  cut() {
    return [...document.querySelectorAll('div.math')].filter(formula => {
      const signs = formula.querySelector('mjx-math')?.getBoundingClientRect();
      const number = formula.querySelector('.eqno')?.getBoundingClientRect();
      return signs && (signs.width > formula.clientWidth + 1 || (number && signs.right > number.left));
    }).map(formula => formula.id || formula.textContent);
  },

  pictures() {
    return [...document.querySelectorAll('article img')].map(one => ({
      source: one.src.slice(0, 60), width: one.naturalWidth, ground: getComputedStyle(one).backgroundColor,
    }));
  },

  /** Of each solution: whether its text can be seen, and what it says. */
  solutions() {
    return [...document.querySelectorAll('article details.sd-dropdown .sd-summary-content')].map(one => ({
      open: one.checkVisibility() && one.getBoundingClientRect().height > 0, says: one.innerText.trim(),
    }));
  },

  openAll() {
    document.querySelectorAll('article details').forEach(one => { one.open = true; });
  },

  async violations(runOnly) {
    const {violations} = await axe.run(document, {runOnly, resultTypes: ['violations']});
    return violations.flatMap(rule => rule.nodes.slice(0, 3).map(node => ({
      rule: rule.id, says: node.failureSummary, where: node.html.slice(0, 160),
    })));
  },
};
