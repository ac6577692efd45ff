const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

const fold = (name, content, className) => {
  const details = make("details", className || "fold");
  details.append(make("summary", "", name), ...content);
  return details;
};

const unpack = async (id) => {
  if (!("DecompressionStream" in window)) {
    throw new Error("This browser is too old to unpack transcripts (it has no " +
      "DecompressionStream). Open the page in a newer one, or use the commands above.");
  }
  const packed = atob(document.getElementById(id).textContent.trim());
  const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
};

const rowOf = (key) => document.getElementById("trial:" + key);
