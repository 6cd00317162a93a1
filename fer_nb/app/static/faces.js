// What all widgets share: elements, words in the visitor's language, questions to the kernel,
// the marks of a face, bars and downloads.
//
// `script()` in fer_nb/app/widgets.py puts this file before each widget's own file and joins them
// into one module. There is no build step. It also defines ENGLISH (the English words) and
// LANGUAGES (the codes of all languages) in front of this file.

const SVG = ["svg", "rect", "text", "tspan", "image", "g", "path", "title"];

/**
 * Make an HTML or SVG element.
 * @param {string} tag - For example "div" or "rect"
 * @param {Object} attrs - Attributes. `onclick` and the like listen to an event; `say` is a key of
 *   the words, or [key, values], for the text; `say-title` and the like are the same for an
 *   attribute. false, null and undefined leave an attribute out.
 * @param {...(Node|string|null)} children - null is left out
 * @returns {Element}
 */
function el(tag, attrs = {}, ...children) {
  const node = SVG.includes(tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [key, value] of Object.entries(attrs)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "say") say(node, ...[value].flat());
    else if (key.startsWith("say-"))
      node.setAttribute(`data-${key}`, JSON.stringify([value].flat()));
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.filter((c) => c != null));
  return node;
}

// ---- one page, several widgets: what they share -------------------------------------------------

// Every widget brings this file, so what must exist once a page lives on globalThis
const page = (globalThis.ferPage ??= {
  words: { en: ENGLISH },
  libraries: {},
  text: ENGLISH,
  language: "en",
  settled: false,
  turn: 0,
});
const inVoila = () => Boolean(document.body.dataset.voila);

/**
 * Keep a choice of the visitor, or read it back.
 * In a private window nothing can be stored, so a choice lasts for the page only.
 * @param {string} key
 * @param {string} [value] - Left out: read
 * @returns {string|null|undefined} The stored value when reading
 */
function remember(key, value) {
  try {
    if (value === undefined) return localStorage.getItem(`fer-${key}`);
    localStorage.setItem(`fer-${key}`, value);
  } catch {
    return null;
  }
}

// Tells a view's messages from those of another view or window on the same widget
const own = () => Math.random().toString(36).slice(2);
const asker = own();
let nextQuestion = 1;

/**
 * Send a message to the kernel and wait for its answer.
 * @param {Object} model - The widget's model
 * @param {Object} content - The message; its `kind` chooses what the kernel does
 * @param {{buffers?: ArrayBuffer[], seconds?: number}} options - Binary parts; how long to wait
 * @returns {Promise<Object>} The reply with its `buffers`. Rejects with an Error for `trouble`.
 */
function ask(model, content, { buffers = [], seconds = 30 } = {}) {
  const id = `${asker}${nextQuestion++}`;
  return new Promise((resolve, reject) => {
    const late = setTimeout(silence, 1000 * seconds);
    function silence() {
      clearTimeout(late);
      model.off("msg:custom", hear);
      reject(Object.assign(new Error(t("error.no-answer")), { late: true }));
    }
    function hear(reply, buffers) {
      if (reply.id !== id) return;
      clearTimeout(late);
      model.off("msg:custom", hear);
      if (reply.error) reject(failure(reply));
      else resolve({ ...reply, buffers });
    }
    model.on("msg:custom", hear);
    try {
      model.send({ ...content, id }, undefined, buffers);
    } catch {
      silence();
    } // the page knows that the kernel is gone, and says so in its own words
  });
}

/**
 * Load a library from the kernel, once a page. After a failure it is asked for again.
 * @param {Object} model - The widget's model
 * @param {"uplot"|"fflate"} name - Charts; zip files
 * @returns {Promise<Object>} What the library exports
 */
