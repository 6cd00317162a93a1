// A short video file. It is sent in parts and read on the server; the visitor takes home the
// table, the timeline and the annotated video.
//
// Draws a strip for each face and a chart of the chosen one. Talks to fer_nb/app/video.py.

const PART_BYTES = 1_000_000; // A video is sent in parts of this size
const SILENCE_MS = 15_000; // After so long without news, the kernel is asked whether it lives

function filmView(model) {
  // Browsers do not know the kind of every video, such as .ts and .flv, so its ending counts too
  const endings = model.get("endings");
  const isVideo = (file) =>
    file.type.startsWith("video/") ||
    endings.some((ending) => file.name.toLowerCase().endsWith(ending));
  const input = el("input", {
    type: "file",
    accept: ["video/*", ...endings].join(),
    class: "fer-hidden",
    tabindex: -1,
    "aria-hidden": "true",
    onchange: () => {
      begin(input.files[0]);
      input.value = "";
    },
  });
  const choose = button("film.choose", () => input.click(), { class: "fer-main" });
  const cancel = button("film.cancel", stop, { disabled: true });
  const drop = el(
    "div",
    { class: "fer-drop", ondragover: over, ondragleave: leave, ondrop: dropped },
    el("div", { class: "fer-row" }, choose, cancel),
    el("span", { class: "fer-soft", say: "film.drop" }),
    input,
  );
  const status = el("p", { class: "fer-status", role: "status" });
  const progress = el("progress", {
    max: 1,
    value: 0,
    hidden: true,
    "say-aria-label": "film.progress",
  });
  const strips = el("div", { class: "fer-strips", dir: "ltr" });
  const chartTitle = el("h3");
  const chartHere = el("div", { class: "fer-chart", dir: "ltr" });
  const asCsv = button("save.csv", () => save(table(), `${stem()}.csv`), { disabled: true });
  const asVideo = button("save.video", () => save(film, `${stem()}-annotated.mp4`), {
    disabled: true,
  });
  const asPng = button(
    "save.png",
    attempt(savePng, (...words) => show(...words, true)),
    { disabled: true },
  );
  const more = button(
    "photos.more",
    () => {
      everyone = true;
      draw(true);
      strips.children[MAX_STRIPS]?.focus();
    },
    { hidden: true },
  );
  const player = el("video", {
    controls: true,
    playsinline: true,
    "say-aria-label": "film.player",
  });
  const outcome = el(
    "div",
    { class: "fer-stack", hidden: true },
    el("h3", { say: "film.by-face" }),
    strips,
    more,
    chartTitle,
    chartHere,
    el("div", { class: "fer-row" }, asCsv, asPng, asVideo),
    player,
  );
  player.hidden = true;
  const node = el(
    "section",
    { class: "fer fer-card fer-film", ...panel("film") },
    el("h2", { say: "tab.film" }),
    drop,
    status,
    progress,
    outcome,
    el("p", { class: "fer-soft", say: "privacy.film" }),
  );

  let name = "";
  let rows = [];
  let parts = [];
  let film = null;
  let classes = [];
  let busy = false;
  let run = Math.floor(1e9 * Math.random());
  let chosen = null;
  let chart = null;
  let making = 0;
  let total = 0;
  let lastDrawn = 0;
  let heard = Infinity;
  // The number of this video, which tells it from those before it and from another view's
  let everyone = false;

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
    if (!busy) begin(event.dataTransfer.files[0]);
  }
  const stem = () => name.replace(/\.\w{1,5}$/, "");
  function show(key, values = {}, isError = false) {
    sayAloud(status, key, values);
    status.classList.toggle("fer-error", isError);
  }
  function setBusy(yes) {
    busy = yes;
    choose.disabled = yes;
    cancel.disabled = !yes;
    progress.hidden = !yes;
    if (yes) cancel.focus({ preventScroll: true });
    else if (document.activeElement === document.body || node.contains(document.activeElement))
      choose.focus({ preventScroll: true });
  }

  async function begin(file) {
    if (!file) return;
    const limit = model.get("max_bytes"); // What is refused leaves the film that is there
    if (!isVideo(file)) return show("film.not-video", { name: file.name }, true);
    if (file.size > limit)
      return show(
        "photos.too-large",
        { name: file.name, size: number(Math.round(file.size / 1e6)), limit: number(limit / 1e6) },
        true,
      );
    const mine = ++run;
    const size = file.size || 1;
    reset(file.name);
    heard = Infinity;
    setBusy(true);
    try {
      for (let at = 0; at === 0 || at < file.size; at += PART_BYTES) {
        const sent = { name, percent: percent(at / size) };
        if (at) sayQuietly(status, "film.sending", sent);
        else show("film.sending", sent);
        progress.value = at / size;
        const bytes = await file
          .slice(at, at + PART_BYTES)
          .arrayBuffer()
          .catch(() => {
            throw failure({ error: name, code: "not-a-film", facts: { name } });
          });
        if (mine !== run) return;
        await ask(
          model,
          {
            kind: "film",
            run: mine,
            name,
            language: page.language,
            first: at === 0,
            last: at + PART_BYTES >= file.size,
          },
          { buffers: [bytes], seconds: 60 },
        );
        if (mine !== run) return;
      }
      progress.removeAttribute("value");
      heard = performance.now();
    } catch (error) {
      if (mine === run) {
        giveUp();
        show(...trouble(error), true);
      }
    }
  }

  // What came of the film does not stay on the server
  function giveUp() {
    run++;
    heard = Infinity;
    try {
      model.send({ kind: "cancel" });
    } catch {
      /* no kernel: its films are gone with it */
    }
    setBusy(false);
  }

  function stop() {
    giveUp();
    reset(name);
    show("film.canceled");
  }

  // A kernel that is gone does not say so: after a silence it is asked something
  async function listen() {
    if (!busy || performance.now() - heard < SILENCE_MS) return;
    const mine = run;
    heard = Infinity;
    const lives = await ask(
      model,
      { kind: "words", language: page.language },
      { seconds: 30 },
    ).then(
      () => true,
      () => false,
    );
    if (mine !== run || !busy) return;
    if (lives) {
      heard = performance.now();
      return;
    }
    giveUp();
    show("error.no-answer", {}, true);
    draw(true); // What was read until then can be taken home
  }
  const listening = setInterval(listen, 5000);

  function reset(next) {
    name = next;
    rows = [];
    parts = [];
    film = null;
    chosen = null;
    classes = model.get("classes");
    total = 0;
    everyone = false;
    more.hidden = true;
    chart?.close();
    chart = null;
    making++;
    strips.replaceChildren();
    if (player.src) URL.revokeObjectURL(player.src);
    player.removeAttribute("src");
    player.hidden = outcome.hidden = true;
    asCsv.disabled = asVideo.disabled = asPng.disabled = true;
  }

  function receive(reply, buffers) {
    if (!busy || reply.run !== run || !["film-rows", "film-part", "film-done"].includes(reply.kind))
      return;
    heard = performance.now();
    if (reply.kind === "film-part") return parts.push(...buffers);
    if (reply.kind === "film-rows") {
      if (!rows.length) classes = classesOf(reply.labels);
      rows.push(...reply.rows);
      total = Math.max(reply.total ?? 0, rows.length);
      progress.value = rows.length / Math.max(1, total);
      sayQuietly(status, "film.looking", { n: number(rows.length), total: number(total) });
      return draw();
    }
    setBusy(false);
    if (reply.canceled) return show("film.canceled");
    if (reply.error) {
      reset(name);
      return show(...trouble(failure(reply)), true);
    }
    film = new Blob(parts, { type: "video/mp4" });
    parts = [];
    player.src = URL.createObjectURL(film);
    player.hidden = false;
    asVideo.disabled = false;
    tellOutcome();
    draw(true);
  }

  // The labels that the film is read with; the page may be set to others meanwhile
  const classesOf = (labels) => {
    const known = [...classes, ...model.get("classes")];
    return labels.map((name) => classOf(known, name));
  };

  function tellOutcome() {
    show("film.done", {
      name,
      faces: faceCount(numbers().length),
      frames: number(rows.length),
      empty: number(rows.filter((r) => !r[2].length).length),
    });
  }

  // -- what was seen

  const numbers = () =>
    [...new Set(rows.flatMap((r) => r[2].map((f) => f[0])))].sort((a, b) => a - b);
  // Its labels are those of its answers
  const view = { get: (key) => (key === "classes" ? classes : model.get(key)) };
  const isSure = (f) => named({ label: f[3], confidence: f[4] }, view).sure;
  const ofFace = (n) =>
    rows.flatMap(([, at, faces]) =>
      faces
        .filter((f) => f[0] === n)
        .map((f) => ({ at, label: isSure(f) ? f[3] : UNSURE, p: f[5] })),
    );

  function draw(force = false) {
    const now = performance.now();
    if (!rows.length || (!force && now - lastDrawn < 700)) return;
    lastDrawn = now;
    outcome.hidden = false;
    asCsv.disabled = busy;
    const all = numbers();
    if (!all.includes(chosen)) chosen = all[0] ?? null;
    asPng.disabled = busy || chosen == null;
    drawStrips(all);
    drawChart();
  }

  const MAX_STRIPS = 30;
  const shownAs = (label) => (label === UNSURE ? unsure() : classOf(classes, label));

  // A row a face: colored where it shows an expression, empty where it is away
  function drawStrips(all) {
    const end = Math.max(rows.at(-1)[1], 0.1);
    const step = frameStep();
    more.hidden = everyone || all.length <= MAX_STRIPS;
    say(more, "photos.more", { n: number(all.length) });
    all.slice(0, everyone ? all.length : MAX_STRIPS).forEach((n, at) => {
      const seen = ofFace(n);
      const strip = stripOf(n);
      strip.setAttribute("aria-pressed", String(n === chosen));
      strip.replaceChildren(stripName(n, seen), stripBar(runsOf(seen, step), end + step));
      // Those that are there stay, and keep the focus
      if (strips.children[at] !== strip) strips.insertBefore(strip, strips.children[at] ?? null);
    });
  }

  // Seconds from one frame to the next
  function frameStep() {
    if (rows.length < 2) return 0.1;
    return Math.max(0.001, (rows.at(-1)[1] - rows[0][1]) / (rows.length - 1));
  }

  // Times in which a face shows the same label: [{ label, from, to }], in seconds
  function runsOf(seen, step) {
    const runs = [];
    for (const s of seen) {
      const last = runs.at(-1);
      if (last && last.label === s.label && s.at - last.to < 2.5 * step) last.to = s.at + step;
      else runs.push({ label: s.label, from: s.at, to: s.at + step });
    }
    return runs;
  }

  // The button of a face: the one that is there, or a new one
  function stripOf(n) {
    const known = strips.querySelector(`[data-face="${n}"]`);
    if (known) return known;
    const pick = () => {
      chosen = n;
      draw(true);
    };
    return el("button", { type: "button", class: "fer-strip", "data-face": n, onclick: pick });
  }

  // A face's number, and the label that it shows most
  function stripName(n, seen) {
    const counts = {};
    for (const s of seen) counts[s.label] = (counts[s.label] ?? 0) + 1;
    const [label, count] = Object.entries(counts).sort((a, b) => b[1] - a[1])[0];
    const main = shownAs(label);
    const text = ` ${wordOf(main)} ${percent(count / seen.length)}`;
    return el("span", { class: "fer-strip-name" }, t("film.face", { n }), " ", mark(main), text);
  }

  // Colored parts on a bar as long as the video, whose length is in seconds
  function stripBar(runs, length) {
    const parts = runs.map((run) => {
      const shown = shownAs(run.label);
      const times = `${seconds(run.from)} – ${seconds(run.to)}`;
      return el(
        "rect",
        {
          x: (1000 * run.from) / length,
          y: 0,
          width: Math.max(1.5, (1000 * (run.to - run.from)) / length),
          height: 20,
          fill: shown.color,
        },
        el("title", {}, `${wordOf(shown)}, ${times}`),
      );
    });
    return el(
      "svg",
      { viewBox: "0 0 1000 20", preserveAspectRatio: "none", "aria-hidden": "true" },
      ...parts,
    );
  }

  async function drawChart() {
    say(chartTitle, chosen == null ? null : "film.chosen", { n: chosen });
    if (!chart) {
      const mine = ++making;
      const uPlot = await chartLibrary(model, chartHere, drawChart);
      if (!uPlot || mine !== making || chart) return;
      chart = lineChart(
        uPlot,
        chartHere,
        classes.map((c, i) => ({
          label: wordOf(c),
          color: readable(c.color, node),
          dash: i % 2 ? [6, 3] : undefined,
        })),
        { height: 210 },
      );
    }
    const seen = chosen == null ? [] : ofFace(chosen);
    chart.show(
      [seen.map((s) => s.at), ...classes.map((c, i) => seen.map((s) => s.p[i]))],
      [0, Math.max(rows.at(-1)?.[1] ?? 1, 0.5)],
    );
  }

  function table() {
    return csv([
      [
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
        ...classes.map((c) => columnOf(c.name)),
      ],
      ...rows.flatMap(([frame, at, faces]) =>
        faces.map((f) => {
          const [n, box, score, label, confidence, p, flags] = f;
          return [frame, at, n, ...box, score, label, confidence, isSure(f), flags, ...p];
        }),
      ),
    ]);
  }

  async function savePng() {
    if (!chart) return;
    const from = chart.chart.ctx.canvas;
    const ratio = devicePixelRatio || 1;
    const canvas = el("canvas", { width: from.width, height: from.height });
    const pen = canvas.getContext("2d");
    const font = `${14 * ratio}px system-ui, sans-serif`;
    const ink = resolved(node, "--fer-text");
    const line = 24 * ratio;
    const left = 12 * ratio;
    pen.font = font;
    const key = keyRows(
      pen,
      classes.map((c) => ({ label: wordOf(c), color: readable(c.color, node) })),
      canvas.width - 2 * left,
      ratio,
    );
    canvas.height = from.height + 48 * ratio + key.length * line; // Which empties it and its font
    pen.fillStyle = resolved(node, "--fer-card");
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.font = font;
    pen.fillStyle = ink;
    pen.fillText(`${name} · ${t("film.chosen", { n: chosen })}`, left, line);
    pen.drawImage(from, 0, 36 * ratio);
    key.forEach((row, i) =>
      row.forEach(({ label, color, x }) => {
        const y = from.height + 36 * ratio + (i + 1) * line;
        pen.fillStyle = color;
        pen.fillRect(left + x, y - 11 * ratio, 12 * ratio, 12 * ratio);
        pen.fillStyle = ink;
        pen.fillText(label, left + x + 18 * ratio, y);
      }),
    );
    save(await blobOf(canvas), `${stem()}.png`);
  }

  // Language, theme or labels
  function redo() {
    chart?.close();
    chart = null;
    making++;
    if (rows.length) {
      if (!busy && film) tellOutcome();
      draw(true);
    } else if (!busy) classes = model.get("classes");
  }
  const closeTheme = onTheme(redo);
  const left = () => {
    if (page.tab && page.tab !== "film") player.pause();
  }; // Its sound would go on with nothing to stop it
  document.addEventListener("fer-tab", left);
  model.on("msg:custom", receive);
  return {
    node,
    relabel: redo,
    close() {
      if (busy) stop();
      document.removeEventListener("fer-tab", left);
      clearInterval(listening);
      reset("");
      closeTheme();
      model.off("msg:custom", receive);
    },
  };
}

export default { render: ({ model, el: root }) => open(model, root, () => filmView(model)) };
