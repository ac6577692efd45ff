"use strict";
(() => {
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  const inflate = async (id) => {
    if (!("DecompressionStream" in window)) {
      throw new Error("This browser is too old to unpack transcripts (it has no " +
        "DecompressionStream). Open the page in a newer one, or use the commands above.");
    }
    const packed = atob(document.getElementById(id).textContent.trim());
    const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).json();
  };

  const SHORT = 14;

  const line = ([style, parts]) => {
    const element = make("div", "line " + style);
    for (const [text, mark] of parts) {
      element.append(mark ? make("mark", mark, text) : document.createTextNode(text));
    }
    return element;
  };

  const isMarked = ([, parts]) => parts.some(([, mark]) => mark);

  const lines = (all) => {
    const box = make("div", "lines");
    const grades = all.filter(([style]) => style.startsWith("grade "));
    const texts = all.filter(([style]) => !style.startsWith("grade "));
    const kept = texts.slice(0, SHORT), rest = texts.slice(SHORT);
    if (rest.length < 4 || texts[0][0] === "said") {
      kept.push(...rest.splice(0));
    }
    box.append(...kept.map(line));
    if (rest.length) {
      const more = fold(rest.length + " more lines", rest.map(line));
      more.open = rest.some(isMarked);
      box.append(more);
    }
    box.append(...grades.map(line));
    return box;
  };

  const fold = (name, content, className) => {
    const details = make("details", className || "fold");
    details.append(make("summary", "", name), ...content);
    return details;
  };

  const block = ({n, lines: all, folds}) => {
    const box = make("div", "block");
    const [first, ...rest] = all;
    const title = make("div", "head " + first[0]);
    title.append(...line(first).childNodes);
    box.append(title);
    if (rest.length) box.append(lines(rest));
    for (const one of folds) {
      const content = make("div", "lines diff");
      content.append(...one.lines.map(line));
      box.append(fold(one.name, [content], one.bad ? "fold bad" : "fold"));
    }
    return box;
  };

  const pane = (side, turns) => {
    const column = make("div", "pane " + side);
    for (const turn of turns) {
      const article = make("div", "turn");
      article.append(...turn.blocks.map(block));
      column.append(article);
    }
    return column;
  };

  const columns = (left, right) => {
    const box = make("div", right ? "columns" : "columns single");
    box.append(pane("left", left));
    if (right) box.append(pane("right", right));
    return box;
  };

  const shared = (steps) =>
    steps === 1 ? "The first step is the same" : "The first " + steps + " steps are the same";

  const draw = (where, left, right) => {
    where.replaceChildren();
    let alike = 0;
    if (right) {
      const most = Math.min(left.turns.length, right.turns.length);
      while (alike < most && left.turns[alike].done === right.turns[alike].done) alike += 1;
    }
    if (alike) {
      const same = columns(left.turns.slice(0, alike), right.turns.slice(0, alike));
      where.append(fold(shared(alike), [same], "fold common"));
      const ends = alike === left.turns.length && alike === right.turns.length;
      where.append(make("p", "parting", ends ? "They do the same to the end" : "Here they part"));
    }
    where.append(columns(left.turns.slice(alike), right && right.turns.slice(alike)));
    const found = [left, right].map((one) => one && [{blocks: [
      {lines: [["heading", [["What was found", ""]]], ...one.found], folds: []}]}]);
    where.append(columns(found[0], found[1]));
  };

  const open = async (scenario) => {
    if (scenario.dataset.ready) return;
    scenario.dataset.ready = "yes";
    const where = scenario.querySelector(".transcripts");
    if (!where) return;
    const [left, right] = scenario.querySelectorAll("select");
    try {
      const trials = await inflate(scenario.dataset.pack);
      const redraw = () => draw(where, trials[left.value], right && trials[right.value]);
      for (const choice of scenario.querySelectorAll("select")) {
        choice.addEventListener("change", redraw);
      }
      redraw();
    } catch (error) {
      where.replaceChildren(make("p", "problem", error.message));
    }
  };

  for (const button of document.querySelectorAll("button[data-side]")) {
    button.addEventListener("click", () => {
      const scenario = button.closest(".scenario");
      scenario.dataset.side = button.dataset.side;
      for (const one of scenario.querySelectorAll("button[data-side]")) {
        one.setAttribute("aria-pressed", String(one === button));
      }
    });
  }

  for (const scenario of document.querySelectorAll("details.scenario")) {
    scenario.addEventListener("toggle", () => { if (scenario.open) open(scenario); });
  }

  const follow = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches("details.scenario")) {
      target.open = true;
      target.scrollIntoView();
      target.querySelector("summary").focus({preventScroll: true});
    }
  };
  for (const link of document.querySelectorAll("a[href^='#scenario:']")) {
    link.addEventListener("click", () => setTimeout(follow));
  }
  window.addEventListener("hashchange", follow);
  follow();
})();
