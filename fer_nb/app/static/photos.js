// Photos: chosen, dropped, pasted or taken. Each goes to the kernel in parts, and is shown here
// from the visitor's own copy.
//
// Draws a card for each photo, with its faces and heat maps, and the table of all. Talks to
// fer_nb/app/photos.py.

const PART_BYTES = 1_000_000; // A photo is sent in parts of this size
const ANSWER_S = 120; // How long a photo may take
const AFTER_SILENCE_S = 15; // The same, once the kernel did not answer at all
const AGAIN_AT_MOST = 60; // More photos are looked at again only when the visitor asks for it
const SHOWN_FACES = 6; // Faces of a photo whose bars are shown at first
const SHOWN_ON_PHONES = 2; // The same on a narrow screen
const CANVAS_PIXELS = 16_000_000; // Annotated photos are made smaller than this: phones refuse more

// Files that are photos by their ending, and kinds that every browser can show
const PICTURE = /\.(hei[cf]|hif|avif|tiff?)$/i;
const SHOWABLE = /^image\/(jpeg|png|webp|gif|bmp|avif|svg\+xml|x-icon)$/;

function photosView(model) {
  const input = el("input", {
    type: "file",
    accept: "image/*,.heic,.heif,.avif",
    multiple: true,
    class: "fer-hidden",
    tabindex: -1,
    "aria-hidden": "true",
    onchange: () => {
      add([...input.files]);
      input.value = "";
    },
  });
  const choose = button("photos.choose", () => input.click(), { class: "fer-main" });
  const take = button("photos.take", takePicture);
  const sample = button("photos.sample", trySample);
  const clear = button("photos.clear", forget, { hidden: true });
  const drop = el(
    "div",
    { class: "fer-drop", ondragover: over, ondragleave: leave, ondrop: dropped },
    el("div", { class: "fer-row" }, choose, take, sample, clear),
    el("span", { class: "fer-soft", say: "photos.drop" }),
    input,
  );
  const status = el("p", { class: "fer-status", role: "status" });
  const again = button("photos.again", () => lookAgain(outdated()), { hidden: true });
  const results = el("div", { class: "fer-results" });
  const tall = el("div", {
    class: "fer-scroll fer-tall",
    tabindex: 0,
    role: "region",
    "say-aria-label": "photos.table",
  });
  const tableHere = el(
    "div",
    { class: "fer-stack", hidden: true },
    el("h3", { say: "photos.table" }),
    tall,
    el(
      "div",
      { class: "fer-row" },
      button("save.csv", saveCsv),
      button("save.json", saveJson),
      button("save.zip", saveZip),
    ),
  );
  const node = el(
    "section",
    { class: "fer fer-card fer-photos", ...panel("photos") },
    el("h2", { say: "tab.photos" }),
    drop,
    status,
    again,
    results,
    tableHere,
    el("p", { class: "fer-soft", say: "privacy.photos" }),
  );

  // { name, file, url, reply, error, classes, node, ... }, in the order they came
  const entries = [];
  const view = own();
  let nextId = 0;
  let sending = null;
  let counting = false;
  let left = 0;
  let cleared = 0;
  let patience = ANSWER_S;
  let lane = Promise.resolve();
  let sorting = { by: "photo", down: false };

  // -- in

  function over(event) {
    event.preventDefault();
    drop.classList.add("fer-over");
  }
  function leave() {
    drop.classList.remove("fer-over");
  }
  function dropped(event) {
    event.preventDefault();
    leave();
    const files = [...event.dataTransfer.files];
    // Which has to be asked at once
    const given = [...(event.dataTransfer.items ?? [])].map((item) => item.webkitGetAsEntry?.());
    if (!given.some((entry) => entry?.isDirectory)) return add(files);
    Promise.all(given.filter(Boolean).map(unpacked)).then(
      (all) => add(all.flat().filter((f) => f.type.startsWith("image/") || PICTURE.test(f.name))),
      (error) => sayAloud(status, ...trouble(error)),
    );
  }

  // The files of a folder that was dropped, and of those in it
  async function unpacked(entry) {
    if (entry.isFile) return [await new Promise((done, fail) => entry.file(done, fail))];
    const reader = entry.createReader();
    const found = [];
    for (let some = [null]; some.length; found.push(...some))
      // A hundred at a time
      some = await new Promise((done, fail) => reader.readEntries(done, fail));
    return (
      await Promise.all(found.sort((a, b) => (a.name < b.name ? -1 : 1)).map(unpacked))
    ).flat();
  }

  function pasted(event) {
    if (!node.offsetParent || !event.clipboardData?.files.length) return;
    // In JupyterLab a picture may be meant for any cell
    if (!inVoila() && !node.contains(event.target)) return;
    add(
      [...event.clipboardData.files].map((f) =>
        f.name && f.name !== "image.png"
          ? f
          : new File([f], `${t("photos.pasted")}.png`, { type: f.type }),
      ),
    );
  }

  async function add(files) {
    const limit = model.get("max_bytes");
    const before = cleared;
    const alone = files.length === 1;
    left += files.length;
    for (const file of files) {
      // The visitor cleared them away: the rest is not wanted either
      if (cleared !== before) return;
      const entry = card(file.name || t("photos.pasted"), alone);
      left--; // After the card, which tells how many are left
      if (file.size > limit) {
        failed(entry, [
          "photos.too-large",
          {
            name: entry.name,
            size: number(Math.round(file.size / 1e6)),
            limit: number(limit / 1e6),
          },
        ]);
        continue;
      }
      entry.file = file;
      if (SHOWABLE.test(file.type)) setPicture(entry, file);
      await send(entry).catch((error) => failed(entry, trouble(error)));
    }
  }

  // One after the other
  function send(entry) {
    entry.pending = true;
    tell();
    return (lane = lane.catch(() => null).then(() => sendNow(entry)));
  }

  // The parts, each answered, the last with the faces
  async function sendNow(entry) {
    if (!entries.includes(entry)) return; // Cleared away while it waited
    // The kernel reads files that this browser does not, also behind another one's name
    const preview = !(await isShown(entry));
    if (!entries.includes(entry)) return;
    const { file, name } = entry;
    const photo = `${view}${nextId++}`;
    const shape = setting();
    let reply = null;
    try {
      for (let at = 0; at === 0 || at < file.size; at += PART_BYTES) {
        const bytes = await file
          .slice(at, at + PART_BYTES)
          .arrayBuffer()
          .catch(() => {
            throw failure({ error: name, code: "not-a-picture", facts: { name } });
          }); // Gone meanwhile, or a folder
        if (!entries.includes(entry)) return; // Cleared away while it was sent
        sending = photo;
        reply = await ask(
          model,
          { kind: "photo", photo, name, last: at + PART_BYTES >= file.size, preview },
          { buffers: [bytes], seconds: patience },
        );
      }
      patience = ANSWER_S;
    } catch (error) {
      if (error.late)
        patience = await ask(model, { kind: "words", language: page.language }).then(
          () => ANSWER_S,
          () => AFTER_SILENCE_S,
        ); // A kernel that is gone must not cost this long for each photo; a slow network may
      unsend(photo);
      throw error;
    } finally {
      sending = null;
    }
    if (!entries.includes(entry)) return;
    if (reply.buffers?.length) setPicture(entry, new Blob(reply.buffers, { type: "image/jpeg" }));
    entry.shape = shape;
    finish(entry, reply);
    // Changed while it was on its way: which settings it was answered with is not known
    if (shape !== setting()) redo();
  }

  const isShown = async (entry) =>
    Boolean(entry.url) &&
    entry.image.decode().then(
      () => true,
      () => false,
    );

  // Its parts do not wait in the kernel for those that will not come
  function unsend(photo) {
    try {
      model.send({ kind: "forget", photo });
    } catch {
      /* no kernel: nothing is kept there */
    }
  }

  async function trySample() {
    const entry = card(t("photos.sample-name"), true);
    entry.pending = true;
    tell();
    try {
      const reply = await ask(model, { kind: "sample" }, { seconds: 60 });
      entry.file = new File(reply.buffers, "astronaut.jpg", { type: "image/jpeg" });
      setPicture(entry, entry.file);
      entry.shape = setting();
      finish(entry, reply);
    } catch (error) {
      failed(entry, trouble(error));
    }
  }

  // A small window with the camera
  function takePicture() {
    const video = el("video", { playsinline: true, muted: true, "say-aria-label": "live.video" });
    const status = el("p", { class: "fer-status fer-error", role: "status" });
    video.muted = true;
    const snap = button(
      "photos.snap",
      attempt(shoot, (...words) => say(status, ...words)),
      { class: "fer-main", disabled: true },
    );
    const side = el(
      "select",
      {
        "say-aria-label": "live.camera",
        onchange: look,
        hidden: !matchMedia("(pointer: coarse)").matches,
      },
      el("option", { value: "user", say: "live.front" }),
      el("option", { value: "environment", say: "live.back" }),
    );
    const dialog = el(
      "dialog",
      { class: "fer fer-help fer-snap", "say-aria-label": "photos.take" },
      video,
      status,
      el(
        "div",
        { class: "fer-row" },
        snap,
        side,
        button("close", () => dialog.close()),
      ),
    );
    relabel(dialog);
    node.append(dialog);
    dialog.showModal();
    let stream = null;
    let looking = 0;
    const dark = () => {
      stream?.getTracks().forEach((track) => track.stop());
      stream = null;
    };
    dialog.addEventListener("close", () => {
      dark();
      dialog.remove();
      take.focus();
    });
    async function shoot() {
      snap.disabled = true; // One picture, however often it is pressed
      const canvas = el("canvas", { width: video.videoWidth, height: video.videoHeight });
      canvas.getContext("2d").drawImage(video, 0, 0);
      const blob = await blobOf(canvas, "image/jpeg");
      dialog.close();
      add([
        new File([blob], `${t("photos.taken")} ${entries.length + 1}.jpg`, { type: "image/jpeg" }),
      ]);
    }
    // Who changes the side, or closes the window, while the browser asks: this camera is no longer
    // wanted
    async function look() {
      const mine = ++looking;
      dark();
      snap.disabled = true;
      say(status, null);
      try {
        const got = await navigator.mediaDevices.getUserMedia({
          video: { width: { ideal: 1280 }, facingMode: side.value },
          audio: false,
        });
        if (!dialog.open || mine !== looking)
          return got.getTracks().forEach((track) => track.stop());
        stream = video.srcObject = got;
        video.classList.toggle(
          "fer-mirrored",
          got.getVideoTracks()[0].getSettings().facingMode !== "environment",
        );
        got.getVideoTracks()[0].addEventListener("ended", () => {
          if (stream === got) {
            snap.disabled = true;
            say(status, "camera.stopped", { button: { say: "photos.take" } });
          }
        });
        await video.play();
        if (mine === looking) {
          snap.disabled = false;
          snap.focus();
        }
      } catch (error) {
        if (mine === looking) say(status, ...cameraError(error, "photos.take"));
      }
    }
    look();
  }

  // -- shown

  // Rows of two photos must be told apart, also where names do not care for capitals
  function ownName(name) {
    const [, base, ending] = name.match(/^(.*?)(\.\w{1,5})?$/s);
    const taken = new Set(entries.map((e) => e.name.toLowerCase()));
    let free = name;
    for (let n = 2; taken.has(free.toLowerCase()); n++) free = `${base}-${n}${ending ?? ""}`;
    return free;
  }

  // Alone: it came by itself, and is spoken and scrolled to
  function card(given, alone) {
    const name = ownName(given);
    const image = el("img", { alt: name });
    const layer = el("svg", {
      xmlns: "http://www.w3.org/2000/svg",
      preserveAspectRatio: "xMidYMid meet",
      "aria-hidden": "true",
    });
    const photo = el("div", { class: "fer-photo", hidden: true }, image, layer);
    const text = el("p", { class: "fer-photo-name", "aria-live": alone ? "polite" : "off" }, name);
    const faces = el("div", { class: "fer-faces" });
    const entry = {
      name,
      alone,
      image,
      layer,
      photo,
      text,
      faces,
      node: el(
        "article",
        { class: "fer-result", "aria-label": name },
        el(
          "div",
          { class: "fer-result-body" },
          el("div", { class: "fer-stack" }, photo, text),
          faces,
        ),
      ),
    };
    image.addEventListener("error", () => {
      photo.hidden = true;
    });
    // Its labels are those of its answer
    entry.view = { get: (key) => (key === "classes" ? entry.classes : model.get(key)) };
    new ResizeObserver(() => draw(entry)).observe(photo);
    entries.push(entry);
    results.prepend(entry.node);
    clear.hidden = false;
    tell();
    return entry;
  }

  function setPicture(entry, blob) {
    if (entry.url) URL.revokeObjectURL(entry.url);
    entry.url = URL.createObjectURL(blob);
    entry.image.addEventListener("load", () => draw(entry), { once: true });
    entry.image.src = entry.url;
    entry.photo.hidden = false;
  }

  function draw(entry) {
    if (entry.reply?.faces && entry.image.naturalWidth && entry.photo.clientWidth)
      drawFaces(entry.layer, entry.reply, entry.view);
  }

  // Error: words for `say`
  function finish(entry, reply, error = null) {
    if (!entries.includes(entry)) return;
    Object.assign(entry, {
      pending: false,
      reply,
      error,
      classes: model.get("classes"),
      all: false,
    });
    showEntry(entry);
    showTable();
    tell();
    if (entry.alone && reply)
      entry.node.scrollIntoView({ block: "nearest", behavior: still() ? "auto" : "smooth" });
    entry.alone = false;
  }
  const failed = (entry, words) => finish(entry, null, words);

  function showEntry(entry) {
    if (!entry.reply) {
      if (entry.error) {
        entry.photo.hidden = true;
        say(entry.text, ...entry.error);
        entry.text.classList.add("fer-error");
        entry.faces.replaceChildren();
      }
      return;
    }
    const { faces } = entry.reply;
    entry.text.classList.remove("fer-error");
    say(entry.text, faces.length ? "photos.found" : "photos.none", {
      name: entry.name,
      faces: faceCount(faces.length),
    });
    const shown = entry.all
      ? faces
      : faces.slice(0, matchMedia("(max-width: 640px)").matches ? SHOWN_ON_PHONES : SHOWN_FACES);
    entry.faces.replaceChildren(
      ...shown.map((face) => withHeat(entry, face)),
      ...(shown.length < faces.length
        ? [
            button(
              "photos.more",
              () => {
                entry.all = true;
                showEntry(entry);
                firstNew(entry, shown.length);
              },
              { say: ["photos.more", { n: number(faces.length) }] },
            ),
          ]
        : []),
    );
    relabel(entry.faces);
    draw(entry);
  }

  // The keyboard goes on where the button was
  function firstNew(entry, n) {
    const panel = entry.faces.children[n];
    panel.tabIndex = -1;
    panel.focus({ preventScroll: true });
  }

  function withHeat(entry, face) {
    const panel = facePanel(face, entry.view, entry.reply.faces.length);
    const here = el("div", { class: "fer-heat" });
    const shown = () => {
      const text = t("photos.heat-what", { label: wordOf(classOf(entry.classes, face.label)) });
      const url = URL.createObjectURL(face.heat);
      here.replaceChildren(
        el("img", { src: url, alt: text, onload: () => URL.revokeObjectURL(url) }),
        el("p", { class: "fer-soft" }, text),
      );
      // Not disabled, which would drop the keyboard's place
      heat.setAttribute("aria-disabled", "true");
    };
    const heat = button("photos.heat", async () => {
      if (heat.hasAttribute("aria-disabled")) return;
      heat.setAttribute("aria-disabled", "true");
      try {
        if (entry.shape !== setting())
          throw failure({ error: entry.name, code: "model-changed", facts: {} });
        const { crop, box, landmarks } = await around(entry, face);
        const { buffers } = await ask(
          model,
          { kind: "heat", label: face.label, box, landmarks },
          { buffers: [crop] },
        );
        face.heat = new Blob(buffers, { type: "image/png" });
        shown();
      } catch (error) {
        here.replaceChildren(el("p", { class: "fer-error", role: "alert", say: trouble(error) }));
        heat.removeAttribute("aria-disabled");
      }
    });
    if (face.heat) shown(); // It was asked for before, and the answer is the same
    panel.append(here, el("div", {}, heat));
    return panel;
  }

  // The face with some of what is around it, as JPEG; box and landmarks in it
  async function around(entry, face) {
    const { width, height } = entry.reply;
    const [x, y, w, h] = face.box;
    const m = 0.6 * Math.max(w, h);
    const scaleIn = entry.image.naturalWidth / width;
    const x0 = Math.max(0, x - m);
    const y0 = Math.max(0, y - m);
    const x1 = Math.min(width, x + w + m);
    const y1 = Math.min(height, y + h + m);
    const s = Math.min(1, 640 / Math.max(x1 - x0, y1 - y0));
    const canvas = el("canvas", {
      width: Math.round(s * (x1 - x0)),
      height: Math.round(s * (y1 - y0)),
    });
    canvas
      .getContext("2d")
      .drawImage(
        entry.image,
        scaleIn * x0,
        scaleIn * y0,
        scaleIn * (x1 - x0),
        scaleIn * (y1 - y0),
        0,
        0,
        canvas.width,
        canvas.height,
      );
    return {
      crop: await (await blobOf(canvas)).arrayBuffer(),
      box: [x - x0, y - y0, w, h].map((v) => Math.round(s * v)),
      landmarks: face.landmarks?.map(([a, b]) => [s * (a - x0), s * (b - y0)]) ?? null,
    };
  }

  const doneValues = () => ({
    n: number(entries.filter((e) => e.reply).length),
    faces: faceCount(faceRows().length),
  });
  function tell() {
    const waiting = entries.filter((e) => e.pending).length + left;
    const answered = entries.filter((e) => e.reply).length;
    if (waiting)
      (counting ? sayQuietly : sayAloud)(status, "photos.looking", { n: number(waiting) });
    else if (counting) sayAloud(status, answered > 1 ? "photos.done" : null, doneValues());
    counting = waiting > 0;
    results.setAttribute("aria-busy", String(counting));
  }

  // -- the table over all photos, and what can be taken home

  const COLUMNS = {
    photo: "photos.photo",
    face: "photos.face",
    label: "photos.expression",
    confidence: "photos.confidence",
    size: "photos.size",
  };
  const faceRows = () =>
    entries.flatMap((e) =>
      (e.reply?.faces ?? []).map((face) => ({
        entry: e,
        photo: e.name,
        face: face.number,
        label: wordOf(classOf(e.classes, face.label)),
        confidence: face.confidence,
        size: Math.min(face.box[2], face.box[3]),
        raw: face,
      })),
    );

  function showTable() {
    const rows = faceRows();
    const { by, down } = sorting;
    tableHere.hidden = !rows.length;
    if (!rows.length) return tall.replaceChildren();
    const order = new Intl.Collator(page.language, { numeric: true }).compare;
    rows.sort(
      (a, b) =>
        (down ? -1 : 1) * (typeof a[by] === "string" ? order(a[by], b[by]) : a[by] - b[by]) ||
        order(a.photo, b.photo) ||
        a.face - b.face,
    );
    const focused = document.activeElement?.dataset?.by;
    const direction = down ? "descending" : "ascending";
    const arrow = down ? " ↓" : " ↑";
    const head = Object.entries(COLUMNS).map(([key, words]) =>
      el(
        "th",
        {
          scope: "col",
          class: typeof rows[0][key] === "number" ? "fer-number" : "",
          "aria-sort": key === by ? direction : "none",
        },
        el(
          "button",
          {
            type: "button",
            "data-by": key,
            onclick: () => {
              sorting = { by: key, down: key === by ? !down : false };
              showTable();
            },
          },
          el("span", { say: words }),
          el("span", { "aria-hidden": "true" }, key === by ? arrow : ""),
        ),
      ),
    );
    const body = rows.map((r) => {
      const look = named(r.raw, r.entry.view);
      return el(
        "tr",
        {},
        el("th", { scope: "row" }, r.photo),
        el("td", { class: "fer-number" }, number(r.face)),
        el("td", {}, mark(look), ` ${look.sure ? r.label : t("face.unsure")}`),
        el("td", { class: "fer-number" }, percent(r.confidence)),
        el("td", { class: "fer-number" }, number(r.size)),
      );
    });
    tall.replaceChildren(
      el(
        "table",
        { class: "fer-table" },
        el("thead", {}, el("tr", {}, ...head)),
        el("tbody", {}, ...body),
      ),
    );
    relabel(tall);
    if (focused) tall.querySelector(`[data-by="${focused}"]`)?.focus();
  }

  const labelsSeen = () => [
    ...new Set(faceRows().flatMap((r) => Object.keys(r.raw.probabilities))),
  ];
  function saveCsv() {
    const labels = labelsSeen();
    save(
      csv([
        [
          "file",
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
          ...labels.map(columnOf),
        ],
        ...faceRows().map(({ photo, raw: f, entry }) => [
          photo,
          f.number,
          ...f.box,
          f.score,
          f.label,
          f.confidence,
          named(f, entry.view).sure,
          (f.flags ?? []).join(" "),
          ...labels.map((l) => f.probabilities[l]),
        ]),
      ]),
      `faces-${stamp()}.csv`,
    );
  }

  // The same shape as `fer-nb predict --json`
  function saveJson() {
    const rows = faceRows().map(({ photo, entry, raw: { number, landmarks, heat, ...face } }) => ({
      file: photo,
      face: number,
      ...face,
      sure: named(face, entry.view).sure,
    }));
    save(
      new Blob([JSON.stringify(rows, null, 1)], { type: "application/json" }),
      `faces-${stamp()}.json`,
    );
  }

  // The photo with its boxes; smaller only where the browser cannot, as on an iPhone
  async function drawnJpeg(entry) {
    const { width, height } = entry.reply;
    const most = Math.min(1, Math.sqrt(CANVAS_PIXELS / (width * height)));
    const drawn = async (s) =>
      blobOf(
        await flatten(entry.image, entry.layer, Math.floor(s * width), Math.floor(s * height)),
        "image/jpeg",
      );
    const blob = await drawn(1).catch((error) => {
      if (most === 1) throw error;
      return drawn(most);
    });
    return new Uint8Array(await blob.arrayBuffer());
  }

  // A file name that `taken` does not hold yet
  function freeName(name, taken) {
    const base = name.replace(/\.\w{1,5}$/, "").replace(/[\\/:*?"<>|]/g, "_");
    const used = new Set(Object.keys(taken).map((k) => k.toLowerCase()));
    let free = `${base}.jpg`;
    for (let n = 2; used.has(free.toLowerCase()); n++) free = `${base}-${n}.jpg`;
    return free;
  }

  async function saveZip(event) {
    const pressed = event.currentTarget;
    const files = {};
    const unmade = [];
    if (pressed.hasAttribute("aria-disabled")) return;
    pressed.setAttribute("aria-disabled", "true");
    try {
      const { zipSync } = await library(model, "fflate");
      for (const e of entries.filter((e) => e.reply))
        await drawnJpeg(e).then(
          (bytes) => {
            files[freeName(e.name, files)] = [bytes, { level: 0 }];
          },
          (error) => unmade.push(`${e.name}: ${t(...trouble(error))}`),
        ); // JPEG does not get smaller
      if (Object.keys(files).length)
        save(new Blob([zipSync(files)], { type: "application/zip" }), `faces-${stamp()}.zip`);
      if (unmade.length) sayAloud(status, "error.list", { text: unmade.join(" ") });
    } catch (error) {
      sayAloud(status, ...trouble(error));
    }
    pressed.removeAttribute("aria-disabled");
  }

  function forget() {
    cleared++;
    left = 0;
    counting = false;
    say(status, null);
    if (sending) unsend(sending);
    for (const e of entries.splice(0)) if (e.url) URL.revokeObjectURL(e.url);
    results.replaceChildren();
    showTable();
    clear.hidden = again.hidden = true;
    tell();
    choose.focus();
  }

  // -- another model or label set looks again; another threshold or language only shows again

  const setting = () => {
    const s = model.get("settings");
    return [s.model, s.labels, s.detector].join();
  };
  const outdated = () =>
    entries.filter((e) => e.file && !e.pending && e.shape && e.shape !== setting());
  function lookAgain(late) {
    if (document.activeElement === again) {
      status.tabIndex = -1;
      status.focus({ preventScroll: true });
    } // where it is said how far it is
    again.hidden = true;
    for (const e of late) {
      e.shape = setting();
      send(e).catch((error) => failed(e, trouble(error)));
    }
  }
  function redo() {
    const late = outdated();
    if (late.length && late.length <= AGAIN_AT_MOST) return lookAgain(late);
    again.hidden = !late.length;
    say(again, "photos.again", { n: number(late.length) }); // So many are the visitor's to begin
    for (const e of entries) showEntry(e);
    // In the page's language, the number of faces too
    if (status.dataset.say?.includes("photos.done")) say(status, "photos.done", doneValues());
    showTable();
  }

  document.addEventListener("paste", pasted);
  return {
    node,
    relabel: redo,
    close() {
      node.querySelector("dialog")?.close();
      forget();
      document.removeEventListener("paste", pasted);
    },
  };
}

export default { render: ({ model, el: root }) => open(model, root, () => photosView(model)) };
