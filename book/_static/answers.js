// The reader's own answers: how many there are, and buttons that export, import and forget them.
for (const place of document.querySelectorAll(".my-answers")) {
  const words = name => place.querySelector(`.answers-${name}`).textContent;
  const said = document.createElement("p"), buttons = document.createElement("p"), file = document.createElement("input");
  const add = (name, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "tick";
    made.append(words(name));
    made.addEventListener("click", act);
    buttons.append(made);
  };
  const count = () => {
    const kept = Object.values(answers.read()).flatMap(({done}) => Object.keys(done));
    said.textContent = words("count").replace("{count}", kept.length);
  };
  const sound = all => Object.values(all).every(({of, done}) => Number.isInteger(of) && done && typeof done === "object");
  said.setAttribute("aria-live", "polite");
  file.type = "file";
  file.accept = ".json";
  file.addEventListener("change", async () => {
    try {
      const all = JSON.parse(await file.files[0].text());
      if (!sound(all)) throw new TypeError();
      answers.write({...answers.read(), ...all});
      count();
    } catch { said.textContent = words("wrong"); }
    file.value = "";
  });
  add("export", () => {
    const link = document.createElement("a");
    link.href = `data:application/json,${encodeURIComponent(JSON.stringify(answers.read()))}`;
    link.download = "answers.json";
    link.click();
  });
  add("import", () => file.click());
  add("forget", () => { if (confirm(words("sure"))) { answers.write({}); count(); } });
  place.after(said, buttons);
  count();
}