function library(model, name) {
  return (page.libraries[name] ??= ask(model, { kind: "library", name })
    .then(async ({ code }) => {
      const tail = { uplot: ";export default uPlot;", fflate: ";export default module.exports;" }[
        name
      ];
      const url = URL.createObjectURL(
        new Blob(
          [
            "const module = { exports: {} }, exports = module.exports, define = undefined;\n",
            code,
            tail,
          ],
          { type: "text/javascript" },
        ),
      );
      try {
        return (await import(/* webpackIgnore: true */ url)).default;
      } finally {
        URL.revokeObjectURL(url);
      }
    })
    .catch((error) => {
      delete page.libraries[name];
      throw error;
    })); // Asked for again when it is needed again
}

// ---- words --------------------------------------------------------------------------------------

const RIGHT_TO_LEFT = ["ar"];

/**
 * Look up a text in the language of the page.
 * @param {string} key - As in i18n/en.json
 * @param {Object} values - What stands for {name} in the text; { say: key } is another text
 * @returns {string} The key itself where there is no such text
 */
function t(key, values = {}) {
  return (page.text[key] ?? key).replace(/\{(\w+)\}/g, (all, name) =>
    values[name]?.say ? t(values[name].say) : (values[name] ?? all),
  ); // { say } is another text
}

/**
 * Write a text that changes with the language.
 * @param {Element} node
 * @param {string|null} key - As in i18n/en.json; null empties the node
 * @param {Object} values - As for `t`
 * @returns {void}
 */
