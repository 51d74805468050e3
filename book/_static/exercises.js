// Options of a question become buttons that answer at once; what a reader tried is kept (progress.js).
const boxes = [...document.querySelectorAll(".exercise")], here = answers.slug(location);

const keep = (box, value) => {
  const all = answers.read(), done = {...all[here]?.done, [box.id]: value};
  if (value === null) delete done[box.id];
  answers.write({...all, [here]: {of: boxes.length, done}});
};

const button = (words, name, act) => {
  const made = document.createElement("button"), inside = document.createElement("span");
  made.type = "button";
  made.className = name;
  inside.append(...words.childNodes);
  made.append(inside);
  made.addEventListener("click", act);
  return made;
};

const question = (box, kept) => {
  const options = [...box.querySelectorAll("details.exercise-option")].map((option, n) => {
    const right = option.classList.contains("exercise-right") ? "right" : "not-quite";
    const made = button(option.querySelector(".sd-summary-text"), `answer ${right}`, () => { choose(n); keep(box, n); });
    const said = document.createElement("div"), why = document.createElement("div");
    said.setAttribute("aria-live", "polite");  // there before its words are, so that they are read out
    why.className = `answer-why ${right}`;
    why.append(...option.querySelector(".sd-summary-content").childNodes);
    said.append(why);
    option.replaceWith(made, said);
    return {made, why};
  });
  const choose = n => options.forEach(({made, why}, i) => {
    made.setAttribute("aria-pressed", i === n);
    if (i === n) made.classList.add("chosen");
    why.hidden = i !== n;
  });
  choose(kept);
};

const tick = (words, box, kept) => {
  const made = button(words, "tick", () => {
    const done = made.getAttribute("aria-pressed") !== "true";
    made.setAttribute("aria-pressed", done);
    keep(box, done || null);
  });
  made.setAttribute("aria-pressed", kept === true);
  words.replaceWith(made);
};

const all = answers.read()[here]?.done ?? {};
for (const box of boxes) {
  question(box, all[box.id]);
  for (const words of box.querySelectorAll(".exercise-tick")) tick(words, box, all[box.id]);
}
