// What the tests ask of a page. Every function returns plain data; waiting is for states, never for a time.
globalThis.survey = {
  /** Pictures loaded, fonts there, transitions over. */
  async settle() {
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
    return {
      written: document.querySelectorAll('.math').length,
      drawn: [...document.querySelectorAll('.math > math, .math > .formula > math')].filter(one => one.textContent.trim()).length,
    };
  },

  /** Marks one of each kind of sign that formulas draw, for the browser to say from which font; returns the signs. */
  signs() {
    const seen = new Map();
    for (const one of document.querySelectorAll('math :is(mi, mn, mo)'))
      seen.set(`${one.localName} ${one.getAttribute('mathvariant')} ${one.textContent}`, one);
    return [...seen.values()].map((one, number) => {
      one.dataset.sign = number;
      return one.textContent;
    });
  },

  /** Formulas within a line that leave their column, and displayed ones that do not fit it or push their number out. */
  cut() {
    const right = document.querySelector('article, main').getBoundingClientRect().right; // the search page has no article
    const ends = all => Math.max(...all.map(part => part.getBoundingClientRect().right));
    const scrolls = one => one && (['auto', 'scroll'].includes(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
    const named = all => [...all].map(one => one.closest('[id]').id + ': ' + one.textContent.slice(0, 60));
    const displayed = [...document.querySelectorAll('div.math')];
    return {
      inline: named([...document.querySelectorAll('span.math > math')].filter(one =>
        !scrolls(one.parentElement) && ends(scrolls(one) ? [one] : [one, ...one.children]) > right + 1)),
      wide: named(displayed.filter(one => one.lastElementChild.scrollWidth > one.lastElementChild.clientWidth + 1)),
      lost: named(displayed.filter(one => ends([one, ...one.children]) > right + 1)),
    };
  },

  pictures() {
    return [...document.querySelectorAll('article img')].map(one => ({
      source: one.src.slice(0, 60), width: one.naturalWidth, ground: getComputedStyle(one).backgroundColor,
    }));
  },

  /** Texts of schematics that are too small to read, or leave their box or the drawing. */
  drawings() {
    const seen = [...document.querySelectorAll('article .drawing svg')].filter(one => one.checkVisibility());
    return seen.flatMap(drawn => {
      const view = drawn.viewBox.baseVal, scale = drawn.getBoundingClientRect().width / view.width;
      let box = view;
      return [...drawn.children].flatMap(part => {
        if (part.tagName === 'rect') box = part.getBBox();
        if (part.tagName !== 'text') return [];
        const room = part.matches('.forward, .gradient, .heading') ? view : box, text = part.getBBox();
        const size = parseFloat(getComputedStyle(part).fontSize) * scale;
        return [
          ...(size < 9 ? [`${part.textContent} is ${size.toFixed(1)} pixels high`] : []),
          ...(text.x < room.x || text.x + text.width > room.x + room.width ? [`${part.textContent} leaves its box`] : []),
        ];
      });
    });
  },

  /** Of each solution: whether its text can be seen, and what it says. */
  solutions() {
    return [...document.querySelectorAll('article details.sd-dropdown .sd-summary-content')].map(one => ({
      open: one.checkVisibility() && one.getBoundingClientRect().height > 0, says: one.innerText.trim(),
    }));
  },

  /** Of each question: what stands there to be read after each of its options was clicked. */
  questions() {
    return [...document.querySelectorAll('article .exercise-question')].map(question =>
      [...question.querySelectorAll('button.answer')].map(option => {
        option.click();
        const shown = [...question.querySelectorAll('.answer-why')].filter(one => one.checkVisibility());
        return shown.map(one => one.innerText.trim()).join(' / ');
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