function say(node, key, values = {}) {
  if (!key) {
    delete node.dataset.say;
    node.textContent = "";
    return;
  }
  node.dataset.say = JSON.stringify([key, values]);
  if (key === "error.reply")
    Object.assign(node, { lang: "en", dir: "auto" }); // The kernel's own words
  else if (node.dir === "auto") for (const name of ["lang", "dir"]) node.removeAttribute(name);
  const text = t(key, values);
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Write all texts below a node again, after a change of the language.
 * @param {Element} root
 * @returns {void}
 */
function relabel(root) {
  root.lang = page.language;
  root.dir = RIGHT_TO_LEFT.includes(page.language) ? "rtl" : "ltr";
  for (const node of root.querySelectorAll("[data-say]"))
    say(node, ...JSON.parse(node.dataset.say));
  for (const attribute of ["aria-label", "title", "placeholder", "alt"])
    for (const node of [root, ...root.querySelectorAll(`[data-say-${attribute}]`)])
      if (node.hasAttribute(`data-say-${attribute}`))
        node.setAttribute(attribute, t(...JSON.parse(node.getAttribute(`data-say-${attribute}`))));
}

/**
 * Change the language of the page. When it ends the words are there and the widgets know of it.
 * @param {Object} model - The widget's model
 * @param {string} language - As browsers say it, such as "es-MX"
 * @param {number} patience - How long to wait for the words, in seconds
 * @returns {Promise<void>}
 */
async function useLanguage(model, language, patience = 30) {
  const short = language.split("-")[0].toLowerCase();
  const code = LANGUAGES.includes(short) ? short : "en";
  const turn = page.turn;
  page.words[code] ??= (
    await ask(model, { kind: "words", language: code }, { seconds: patience })
  ).words;
  // Another was chosen meanwhile; or another widget was first
  if (turn !== page.turn || (page.settled && page.language === code)) return;
  page.text = page.words[code];
  page.language = code;
  page.settled = true;
  if (inVoila()) {
    document.documentElement.lang = page.language;
    document.documentElement.dir = RIGHT_TO_LEFT.includes(page.language) ? "rtl" : "ltr";
    document.title = t("app.title");
  }
  document.dispatchEvent(new CustomEvent("fer-language"));
}

const FIRST_WORDS_S = 300;
const BEGIN_MS = 4000; // A busy server may take long to answer: the page then begins in English

/**
 * Show a widget. Every widget's render begins here: words first, then the widget itself.
 * @param {Object} model - The widget's model
 * @param {Element} root - Where the notebook or Voila wants the widget
 * @param {function(): {node: Element, relabel: ?function(), close: ?function()}} build
 * @returns {Promise<function()>} Closes the widget
 */
async function open(model, root, build) {
  const words = page.settled
    ? null
    : useLanguage(model, remember("language") ?? navigator.language ?? "en", FIRST_WORDS_S).catch(
        () => null,
      );
  if (words) await Promise.race([words, new Promise((done) => setTimeout(done, BEGIN_MS))]);
  const made = build();
  const redo = () => {
    relabel(made.node);
    made.relabel?.();
  };
  root.append(made.node);
  redo();
  document.addEventListener("fer-language", redo);
  model.on("change:classes change:settings", () => made.relabel?.());
  return () => {
    document.removeEventListener("fer-language", redo);
    made.close?.();
  };
}

/**
 * Attributes of a widget's section. Under Voila it is the panel of a tab; in a notebook it stands
 * for itself.
 * @param {string} name - Of the tab
 * @returns {Object} Attributes for `el`
 */
const panel = (name) =>
  inVoila()
    ? { id: `fer-panel-${name}`, role: "tabpanel", "aria-labelledby": `fer-tab-${name}` }
    : { "say-aria-label": `tab.${name}` };

/**
 * @param {number} n
 * @param {Intl.NumberFormatOptions} options
 * @returns {string} The number as the page's language writes it
 */
const number = (n, options = {}) => new Intl.NumberFormat(page.language, options).format(n);

/**
 * @param {number} p - 0 to 1
 * @returns {string} Such as "37%"
 */
const percent = (p) => number(p, { style: "percent" });
const onward = () => (RIGHT_TO_LEFT.includes(page.language) ? "←" : "→");

/**
 * @param {string} word
 * @param {number} p - 0 to 1
 * @returns {string} The word and its percentage; the sign stays with its number in Arabic, too
 */
const beside = (word, p) =>
  // The sign stays with its number
  `${word} ${RIGHT_TO_LEFT.includes(page.language) ? `\u2068${percent(p)}\u2069` : percent(p)}`;

/**
 * Write a length of time. It is rounded first, so there is no "1:60".
 * @param {number} s - Seconds
 * @returns {string} Such as "4.2 sec" or "1:05"
 */
function seconds(s) {
  const whole = Math.round(s);
  return whole < 60
    ? number(s, {
        style: "unit",
        unit: "second",
        unitDisplay: "short",
        maximumFractionDigits: s < 10 ? 1 : 0,
      })
    : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/**
 * @param {number} n
 * @returns {string} Such as "1 face" or "3 faces"
 */
const faceCount = (n) =>
  t(new Intl.PluralRules(page.language).select(n) === "one" ? "faces.one" : "faces.many", {
    n: number(n),
  });

// ---- looks --------------------------------------------------------------------------------------

// Text fonts hold black-and-white emoji too, and would win without this
const EMOJI_FONTS = '"Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji", sans-serif';
const FACE_COLORS = [
  "#56B4E9",
  "#F0E442",
  "#E69F00",
  "#009E73",
  "#CC79A7",
  "#D55E00",
  "#B8A9FF",
  "#8BE0B4",
  "#FFB3A7",
  "#C8CED8",
];

/**
 * @param {number} n - The face's number, from 1
 * @returns {string} Its color, "#rrggbb"
 */
const colorOfFace = (n) => FACE_COLORS[(n - 1) % FACE_COLORS.length];
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * Relative luminance, as WCAG 2 defines it.
 * @param {string} color - "#rrggbb"
 * @returns {number} 0 (black) to 1 (white)
 */
function luminance(color) {
  const [r, g, b] = [1, 3, 5]
    .map((i) => parseInt(color.slice(i, i + 2), 16) / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * @param {string} color - "#rrggbb" of the background
 * @returns {string} Black or white, whichever stands out more
 */
const inkOn = (color) =>
  (luminance(color) + 0.05) / 0.05 > 1.05 / (luminance(color) + 0.05) ? "#000000" : "#ffffff";

/**
 * @param {Object[]} classes - The widget's classes: { name, color, emoji, icon, words }
 * @param {string} name - A label
 * @returns {Object} The class of that label, or a gray one where there is none
 */
const classOf = (classes, name) =>
  classes.find((c) => c.name === name) ?? { name, color: "#999999", emoji: "▪", words: {} };

/**
 * @param {Object} c - A class
 * @returns {string} Its word in the language of the page
 */
const wordOf = (c) => c.words?.[page.language] ?? c.name;
const UNSURE = ""; // Where answers are counted, a name that no label can have
const unsure = () => ({
  name: UNSURE,
  emoji: "❔",
  icon: null,
  color: "#c8ced8",
  words: { [page.language]: t("face.unsure") },
});
const dataName = (name) => ({ fer2013: "FER2013", ferplus: "FER+" })[name] ?? name;

/**
 * @param {{icon: ?string, emoji: string}} look - `icon` is the address of the user's own PNG
 * @returns {Element} The PNG where there is one, else the emoji
 */
function mark({ icon, emoji }) {
  return icon
    ? el("img", { class: "fer-emoji", src: icon, alt: "" })
    : el("span", { class: "fer-emoji", "aria-hidden": "true" }, emoji);
}

/**
 * What an answer is called: its word, or "not sure" under the visitor's threshold.
 * @param {{label: string, confidence: number}} face - Confidence from 0 to 1
 * @param {Object} model - The widget's model
 * @returns {Object} The class, with `sure` (boolean) and `text` (such as "happy 93%")
 */
function named(face, model) {
  const sure = face.confidence >= (model.get("settings").threshold ?? 0);
  const c = classOf(model.get("classes"), face.label);
  return sure
    ? { ...c, sure, text: beside(wordOf(c), face.confidence) }
    : { ...unsure(), name: c.name, sure, text: beside(t("face.unsure"), face.confidence) };
}

// ---- boxes over a picture -----------------------------------------------------------------------

/**
 * One face's box and label as an SVG group.
 * @param {number} number - The face's number, from 1
 * @param {string} color - "#rrggbb"
 * @returns {{node: Element, place: function()}} `place` moves the mark. Its lengths are pixels of
 *   the picture; `unit` is the length of one pixel of the screen.
 */
function faceMark(number, color) {
  const dark = el("rect", { fill: "none", stroke: "#000000", "stroke-opacity": 0.5 });
  const frame = el("rect", { fill: "none", stroke: color });
  const chip = el("rect", { fill: color });
  const text = el("text", {
    direction: "ltr",
    "font-family": "system-ui, sans-serif",
    "font-weight": 600,
    fill: inkOn(color),
  });
  const picture = el("image", {});
  const list = el("g", {});
  const node = el(
    "g",
    { class: "fer-box", "data-face": number },
    dark,
    frame,
    chip,
    text,
    picture,
    list,
  );
  let written = "";
  let wide = 0;

  // Number, emoji, label; where the label would cover its neighbors, without its words
  function write(look, count, unit, room, lines) {
    const key = [
      look.text,
      look.icon,
      count > 1,
      unit,
      Math.round(room / unit / 16),
      color,
      lines?.map((l) => l.text),
    ].join();
    if (key === written) return;
    written = key;
    const size = 15 * unit;
    text.setAttribute("font-size", size);
    text.replaceChildren(
      ...[
        count > 1 ? `${number} ` : "",
        look.icon ? "" : el("tspan", { "font-family": EMOJI_FONTS }, look.emoji),
      ].filter(Boolean),
    );
    const words = el("tspan", {}, ` ${look.text}`);
    text.append(words);
    if (count > 1 && text.getComputedTextLength() > room) words.remove();
    if (look.icon) picture.setAttribute("href", look.icon);
    else picture.removeAttribute("href");
    wide = text.getComputedTextLength() + 0.8 * size + (look.icon ? 1.3 * size : 0);
    node.dataset.label = look.name;
    node.dataset.sure = look.sure;
    list.replaceChildren(...(lines ?? []).flatMap((line, row) => answerRow(line, row, size)));
  }

  function place({ x, y, w, h }, look, { width, height, unit, count, lines, strong }) {
    write(look, count, unit, 1.4 * w, lines);
    const size = 15 * unit;
    const high = 1.5 * size;
    const left = Math.max(0, Math.min(x, width - wide));
    const top = y > high ? y - high : Math.min(y + h, height - high);
    const set = (part, values) => {
      for (const [k, v] of Object.entries(values)) part.setAttribute(k, Math.round(100 * v) / 100);
    };
    for (const part of [dark, frame]) set(part, { x, y, width: w, height: h, rx: 4 * unit });
    set(dark, { "stroke-width": (strong ? 7 : 5) * unit });
    set(frame, { "stroke-width": (strong ? 5 : 3) * unit });
    set(chip, { x: left, y: top, width: wide, height: high, rx: 4 * unit });
    set(text, { x: left + 0.4 * size + (look.icon ? 1.3 * size : 0), y: top + 1.08 * size });
    set(picture, {
      x: left + 0.2 * size,
      y: top + 0.15 * size,
      width: 1.2 * size,
      height: 1.2 * size,
    });
    const side = x + w + 7.6 * size < width ? x + w + 4 * unit : Math.max(0, x - 7.6 * size);
    list.setAttribute(
      "transform",
      `translate(${side} ${Math.max(0, Math.min(y, height - (lines?.length ?? 0) * 1.35 * size))})`,
    );
  }

  return { node, place };
}

/**
 * One row of the list of all answers beside a face: a dark ground, a bar, emoji and text.
 * @param {{p: number, color: string, emoji: string, text: string}} line - `p` from 0 to 1
 * @param {number} row - From 0
 * @param {number} size - Of the font, in pixels of the picture
 * @returns {Element[]}
 */
function answerRow(line, row, size) {
  const height = 1.35 * size;
  const width = 7.4 * size;
  const place = { x: 0, y: row * 1.35 * size, height };
  return [
    el("rect", { ...place, width, fill: "#000000", "fill-opacity": 0.6 }),
    el("rect", { ...place, width: width * line.p, fill: line.color, "fill-opacity": 0.55 }),
    el(
      "text",
      {
        direction: "ltr",
        x: 0.3 * size,
        y: (row + 0.95) * 1.35 * size - 0.2 * size,
        "font-size": 0.85 * size,
        fill: "#ffffff",
        "font-family": "system-ui, sans-serif",
      },
      el("tspan", { "font-family": EMOJI_FONTS }, line.emoji),
      ` ${line.text}`,
    ),
  ];
}

/**
 * @param {Object} face - `box` is [x, y, width, height] in pixels of the picture
 * @param {number} width - Of the picture, in pixels
 * @param {boolean} [mirrored]
 * @returns {{x: number, y: number, w: number, h: number}} In pixels of the picture as it is shown
 */
const boxOf = (face, width, mirrored) => ({
  x: mirrored ? width - face.box[0] - face.box[2] : face.box[0],
  y: face.box[1],
  w: face.box[2],
  h: face.box[3],
});

/**
 * Draw all faces of one still picture.
 * @param {Element} layer - The SVG over the picture
 * @param {{width: number, height: number, faces: Object[]}} answer - Sizes in pixels of the picture
 * @param {Object} model - The widget's model
 * @returns {void}
 */
function drawFaces(layer, { width, height, faces }, model) {
  layer.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const shown = layer.getBoundingClientRect();
  const unit = Math.max(width / (shown.width || width), height / (shown.height || height));
  layer.replaceChildren();
  for (const face of faces) {
    const look = named(face, model);
    const made = faceMark(face.number, look.color);
    layer.append(made.node);
    made.place(boxOf(face, width), look, { width, height, unit, count: faces.length });
  }
}

/**
 * Draw a picture and what lies over it into one canvas of the picture's own size.
 * @param {CanvasImageSource} picture
 * @param {Element} layer - The SVG over it
 * @param {number} width - In pixels
 * @param {number} height - In pixels
 * @param {boolean} mirrored - Whether the picture is shown as in a mirror; the layer already is
 * @returns {Promise<HTMLCanvasElement>}
 */
async function flatten(picture, layer, width, height, mirrored = false) {
  const canvas = el("canvas", { width, height });
  const pen = canvas.getContext("2d");
  if (mirrored) {
    pen.translate(width, 0);
    pen.scale(-1, 1);
  }
  pen.drawImage(picture, 0, 0, width, height);
  pen.resetTransform();
  const copy = layer.cloneNode(true);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  const over = new Image();
  over.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await over.decode();
  pen.drawImage(over, 0, 0, width, height);
  return canvas;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {string} type - "image/png" or "image/jpeg"
 * @returns {Promise<Blob>} Rejects where the canvas is too large for the browser
 */
const blobOf = (canvas, type = "image/png") =>
  new Promise((done, fail) =>
    canvas.toBlob(
      (blob) =>
        blob
          ? done(blob)
          : fail(failure({ error: t("error.no-canvas"), code: "no-canvas", facts: {} })),
      type,
      0.92,
    ),
  );

// ---- a camera that does not come ----------------------------------------------------------------

const CAMERA_ERRORS = {
  NotAllowedError: "camera.denied",
  NotFoundError: "camera.absent",
  OverconstrainedError: "camera.absent",
  NotReadableError: "camera.busy",
  AbortError: "camera.busy",
};

/**
 * @param {Error} error - Of getUserMedia
 * @param {string} button - Key of the button that tries again
 * @returns {Array} Arguments for `say`
 */
const cameraError = (error, button) =>
  !navigator.mediaDevices
    ? ["camera.https"]
    : // button: what begins it anew
      [CAMERA_ERRORS[error.name] ?? "camera.failed", { name: error.name, button: { say: button } }];

// ---- what went wrong, for `say`; the kernel's rarer words are English ---------------------------

/**
 * @param {{error: string, code: ?string, facts: ?Object}} reply - Of the kernel
 * @returns {Error}
 */
const failure = ({ error, code, facts }) => Object.assign(new Error(error), { code, facts });

/**
 * @param {Error} error - Of `ask` or `failure`
 * @returns {Array} Arguments for `say`; errors without a code are said in the kernel's English
 */
const trouble = (error) => {
  if (error.late) return ["error.no-answer", {}];
  const key = `error.${error.code}`;
  if (key in page.text) return [key, error.facts];
  return ["error.reply", { text: error.message }];
};

/**
 * @param {function(Event): Promise} work
 * @param {function(string, Object)} tell - Called with the arguments for `say` if the work fails
 * @returns {function(Event): Promise<void>} A listener
 */
const attempt = (work, tell) => async (event) => {
  try {
    await work(event);
  } catch (error) {
    tell(...trouble(error));
  }
};

// Counts that run: seen, but not spoken by a screen reader
function sayQuietly(node, key, values) {
  node.setAttribute("aria-live", "off");
  say(node, key, values);
}
function sayAloud(node, key, values) {
  node.setAttribute("aria-live", "polite");
  say(node, key, values);
}

// ---- bars ---------------------------------------------------------------------------------------

/**
 * Bars of all classes. They are made once and then only updated, so nothing jumps.
 * @param {Object[]} classes
 * @param {{format?: function(number): string}} options
 * @returns {{node: Element, show: function(?Object, Object=, ?string=)}} `show` takes label ->
 *   share (0 to 1), label -> number to write, and the only label to show
 */
function barRows(classes, { format = percent } = {}) {
  const rows = classes.map((c) => ({
    c,
    name: el("span", {}, mark(c), ` ${wordOf(c)}`),
    fill: el("i", { style: `background:${c.color}` }),
    number: el("span", { class: "fer-number" }),
  }));
  const node = el("div", { class: "fer-bars" });
  for (const r of rows)
    r.row = el(
      "div",
      { class: "fer-bar", "data-label": r.c.name },
      r.name,
      el("span", { class: "fer-track", "aria-hidden": "true" }, r.fill),
      r.number,
    );
  node.append(...rows.map((r) => r.row));
  const show = (values, texts = values, only = null) => {
    for (const { c, fill, number, row } of rows) {
      fill.style.width = `${100 * (values?.[c.name] ?? 0)}%`;
      number.textContent = values ? format(texts[c.name] ?? 0) : "–";
      row.style.visibility = only && c.name !== only ? "hidden" : "";
    }
  };
  show(null);
  return { node, show };
}

/**
 * Name and bars of one face, as text that a screen reader can read.
 * @param {Object} face
 * @param {Object} model - The widget's model
 * @param {number} count - How many faces there are; a single one needs no number
 * @returns {Element}
 */
function facePanel(face, model, count = 1) {
  const classes = model.get("classes");
  const look = named(face, model);
  const bars = barRows(classes);
  bars.show(face.probabilities);
  return el(
    "div",
    { class: "fer-face", "data-face": face.number },
    el(
      "div",
      { class: "fer-name" },
      mark(look),
      el("span", {}, `${count > 1 ? `${face.number}: ` : ""}${look.text}`),
    ),
    flagNote(face),
    bars.node,
  );
}

/**
 * @param {Object} face
 * @returns {?Element} Why not to trust its answer: it is small, or blurred
 */
const flagNote = (face) =>
  face.flags?.length
    ? el("p", { class: "fer-soft" }, face.flags.map((f) => t(`flag.${f}`)).join(" "))
    : null;

// ---- downloads ----------------------------------------------------------------------------------

/**
 * Hand a file to the visitor.
 * @param {Blob} blob
 * @param {string} name - Of the file
 * @returns {void}
 */
function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * Write one cell of a CSV file. A cell that a spreadsheet would take for a formula is led by an
 * apostrophe, because file names come from anywhere.
 * @param {*} v
 * @returns {string}
 */
const cell = (v) => {
  const s = typeof v === "string" && /^[=+\-@\t\r]/.test(v) ? `'${v}` : String(v ?? "");
  return /[",\n\r]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s;
};
// As TABLE_COLUMNS in core/04_labels
const COLUMN_NAMES = [
  "file",
  "frame",
  "time",
  "face",
  "x",
  "y",
  "w",
  "h",
  "score",
  "label",
  "confidence",
  "sure",
  "flags",
  "error",
];

/**
 * @param {string} label
 * @returns {string} Its column in tables; a label such as "time" would be taken for another column
 */
const columnOf = (label) => (COLUMN_NAMES.includes(label) ? `p_${label}` : label);

/**
 * @param {Array<Array>} rows - The first one has the column names
 * @returns {Blob} A CSV file; its byte order mark tells spreadsheets that it is UTF-8
 */
const csv = (rows) =>
  new Blob(["\ufeff", rows.map((r) => r.map(cell).join(",")).join("\n"), "\n"], {
    type: "text/csv;charset=utf-8",
  });

/**
 * @returns {string} The time as part of a file name, such as "2026-01-31T12-00-00"
 */
const stamp = () => new Date().toISOString().slice(0, 19).replaceAll(":", "-");

/**
 * @param {?string} key - Of its text
 * @param {function(Event)} onclick
 * @param {Object} attrs - As for `el`
 * @returns {Element}
 */
function button(key, onclick, attrs = {}) {
  return el("button", { type: "button", onclick, say: key, ...attrs });
}
