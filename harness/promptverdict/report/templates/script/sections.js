// A scenario's section: its transcripts are unpacked when it is opened for the first time.
const SIDES = ["left", "right", "third", "fourth"];
const MOST_PANES = SIDES.length;
const opened = new Map();

const showSide = (section, side) => {
  section.dataset.side = side;
  for (const button of section.querySelectorAll(".switch button")) {
    button.setAttribute("aria-pressed", String(button.dataset.side === side));
  }
};

const redraw = (section) => {
  const {transcripts} = opened.get(section);
  const selects = [...section.querySelectorAll(".choices select")];
  const trials = selects.map((select, place) => ({
    ...transcripts[select.value],
    key: select.value,
    label: select.selectedOptions[0].textContent,
    side: SIDES[place],
    hidden: isHidden(select.value),
  }));
  drawTranscripts(section.querySelector(".transcripts"), trials);
  const buttons = trials.length < 2 ? [] : trials.map((trial) => {
    const button = make("button", "", trial.side);
    button.type = "button";
    button.dataset.side = trial.side;
    button.addEventListener("click", () => showSide(section, trial.side));
    return button;
  });
  section.querySelector(".switch").replaceChildren(...buttons);
  const wanted = SIDES.slice(0, trials.length).includes(section.dataset.side);
  showSide(section, wanted ? section.dataset.side : "left");
  section.querySelector(".add").hidden =
    selects.length >= Math.min(MOST_PANES, selects[0].options.length);
  drawLabels(section, trials);
};

const addChoice = (section) => {
  const choices = section.querySelector(".choices");
  const labels = choices.querySelectorAll("label");
  const used = new Set([...choices.querySelectorAll("select")].map((select) => select.value));
  const label = labels[0].cloneNode(true);
  label.firstChild.textContent = SIDES[labels.length] + " transcript ";
  const select = label.querySelector("select");
  const free = [...select.options].find((option) => !used.has(option.value));
  select.value = (free || select.options[0]).value;
  select.addEventListener("change", () => redraw(section));
  labels[labels.length - 1].after(label);
};

// Opens a section and returns when its transcripts are there; null where it has none.
const openSection = (section) => {
  section.open = true;
  if (opened.has(section)) return opened.get(section).ready;
  const where = section.querySelector(".transcripts");
  if (!where) return Promise.resolve(null);
  const state = {transcripts: null, ready: null};
  opened.set(section, state);
  state.ready = unpack(section.dataset.pack).then((transcripts) => {
    state.transcripts = transcripts;
    for (const select of section.querySelectorAll(".choices select")) {
      select.addEventListener("change", () => redraw(section));
    }
    section.querySelector(".add").addEventListener("click", () => {
      addChoice(section);
      redraw(section);
      section.querySelector(".choices label:last-of-type select").focus();
    });
    redraw(section);
    return section;
  }).catch((error) => {
    where.replaceChildren(make("p", "problem", error.message));
    return null;
  });
  return state.ready;
};

for (const section of document.querySelectorAll("details.scenario")) {
  section.addEventListener("toggle", () => { if (section.open) openSection(section); });
}
