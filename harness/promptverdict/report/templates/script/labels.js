// Labels: what a person says of a trial, kept in this browser and exported as a file that
// `promptverdict judge --labels` reads. In blind mode a trial's grades show once it is labelled.
const STORE = "promptverdict:labels:" + document.body.dataset.run;
const toolbar = document.querySelector("form.labels");
const ANSWERS = [["yes", "shown"], ["no", "not shown"], ["", "cannot tell"]];

const readStore = () => {
  // A browser may refuse storage to files; labels then last as long as the page.
  try { return JSON.parse(localStorage.getItem(STORE)) || {}; } catch { return {}; }
};
const labels = readStore();
const writeStore = () => {
  try { localStorage.setItem(STORE, JSON.stringify(labels)); } catch { /* see above */ }
};

const behavioursOf = (key) =>
  [...rowOf(key).querySelectorAll(".outcome")].map((grade) => grade.dataset.behaviour);
const isLabelled = (key) => {
  const given = (labels[key] || {}).answers || {};
  return behavioursOf(key).every((behaviour) => behaviour in given);
};
const isHidden = (key) => toolbar.elements.blind.checked && !isLabelled(key);

const describeLabels = () => {
  const rows = listRows();
  toolbar.elements.export.disabled = rows.length === 0;
  toolbar.querySelector("output").textContent =
    rows.length ? rows.length + (rows.length === 1 ? " label" : " labels") : "";
};

const listRows = () => Object.entries(labels).flatMap(([key, {answers, comment}]) => {
  const row = rowOf(key);
  if (!row) return [];
  return Object.entries(answers).filter(([, answer]) => answer)
    .map(([behaviour, answer]) => [row.dataset.id, behaviour, answer, comment || ""]);
});

const quote = (value) => '"' + value.replaceAll('"', '""') + '"';

const exportLabels = () => {
  const rows = [["trial", "behaviour", "label", "comment"], ...listRows()];
  const text = rows.map((row) => row.map(quote).join(",")).join("\n") + "\n";
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([text], {type: "text/csv"}));
  link.download = "labels-" + document.body.dataset.run + ".csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href));
};

const markRows = () => {
  document.body.classList.toggle("blind", toolbar.elements.blind.checked);
  for (const row of document.querySelectorAll("tr.trial")) {
    row.classList.toggle("labelled", row.dataset.key in labels && isLabelled(row.dataset.key));
  }
};

const setAnswer = (section, key, behaviour, answer) => {
  labels[key] = labels[key] || {answers: {}, comment: ""};
  const was = isHidden(key);
  labels[key].answers[behaviour] = answer;
  writeStore();
  markRows();
  describeLabels();
  if (was !== isHidden(key)) redraw(section);
};

const drawQuestion = (section, trial, behaviour) => {
  const group = make("fieldset");
  group.append(make("legend", "", behaviour));
  const given = ((labels[trial.key] || {}).answers || {})[behaviour];
  for (const [answer, words] of ANSWERS) {
    const label = make("label", "check");
    const input = make("input");
    input.type = "radio";
    input.name = trial.side + ":" + trial.key + ":" + behaviour;
    input.checked = given === answer;
    input.addEventListener("change", () => setAnswer(section, trial.key, behaviour, answer));
    label.append(input, " " + words);
    group.append(label);
  }
  return group;
};

const drawForm = (section, trial) => {
  const pane = make("div", "pane " + trial.side);
  const details = fold("Label this trial", [], "fold label");
  details.open = toolbar.elements.blind.checked;
  const behaviours = behavioursOf(trial.key);
  details.append(...behaviours.map((behaviour) => drawQuestion(section, trial, behaviour)));
  if (!behaviours.length) details.append(make("p", "quiet", "Nothing is graded here."));
  const label = make("label", "", "Comment ");
  const input = make("input");
  input.type = "text";
  input.value = (labels[trial.key] || {}).comment || "";
  input.addEventListener("change", () => {
    labels[trial.key] = labels[trial.key] || {answers: {}, comment: ""};
    labels[trial.key].comment = input.value;
    writeStore();
  });
  label.append(input);
  details.append(label);
  pane.append(details);
  return pane;
};

const drawLabels = (section, trials) => {
  const box = make("div", "columns n" + trials.length);
  box.append(...trials.map((trial) => drawForm(section, trial)));
  section.querySelector(".transcripts").append(box);
};

toolbar.hidden = false;
toolbar.elements.export.addEventListener("click", exportLabels);
toolbar.elements.blind.addEventListener("change", () => {
  markRows();
  for (const [section, {transcripts}] of opened) if (transcripts) redraw(section);
});
toolbar.addEventListener("submit", (event) => event.preventDefault());
markRows();
describeLabels();
