// The results: rows that a filter and a search find, in an order. Of many, the first are shown, so
// that the page stays quick however many there are.
const MOST_ROWS = 100;
const filters = document.querySelector("form.filters");
const more = document.querySelector("button.more");
const results = [...document.querySelectorAll("tr.result")].map((row) => ({
  row,
  flags: new Set(row.dataset.flags.split(" ")),
  text: row.dataset.search,
}));
let limit = MOST_ROWS;

const describeResults = (found, shown) => {
  const parts = [];
  if (found < results.length) parts.push(found + " of " + results.length + " found");
  if (shown < found) parts.push("the first " + shown + " shown");
  filters.querySelector("output").textContent = parts.join(", ");
  more.hidden = shown === found;
};

const filterResults = () => {
  const pressed = filters.querySelector("[data-flag][aria-pressed=true]").dataset.flag;
  const words = filters.querySelector("input").value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0, shown = 0;
  for (const {row, flags, text} of results) {
    const fits = (!pressed || flags.has(pressed)) && words.every((word) => text.includes(word));
    found += fits;
    const isShown = fits && shown < limit;
    shown += isShown;
    if (row.hidden === isShown) row.hidden = !isShown;
  }
  for (const table of document.querySelectorAll(".heat")) {
    table.hidden = !table.querySelector("tr.result:not([hidden])");
  }
  describeResults(found, shown);
};

const startOver = () => {
  limit = MOST_ROWS;
  filterResults();
};

const sortResults = () => {
  const by = filters.querySelector("select").value;
  const sign = by === "order" ? 1 : -1;
  const bodies = [...document.querySelectorAll(".heat tbody")];
  results.sort(({row: one}, {row: other}) =>
    bodies.indexOf(one.parentElement) - bodies.indexOf(other.parentElement) ||
    sign * (one.dataset[by] - other.dataset[by]) || one.dataset.order - other.dataset.order);
  for (const {row} of results) row.hidden = true;
  for (const body of bodies) {
    body.append(...results.map(({row}) => row).filter((row) => row.parentElement === body));
  }
  startOver();
};

for (const button of filters.querySelectorAll("[data-flag]")) {
  button.addEventListener("click", () => {
    for (const other of filters.querySelectorAll("[data-flag]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    startOver();
  });
}
filters.querySelector("input").addEventListener("input", startOver);
filters.querySelector("select").addEventListener("change", sortResults);
filters.addEventListener("submit", (event) => event.preventDefault());
more.addEventListener("click", () => {
  limit += MOST_ROWS;
  filterResults();
});
filters.hidden = false;
filterResults();
