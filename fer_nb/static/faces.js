// Shared by the camera and photo widgets: elements, face boxes, class bars. Put before each widget's own file.

function el(tag, attrs = {}, ...children) {
  const svg = ["svg", "rect", "text", "tspan", "image", "g"].includes(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(attrs)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.filter((c) => c != null));
  return node;
}

// Text fonts hold black-and-white emoji too, and would win without this
const EMOJI_FONTS = '"Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji", sans-serif';

const percent = (p) => `${Math.round(100 * p)} %`;

// Black or white, whichever reads better on a "#rrggbb" background
function inkOn(color) {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16) / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? "#000000" : "#ffffff";
}

const classOf = (classes, name) => classes.find((c) => c.name === name) ?? { color: "#999999" };

// The user's PNG where there is one, else the emoji
function mark({ icon }, emoji) {
  return icon ? el("img", { class: "fer-emoji", src: icon, alt: "" }) : el("span", { class: "fer-emoji", "aria-hidden": "true" }, emoji);
}

// Draw every face of a reply into an <svg> that lies over the picture. Boxes are in pixels of the picture that was sent.
function drawFaces(layer, reply, classes, mirrored = false) {
  const { width, height, faces } = reply;
  layer.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const shown = layer.getBoundingClientRect();
  const unit = Math.max(width / (shown.width || width), height / (shown.height || height)); // picture pixels in one screen pixel
  layer.replaceChildren();
  for (const [i, face] of faces.entries()) {
    const [x, y, w, h] = face.box;
    drawFace(layer, face, faces.length > 1 ? i + 1 : null, { x: mirrored ? width - x - w : x, y, w, h }, classOf(classes, face.label), unit, width, height);
  }
}

// Several faces are numbered, as their bars are; where a label would cover its neighbors it is the number and the emoji alone
function drawFace(layer, face, number, { x, y, w, h }, { color, icon }, unit, width, height) {
  const size = 15 * unit, high = 1.5 * size, frame = { x, y, width: w, height: h, fill: "none", rx: 4 * unit };
  const text = el("text", { "font-size": size, "font-family": "system-ui, sans-serif", "font-weight": 600, fill: inkOn(color) },
    number ? `${number} ` : null, icon ? null : el("tspan", { "font-family": EMOJI_FONTS }, face.emoji));
  const words = el("tspan", {}, ` ${face.label} ${percent(face.confidence)}`);
  text.append(words);
  const chip = el("rect", { height: high, fill: color, rx: 4 * unit });
  const picture = icon ? el("image", { href: icon, width: 1.2 * size, height: 1.2 * size }) : null, indent = icon ? 1.3 * size : 0;
  layer.append(el("g", { class: "fer-box", "data-label": face.label },
    el("rect", { ...frame, stroke: "#000000", "stroke-opacity": 0.5, "stroke-width": 5 * unit }),
    el("rect", { ...frame, stroke: color, "stroke-width": 3 * unit }), chip, text, ...(picture ? [picture] : [])));
  if (number && text.getComputedTextLength() > 1.4 * w) words.remove();
  const wide = text.getComputedTextLength() + 0.8 * size + indent; // known only once it is in the page
  const left = Math.max(0, Math.min(x, width - wide)), top = y > high ? y - high : Math.min(y + h, height - high);
  for (const [node, at] of [[chip, { x: left, y: top, width: wide }], [text, { x: left + 0.4 * size + indent, y: top + 1.08 * size }], [picture, { x: left + 0.2 * size, y: top + 0.15 * size }]])
    for (const [key, value] of Object.entries(at)) node?.setAttribute(key, value);
}

// Name and bars of one face, as text that a screen reader can read
function facePanel(face, classes, number = null) {
  const rows = classes.flatMap((c) => {
    const { name, emoji, color } = c;
    const p = face.probabilities[name] ?? 0;
    return [
      el("span", {}, mark(c, emoji), ` ${name}`),
      el("span", { class: "fer-track", "aria-hidden": "true" }, el("i", { style: `width:${100 * p}%;background:${color}` })),
      el("span", { class: "fer-number" }, percent(p)),
    ];
  });
  return el("div", { class: "fer-face" },
    el("div", { class: "fer-name" }, mark(classOf(classes, face.label), face.emoji), el("span", {}, `${number ? `${number}: ` : ""}${face.label}, ${percent(face.confidence)}`)),
    el("div", { class: "fer-bars" }, ...rows));
}
