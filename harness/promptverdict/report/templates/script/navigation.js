// Places: `#trial:KEY` is a trial, `#trial:KEY:5` an event of it, and two trials joined by & stand
// beside each other. Everything else is the id of a part of the page.
const parsePlace = (hash) => decodeURIComponent(hash.slice(1)).split("&").map((part) => {
  const [, key, event] = /^trial:(.*?)(?::(\d+))?$/.exec(part) || [];
  return {key, event, row: key === undefined ? null : rowOf(key)};
}).filter(({row}) => row);

const openAround = (element) => {
  for (let at = element; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
};

const chooseTrials = (section, keys) => {
  const selects = [...section.querySelectorAll(".choices select")];
  const has = (select, key) => [...select.options].some((option) => option.value === key);
  if (keys.length === 1 && selects.some((select) => select.value === keys[0])) return;
  // One trial alone replaces the side whose variant it is of, else the first.
  const variant = (key) => rowOf(key).dataset.id.replace(/#\d+$/, "");
  const first = keys.length > 1 ? 0
    : Math.max(0, selects.findIndex((select) => variant(select.value) === variant(keys[0])));
  keys.forEach((key, place) => {
    const select = selects[first + place];
    if (select && has(select, key)) select.value = key;
  });
};

const showTrials = async (places) => {
  const section = places[0].row.closest("details.scenario");
  openAround(section);
  if (!await openSection(section)) {
    places[0].row.scrollIntoView({block: "center"});
    return;
  }
  chooseTrials(section, places.map(({key}) => key));
  redraw(section);
  const {key, event} = places[0];
  const panes = [...section.querySelectorAll(".transcripts .pane")]
    .filter((pane) => pane.dataset.key === key);
  const side = ((panes[0] || {}).className || "").replace("pane ", "");
  if (SIDES.includes(side)) showSide(section, side);
  const block = event === undefined ? null
    : panes.map((pane) => pane.querySelector(`[data-event="${event}"]`)).find(Boolean);
  const turn = block ? block.closest(".turn")
    : section.querySelector(".transcripts > .columns .turn");
  for (const old of document.querySelectorAll(".target")) old.classList.remove("target");
  if (block) {
    openAround(block);
    block.classList.add("target");
  }
  (block || section.querySelector(".choices")).scrollIntoView({block: "start"});
  if (turn) turn.focus({preventScroll: true});
};

const follow = () => {
  const places = parsePlace(location.hash);
  if (places.length) return showTrials(places);
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.matches("details.scenario")) {
    openAround(target);
    openSection(target);
    target.scrollIntoView();
    target.querySelector("summary").focus({preventScroll: true});
  }
  return undefined;
};

for (const link of document.querySelectorAll("a[data-goto]")) {
  link.href = "#" + encodeURI(link.dataset.goto);
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  // The same place again is no change of it, and must be shown all the same.
  if (link && link.getAttribute("href") === location.hash) setTimeout(follow);
});

const moveTurn = (turn, key) => {
  const pane = turn.closest(".pane");
  const columns = turn.closest(".columns");
  const turns = [...turn.closest(".transcripts").querySelectorAll(".turn")]
    .filter((other) => other.offsetParent && other.closest(".pane").className === pane.className);
  const step = {ArrowDown: 1, ArrowUp: -1, j: 1, k: -1}[key];
  if (step) return turns[turns.indexOf(turn) + step];
  const beside = {ArrowRight: "nextElementSibling", ArrowLeft: "previousElementSibling"}[key];
  const other = beside && pane[beside];
  if (!other || !columns.contains(other)) return undefined;
  const section = turn.closest("details.scenario");
  if (!other.offsetParent) showSide(section, other.className.replace("pane ", ""));
  const place = [...pane.children].indexOf(turn);
  return other.children[Math.min(place, other.children.length - 1)];
};

document.addEventListener("keydown", (event) => {
  if (!event.target.matches(".turn") || event.altKey || event.ctrlKey || event.metaKey) return;
  const next = moveTurn(event.target, event.key);
  if (!next) return;
  event.preventDefault();
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus({preventScroll: true});
  next.scrollIntoView({block: "nearest"});
});

window.addEventListener("hashchange", follow);
follow();
