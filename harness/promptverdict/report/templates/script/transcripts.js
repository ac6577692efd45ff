// A transcript is {turns: [{done, blocks: [{n, lines, folds}]}], found: lines}; a line is
// [style, [[text, mark], ...]]. All of it is put into the page as text, never as markup.
const SHORT = 14;

const drawLine = ([style, parts], bare) => {
  const element = make("div", "line " + style);
  for (const [text, mark] of parts) {
    element.append(mark && !bare ? make("mark", mark, text) : document.createTextNode(text));
  }
  return element;
};

const isGrade = ([style]) => style.startsWith("grade ");
const isMarked = ([, parts]) => parts.some(([, mark]) => mark);

const drawLines = (all, bare) => {
  const box = make("div", "lines");
  const texts = all.filter((line) => !isGrade(line));
  const shown = texts.slice(0, SHORT), rest = texts.slice(SHORT);
  if (rest.length < 4 || texts[0][0] === "said") shown.push(...rest.splice(0));
  box.append(...shown.map((line) => drawLine(line, bare)));
  if (rest.length) {
    const more = fold(rest.length + " more lines", rest.map((line) => drawLine(line, bare)));
    more.open = !bare && rest.some(isMarked);
    box.append(more);
  }
  if (!bare) box.append(...all.filter(isGrade).map((line) => drawLine(line)));
  return box;
};

const drawBlock = ({n, lines: [first, ...rest], folds}, key, bare) => {
  const box = make("div", "block");
  const head = make("div", "head " + first[0]);
  head.append(...drawLine(first, bare).childNodes);
  if (n !== undefined) {
    box.dataset.event = n;
    const link = make("a", "here", "#");
    link.href = "#" + encodeURI("trial:" + key + ":" + n);
    link.setAttribute("aria-label", "Link to event " + n);
    link.tabIndex = -1;
    head.append(link);
  }
  box.append(head);
  if (rest.length) box.append(drawLines(rest, bare));
  for (const part of folds) {
    const content = make("div", "lines diff");
    content.append(...part.lines.map((line) => drawLine(line)));
    box.append(fold(part.name, [content], part.bad ? "fold bad" : "fold"));
  }
  return box;
};

const drawPane = (trial, turns, from) => {
  const column = make("div", "pane " + trial.side);
  column.dataset.key = trial.key;
  turns.forEach((turn, place) => {
    const article = make("div", "turn");
    article.tabIndex = -1;
    article.setAttribute("role", "group");
    article.setAttribute("aria-label", "Turn " + (from + place + 1) + " of " + trial.label);
    article.append(...turn.blocks.map((block) => drawBlock(block, trial.key, trial.hidden)));
    column.append(article);
  });
  return column;
};

const drawColumns = (trials, choose, from) => {
  const box = make("div", "columns n" + trials.length);
  for (const trial of trials) box.append(drawPane(trial, choose(trial), from));
  return box;
};

const countShared = (trials) => {
  const all = trials.map((trial) => trial.turns);
  const most = Math.min(...all.map((turns) => turns.length));
  let shared = 0;
  while (trials.length > 1 && shared < most &&
    all.every((turns) => turns[shared].done === all[0][shared].done)) shared += 1;
  return shared;
};

const drawFound = (trial) => {
  const title = ["heading", [["What was found", ""]]];
  const hidden = ["note", [["Hidden until it is labelled", ""]]];
  return [{blocks: [{lines: [title, ...(trial.hidden ? [hidden] : trial.found)], folds: []}]}];
};

// Draws trials beside each other: what all of them do at first in a fold, then where they part.
const drawTranscripts = (where, trials) => {
  where.replaceChildren();
  const shared = countShared(trials);
  if (shared) {
    const same = drawColumns(trials, (trial) => trial.turns.slice(0, shared), 0);
    const name = shared === 1 ? "The first step is the same"
      : "The first " + shared + " steps are the same";
    where.append(fold(name, [same], "fold common"));
    const isAll = trials.every((trial) => trial.turns.length === shared);
    where.append(make("p", "parting", isAll ? "They do the same to the end" : "Here they part"));
  }
  where.append(drawColumns(trials, (trial) => trial.turns.slice(shared), shared));
  where.append(drawColumns(trials, drawFound, 0));
  const first = where.querySelector(":scope > .columns .turn");
  if (first) first.tabIndex = 0;
};
