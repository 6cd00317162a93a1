// The visitor's webcam. The video stays in the browser: small JPEG frames go to the kernel, and
// boxes come back.
//
// Draws the video with its boxes, the bars of the chosen face, the last minute and the totals of
// the visit. Talks to fer_nb/app/live.py.

// What goes to the kernel
const IN_FLIGHT = 2; // Frames on their way at a time
const LEAST_WIDTH = 320; // Frames are never narrower, in pixels
const SLOW_MS = 75; // A reply that takes longer makes frames smaller
const QUICK_MS = 45; // A reply that takes less makes frames larger

// When something does not come
const GIVE_UP_MS = 4000; // A frame without a reply counts as lost
const LOST_MS = 6000; // Silence after which the server counts as lost
const PROBE_MS = 60_000; // While it is lost, one frame waits this long
const ANSWER_MS = 3000; // How long the server may take to show that it is there
const FROZEN_S = 3; // Seconds without a new picture after which the camera counts as frozen

// What is drawn
const AWAY_MS = 1500; // Without a face for so long, the page says that it sees nobody
const NOTICE_MS = 4000; // An error stays readable this long
const LINGER_MS = 350; // A box stays this long after its face was seen last
const CHIP_MS = 1000; // The buttons to choose a face change no more often than this
const AHEAD_MS = 180; // A box moves ahead of its last reply by no more than this

// What is kept
const TIMELINE_S = 60; // Seconds that the chart shows
const ROW_MS = 100; // A face gets one row of the table in this time
const MAX_ROWS = 200_000; // The oldest rows of the table go first

// ---- frames to the kernel: two in flight, the newest wins ---------------------------------------

function frameSender(model, video, { answered, failed, frozen }) {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const waiting = new Map(); // Frame id -> when it was caught
  let width = 0;
  let delays = [];
  let nextId = Math.floor(1e9 * Math.random());
  let newest = -1;
  let busy = false;
  let fresh = false;
  let running = false;
  let lastReply = 0;
  let watch = null;
  let began = 0;
  let next = 0;
  let shown = 0;
  let stillFor = 0;

  // Then one frame waits for long: more would pile up in the page until the network is back
  const isLost = () => performance.now() - lastReply > LOST_MS;

  // The camera has a new picture
  function caught() {
    if (!running) return;
    fresh = true;
    send();
    next = video.requestVideoFrameCallback
      ? video.requestVideoFrameCallback(caught)
      : setTimeout(caught, 33);
  }
  const forgetNext = () =>
    video.requestVideoFrameCallback ? video.cancelVideoFrameCallback(next) : clearTimeout(next);

  async function send() {
    if (
      !running ||
      busy ||
      !fresh ||
      waiting.size >= (isLost() ? 1 : IN_FLIGHT) ||
      !video.videoWidth ||
      document.hidden
    )
      return;
    busy = true;
    fresh = false;
    const now = performance.now();
    const whole = video.videoWidth;
    const scale = Math.min(1, (width || model.get("frame_width")) / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    pen.drawImage(video, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
    const bytes = blob && (await blob.arrayBuffer());
    busy = false;
    if (!running || !bytes) return;
    waiting.set(nextId, now);
    try {
      model.send(
        { kind: "frame", id: nextId++, time: (now - began) / 1000, width: whole },
        undefined,
        [bytes],
      );
    } catch {
      return;
    } // no kernel: `look` will say so
    send();
  }

  function receive(reply) {
    if (reply.kind !== "frame" || !waiting.has(reply.id)) return;
    const now = performance.now();
    const caughtAt = waiting.get(reply.id);
    waiting.delete(reply.id);
    lastReply = now;
    delays.push(now - caughtAt);
    send();
    if (reply.id < newest) return; // A newer one overtook it
    newest = reply.id;
    answered(reply, now, caughtAt, (caughtAt - began) / 1000);
  }

  // Once a second: frames that never came back, and a kernel that does not answer
  function look() {
    const now = performance.now();
    for (const [id, sent] of waiting)
      if (now - sent > (isLost() ? PROBE_MS : GIVE_UP_MS)) waiting.delete(id);
    if (document.hidden) {
      lastReply = now;
      return;
    }
    if (isLost()) failed();
    // None where the browser does not count
    const pictures = video.getVideoPlaybackQuality?.().totalVideoFrames;
    stillFor = pictures && pictures === shown ? stillFor + 1 : 0;
    shown = pictures;
    if (stillFor && !isLost()) {
      lastReply = now;
      if (stillFor === FROZEN_S) frozen();
      return;
    } // the same picture again would be counted as seen again
    fit();
    fresh = true;
    send();
  }

  // A busy server gets smaller frames, an idle one larger ones, up to the widget's own width
  function fit() {
    const most = model.get("frame_width");
    const delay = delays.sort((a, b) => a - b)[delays.length >> 1];
    if (delay > SLOW_MS) width = Math.max(LEAST_WIDTH, Math.round(0.8 * (width || most)));
    else if (delay < QUICK_MS) width = Math.min(most, Math.round((width || most) / 0.9));
    width = Math.min(width || most, most);
    delays = [];
  }

  model.on("msg:custom", receive);
  return {
    begin() {
      // One clock for the whole visit: rows of a second start come after those of the first
      began ||= performance.now();
      nextId += 1000;
      try {
        model.send({ kind: "begin" });
      } catch {
        /* no kernel: `look` will say so */
      }
      this.resume();
    },
    resume() {
      running = true;
      lastReply = performance.now();
      clearInterval(watch);
      watch = setInterval(look, 1000);
      caught();
    },
    pause() {
      running = false;
      clearInterval(watch);
      forgetNext();
      waiting.clear();
    },
    close() {
      this.pause();
      model.off("msg:custom", receive);
    },
  };
}

// ---- boxes that glide between replies -----------------------------------------------------------

function overlay(layer, video, model, choose) {
  const faces = new Map(); // number -> { mark, at, to, face, seen }
  let size = { width: 640, height: 480 };
  let chosen = null;
  let all = false;
  let mirrored = true;
  let frozen = false;
  let looping = false;
  let last = 0;

  function update(reply, now, caughtAt) {
    size = { width: reply.width, height: reply.height };
    layer.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
    for (const face of reply.faces) {
      const to = boxOf(face, size.width, mirrored);
      const known = faces.get(face.number);
      if (known) {
        const dt = Math.max(1, caughtAt - known.caughtAt);
        const part = 1 - Math.exp(-dt / 80);
        for (const k of ["x", "y"])
          known.speed[k] += part * ((to[k] - known.to[k]) / dt - known.speed[k]);
        Object.assign(known, { to, face, seen: now, caughtAt });
      } else {
        const mark = faceMark(face.number, colorOfFace(face.number));
        mark.node.addEventListener("pointerdown", () => choose(face.number));
        layer.append(mark.node);
        faces.set(face.number, {
          mark,
          at: { ...to },
          to,
          face,
          seen: now,
          caughtAt,
          speed: { x: 0, y: 0 },
        });
      }
    }
    const present = new Set(reply.faces.map((f) => f.number));
    for (const [n, f] of faces)
      if (!present.has(n) && now - f.seen > LINGER_MS) {
        f.mark.node.remove();
        faces.delete(n);
      }
    wake();
  }

  function wake() {
    if (!looping && faces.size) {
      looping = true;
      last = performance.now();
      requestAnimationFrame(glide);
    }
  }
  const resized = new ResizeObserver(wake);
  resized.observe(layer);

  function glide(now) {
    const step = still() ? 1 : 1 - Math.exp(-Math.max(0, now - last) / 30);
    const shown = layer.getBoundingClientRect();
    last = now;
    const unit = Math.max(
      size.width / (shown.width || size.width),
      size.height / (shown.height || size.height),
    );
    let moving = false;
    for (const [n, f] of faces) {
      // Where the face is by now, not where it was when the frame was caught
      const ahead = frozen ? 0 : Math.min(AHEAD_MS, now - f.caughtAt);
      for (const k of ["x", "y", "w", "h"]) {
        const left = f.to[k] + ahead * (f.speed[k] ?? 0) - f.at[k];
        f.at[k] += step * left;
        // By what is left, not by the step: the first one can be of no length
        if (Math.abs(left) > 0.05 || (ahead < AHEAD_MS && !frozen)) moving = true;
      }
      const lines =
        all && n === chosen
          ? model.get("classes").map((c) => ({
              emoji: c.emoji,
              color: c.color,
              p: f.face.probabilities[c.name] ?? 0,
              text: beside(wordOf(c), f.face.probabilities[c.name] ?? 0),
            }))
          : null;
      f.mark.place(f.at, named(f.face, model), {
        ...size,
        unit,
        count: faces.size,
        lines,
        strong: n === chosen && faces.size > 1,
      });
    }
    if (moving) requestAnimationFrame(glide);
    // At rest until the next reply: a slow server does not keep the screen busy
    else looping = false;
  }

  // What is drawn, to the other side
  function turn() {
    for (const f of faces.values()) {
      f.to = boxOf(f.face, size.width, mirrored);
      f.at = { ...f.to };
      f.speed = { x: 0, y: 0 };
    }
  }

  return {
    update,
    set(values) {
      if ("chosen" in values) chosen = values.chosen;
      if ("all" in values) all = values.all;
      if ("frozen" in values) frozen = values.frozen;
      if ("mirrored" in values && values.mirrored !== mirrored) {
        mirrored = values.mirrored;
        turn();
      }
      wake();
    },
    close() {
      resized.disconnect();
    },
    clear() {
      faces.clear();
      layer.replaceChildren();
    },
  };
}

// ---- what this visit showed: rows for the table, seconds by emotion, a minute by face -----------

function visitRecord(model) {
  let rows = [];
  let totals = {};
  let histories = new Map();
  let lastAt = null; // Null after a rest, which counts for nobody
  return {
    rows: () => rows,
    totals: () => totals,
    history: (n) => histories.get(n) ?? [],
    add(reply, time) {
      const dt = lastAt == null ? 0 : Math.min(0.5, Math.max(0, time - lastAt));
      lastAt = Math.max(lastAt ?? 0, time);
      for (const face of reply.faces) {
        const { sure } = named(face, model);
        const shown = sure ? face.label : UNSURE;
        totals[shown] = (totals[shown] ?? 0) + dt;
        const history = histories.get(face.number) ?? [];
        histories.set(face.number, history);
        if (history.length && time - history.at(-1).time < ROW_MS / 1000) continue;
        history.push({ time, p: face.probabilities });
        while (history.length && history[0].time < time - TIMELINE_S - 1) history.shift();
        rows.push([
          time.toFixed(2),
          face.number,
          ...face.box,
          face.score,
          face.label,
          face.confidence,
          sure,
          face.probabilities,
        ]);
      }
      for (const [n, history] of histories)
        if (history.at(-1).time < time - TIMELINE_S) histories.delete(n);
      if (rows.length > MAX_ROWS) rows = rows.slice(-MAX_ROWS);
    },
    rest() {
      lastAt = null;
    },
    begin() {
      lastAt = null;
      histories = new Map();
    }, // The kernel goes on counting faces
    clear() {
      rows = [];
      totals = {};
      histories = new Map();
      lastAt = null;
    },
    table() {
      const labels = [...new Set(rows.flatMap((r) => Object.keys(r.at(-1))))];
      return csv([
        [
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
          ...labels.map(columnOf),
        ],
        ...rows.map((r) => [...r.slice(0, -1), ...labels.map((l) => r.at(-1)[l])]),
      ]);
    },
  };
}

// Chosen face over the last minute, one line a class; a gap where the face was away
function minuteData(history, classes, now) {
  const times = [];
  const values = classes.map(() => []);
  for (const [i, h] of history.entries()) {
    if (i && h.time - history[i - 1].time > 1) {
      times.push(h.time - 0.01);
      values.forEach((v) => v.push(null));
    }
    times.push(h.time);
    classes.forEach((c, k) => values[k].push(h.p[c.name] ?? null));
  }
  return [times.map((s) => s - now), ...values];
}

// ---- the widget ---------------------------------------------------------------------------------

function liveView(model) {
  const video = el("video", { playsinline: true, muted: true, "say-aria-label": "live.video" });
  video.muted = true;
  const layer = el("svg", {
    xmlns: "http://www.w3.org/2000/svg",
    preserveAspectRatio: "xMidYMid meet",
    "aria-hidden": "true",
  });
  const hint = el(
    "div",
    { class: "fer-hint" },
    el("span", { class: "fer-hint-mark", "aria-hidden": "true" }, "🙂"),
    el("p", { say: "live.hint" }),
  );
  const stage = el("div", { class: "fer-stage" }, video, layer, hint);

  const start = button("live.start", begin, { class: "fer-main" });
  const pause = button("live.pause", togglePause, { "aria-keyshortcuts": "Space", disabled: true });
  const stop = button("live.stop", () => end(), {
    "aria-keyshortcuts": "q Escape",
    disabled: true,
  });
  const shot = button("live.screenshot", attempt(screenshot, fail), {
    "aria-keyshortcuts": "s",
    disabled: true,
  });
  const allOrTop = button("live.all", toggleAll, {
    "aria-keyshortcuts": "a",
    "aria-pressed": "false",
  });
  const mirror = button("live.mirror", () => setMirror(!mirrored), { "aria-pressed": "true" });
  const cameras = el("select", {
    "say-aria-label": "live.camera",
    onchange: () => state !== "idle" && begin(),
  });
  const meter = el("span", { class: "fer-soft fer-meter" });
  const status = el("p", { class: "fer-status", role: "status" });
  const again = button("live.reconnect", reconnect, { class: "fer-main", hidden: true });
  const spoken = el("p", { class: "fer-hidden", "aria-live": "polite" });

  const chips = el("div", {
    class: "fer-chips",
    role: "group",
    "say-aria-label": "live.choose-face",
  });
  const title = el("div", { class: "fer-name fer-live-name" });
  const barsHere = el("div");
  const chartHere = el("div", {
    class: "fer-chart",
    dir: "ltr",
    "say-aria-label": "live.timeline-what",
  });
  const totalsHere = el("div");
  const asCsv = button("save.csv", () => save(record.table(), `faces-${stamp()}.csv`), {
    disabled: true,
  });
  const asPng = button("save.png", attempt(saveCharts, fail), { disabled: true });
  const clear = button("live.clear", () => {
    record.clear();
    showTotals();
    drawMinute(true);
    asCsv.disabled = asPng.disabled = true;
  });

  const node = el(
    "section",
    { class: "fer fer-card fer-live", ...panel("live") },
    el("h2", { say: "tab.live" }),
    el(
      "div",
      { class: "fer-split" },
      el(
        "div",
        { class: "fer-stack" },
        stage,
        el("div", { class: "fer-row" }, start, pause, stop, shot),
        el("div", { class: "fer-row" }, cameras, mirror, allOrTop),
        meter,
        el("div", { class: "fer-row" }, status, again),
      ),
      el("div", { class: "fer-stack" }, chips, title, barsHere),
    ),
    el(
      "div",
      { class: "fer-split" },
      el("div", { class: "fer-stack" }, el("h3", { say: "live.timeline" }), chartHere),
      el(
        "div",
        { class: "fer-stack" },
        el("h3", { say: "live.totals" }),
        totalsHere,
        el("div", { class: "fer-row" }, asCsv, asPng, clear),
      ),
    ),
    el("p", { class: "fer-soft", say: "privacy.live" }),
    spoken,
  );

  const record = visitRecord(model);
  const boxes = overlay(layer, video, model, choose);
  const sender = frameSender(model, video, {
    answered,
    failed: lost,
    frozen: () => {
      record.rest();
      show("live.waiting");
    },
  });
  let state = "idle";
  let stream = null;
  let mirrored = true;
  let all = false;
  let chosen = null;
  let charted = null;
  let faces = [];
  let bars;
  let totalBars;
  let chart = null;
  let making = 0;
  let replies = [];
  let delays = [];
  let lastSpoken = "";
  let lastSpokenAt = 0;
  let lastChart = 0;
  let lastPanel = 0;
  let lastTime = 0;
  let lastFaceAt = 0;
  let holdUntil = 0;
  let isLost = false;
  let asking = false;
  let opening = 0;

  // -- camera

  function show(key = null, values = {}, isError = false) {
    say(status, key, values);
    status.classList.toggle("fer-error", isError);
  }
  function fail(key, values) {
    show(key, values, true);
    holdUntil = performance.now() + NOTICE_MS;
  }

  function nextButton() {
    if (state === "running" || state === "paused") return pause;
    return state === "starting" ? stop : start;
  }

  function setState(next) {
    const was = state;
    state = next;
    const on = state === "running" || state === "paused";
    const focused = [start, pause, stop, shot].find((b) => b.getRootNode().activeElement === b);
    start.disabled = state === "starting" || on;
    pause.disabled = shot.disabled = !on;
    stop.disabled = state === "idle";
    hint.hidden = on;
    // A disabled button would drop the keyboard's place
    if (focused?.disabled || (focused && was === "starting"))
      nextButton().focus({ preventScroll: true });
    say(pause, state === "paused" ? "live.resume" : "live.pause");
    node.dataset.state = state;
  }

  function wanted() {
    const at = cameras.value || "user";
    return at === "user" || at === "environment" ? { facingMode: at } : { deviceId: { exact: at } };
  }

  // Who leaves, or chooses another camera, while the browser asks: this one is no longer wanted
  async function begin() {
    const mine = ++opening;
    dark();
    sender.pause();
    boxes.clear();
    setState("starting");
    show("live.waiting");
    try {
      const got = await navigator.mediaDevices.getUserMedia({
        video: { width: { ideal: 640 }, height: { ideal: 480 }, ...wanted() },
        audio: false,
      });
      if (mine !== opening) return got.getTracks().forEach((track) => track.stop());
      stream = video.srcObject = got;
      await video.play();
      if (mine !== opening) return;
    } catch (error) {
      if (mine !== opening) return;
      const [reason, values = {}] = cameraError(error, "live.start");
      end();
      return show(reason, values, true);
    }
    const track = stream.getVideoTracks()[0];
    const here = stream;
    track.addEventListener("ended", () => {
      if (stream === here) {
        end();
        show("camera.stopped", { button: { say: "live.start" } }, true);
      }
    });
    setMirror(track.getSettings().facingMode !== "environment");
    shape();
    listCameras();
    setState("running");
    show();
    hideLost();
    replies = [];
    delays = [];
    charted = null;
    lastFaceAt = performance.now();
    boxes.set({ frozen: false });
    record.begin();
    sender.begin();
  }

  // Names are known only once the camera was allowed
  async function listCameras() {
    const found = ((await navigator.mediaDevices?.enumerateDevices?.()) ?? []).filter(
      (d) => d.kind === "videoinput" && d.deviceId,
    );
    const kept = cameras.value;
    const touchy = matchMedia("(pointer: coarse)").matches;
    const sides =
      touchy || found.length < 2
        ? [
            ["user", t("live.front")],
            ["environment", t("live.back")],
          ]
        : [["user", t("live.any-camera")]];
    const options = [
      ...sides,
      ...(found.length > 1
        ? found.map((d, i) => [d.deviceId, d.label || `${t("live.camera")} ${i + 1}`])
        : []),
    ];
    cameras.replaceChildren(...options.map(([value, label]) => el("option", { value }, label)));
    if (options.some(([value]) => value === kept)) cameras.value = kept;
  }

  function shape() {
    if (video.videoWidth) stage.style.aspectRatio = `${video.videoWidth} / ${video.videoHeight}`;
  }
  video.addEventListener("resize", shape); // A phone is turned

  // No light on the camera
  function dark() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = video.srcObject = null;
  }

  function end() {
    opening++;
    sender.pause();
    dark();
    boxes.clear();
    faces = [];
    chosen = null;
    chips.replaceChildren();
    setState("idle");
    show();
    hideLost();
    showFaces();
    say(meter, null);
    delete meter.dataset.rate;
  }

  function togglePause() {
    if (state === "running") {
      sender.pause();
      video.pause();
      boxes.set({ frozen: true });
      setState("paused");
      show("live.paused");
    } else if (state === "paused") {
      video.play();
      boxes.set({ frozen: false });
      record.rest();
      lastFaceAt = performance.now();
      sender.resume();
      setState("running");
      show();
    }
  }

  function setMirror(yes) {
    mirrored = yes;
    mirror.setAttribute("aria-pressed", String(yes));
    video.classList.toggle("fer-mirrored", yes);
    boxes.set({ mirrored: yes });
  }

  function toggleAll() {
    all = !all;
    allOrTop.setAttribute("aria-pressed", String(all));
    boxes.set({ all });
    showFaces();
  }

  async function screenshot() {
    if (!video.videoWidth || state === "idle") return;
    save(
      await blobOf(await flatten(video, layer, video.videoWidth, video.videoHeight, mirrored)),
      `screenshot-${stamp()}.png`,
    );
    show("live.saved");
    holdUntil = performance.now() + NOTICE_MS;
  }

  // -- a kernel that is gone, a network that is cut

  async function lost() {
    isLost = true;
    if (asking) return; // The last question is still open
    asking = true;
    const base = inVoila()
      ? JSON.parse(document.getElementById("jupyter-config-data").textContent).baseUrl
      : null;
    const there =
      navigator.onLine &&
      (!base ||
        (await fetch(`${base}voila/static/`, {
          cache: "no-store",
          signal: AbortSignal.timeout(ANSWER_MS),
        }).then(
          () => true,
          () => false,
        )));
    asking = false;
    if (!isLost) return;
    again.hidden = !(there && inVoila());
    const whatToDo = inVoila() ? "lost.kernel" : "lost.cell";
    show(there ? whatToDo : "lost.network", {}, true);
  }

  // To the page: its timers slept, frames may be lost, and a phone may have stopped the video
  function returned() {
    if (document.hidden || state !== "running") return;
    sender.pause();
    record.rest();
    sender.resume();
    video.play().catch(() => null);
  }

  function hideLost() {
    if (isLost) show();
    isLost = false;
    again.hidden = true;
  }

  // A new page brings a new kernel; the camera goes on by itself
  function reconnect() {
    try {
      sessionStorage.setItem("fer-go-on", "live");
    } catch {
      /* then the visitor presses Start once more */
    }
    location.reload();
  }

  // -- replies

  function answered(reply, now, caughtAt, time) {
    hideLost();
    if (reply.error) return show(...trouble(failure(reply)), true);
    replies = [...replies.filter((at) => now - at < 2000), now];
    delays = [...delays.slice(-29), now - caughtAt];
    lastTime = time;
    faces = reply.faces;
    record.add(reply, time);
    if (!faces.some((f) => f.number === chosen))
      chosen = largest(faces)?.number ?? (record.history(chosen).length ? chosen : null);
    charted = chosen ?? charted;
    boxes.set({ chosen });
    boxes.update(reply, now, caughtAt);
    if (now - lastPanel > 100) {
      lastPanel = now;
      showFaces();
      showTotals();
      showMeter(now);
      asCsv.disabled = asPng.disabled = !record.rows().length;
    }
    if (now - lastChart > (still() ? 1000 : 250)) {
      lastChart = now;
      drawMinute();
    }
    if (faces.length) lastFaceAt = now;
    if (state === "running" && now > holdUntil)
      show(now - lastFaceAt < AWAY_MS ? null : "live.no-face");
    speak(now);
  }

  const area = (f) => f.box[2] * f.box[3];
  const largest = (list) => list.reduce((a, b) => (a && area(a) >= area(b) ? a : b), null);

  function showMeter(now) {
    const rate = replies.length > 1 ? (1000 * (replies.length - 1)) / (now - replies[0]) : 0;
    const delay = [...delays].sort((a, b) => a - b)[delays.length >> 1];
    say(meter, "live.meter", {
      rate: number(Math.round(rate)),
      ms: number(Math.round(delay)),
      faces: faceCount(faces.length),
    });
    Object.assign(meter.dataset, {
      rate: rate.toFixed(2),
      ms: delay.toFixed(1),
      faces: faces.length,
    });
  }

  function choose(n) {
    chosen = charted = n;
    boxes.set({ chosen });
    showFaces();
    drawMinute(true);
  }

  // Made where there is none yet, in order
  function chipOf(n) {
    const known = chips.querySelector(`[data-face="${n}"]`);
    if (known) return known;
    const chip = el(
      "button",
      { type: "button", class: "fer-chip", "data-face": n, onclick: () => choose(n) },
      el("i", { style: `background:${colorOfFace(n)}` }),
      el("span", {}),
    );
    chips.insertBefore(chip, [...chips.children].find((c) => Number(c.dataset.face) > n) ?? null);
    return chip;
  }

  // A button a face, name and bars of the chosen one; what is there is changed, not made again
  function showFaces() {
    const now = performance.now();
    for (const f of faces) chipOf(f.number).seen = now;
    for (const chip of [...chips.children]) {
      const n = Number(chip.dataset.face);
      const face = faces.find((f) => f.number === n);
      if (!face && !(now - chip.seen < CHIP_MS)) {
        chip.remove();
        continue;
      } // missed in a frame or two, it keeps its place
      chip.setAttribute("aria-pressed", String(n === chosen));
      if (face) chip.lastChild.textContent = `${n}: ${named(face, model).text}`;
    }
    const face = faces.find((f) => f.number === chosen);
    if (face) {
      const look = named(face, model);
      title.replaceChildren(mark(look), el("span", {}, look.text));
    } else title.replaceChildren(el("span", { class: "fer-soft" }, t("live.nobody")));
    bars.show(face?.probabilities ?? null);
  }

  function showTotals() {
    const totals = record.totals();
    const most = Math.max(1, ...Object.values(totals));
    totalBars.show(
      Object.fromEntries(Object.entries(totals).map(([k, v]) => [k, v / most])),
      totals,
    );
  }

  // -- the last minute

  async function makeChart() {
    const mine = ++making;
    const uPlot = await chartLibrary(model, chartHere, makeChart);
    const classes = model.get("classes");
    if (!uPlot || mine !== making) return;
    const lines = classes.map((c, i) => ({
      label: wordOf(c),
      color: readable(c.color, node),
      dash: i % 2 ? [6, 3] : undefined,
    }));
    chart?.close();
    chart = lineChart(uPlot, chartHere, lines, { height: 190, x: (s) => seconds(Math.round(s)) });
    chartHere.setAttribute("role", "img");
    drawMinute(true);
  }

  function drawMinute(force = false) {
    if (!chart || (!force && state !== "running")) return;
    chart.show(minuteData(record.history(chosen ?? charted), model.get("classes"), lastTime), [
      -TIMELINE_S,
      0,
    ]);
  }

  // The minute and the totals in one picture
  async function saveCharts() {
    if (!chart) await makeChart();
    if (!chart) return;
    const from = chart.chart.ctx.canvas;
    const wide = from.width;
    const ratio = devicePixelRatio || 1;
    const high = from.height + 60 * ratio;
    const classes = [...model.get("classes"), unsure()];
    const totals = record.totals();
    const line = 26 * ratio;
    const canvas = el("canvas", { width: wide, height: high + (classes.length + 2) * line });
    const pen = canvas.getContext("2d");
    pen.fillStyle = resolved(node, "--fer-card");
    pen.fillRect(0, 0, canvas.width, canvas.height);
    const ink = resolved(node, "--fer-text");
    const write = (text, x, y, color = ink) => {
      pen.fillStyle = color;
      pen.font = `${14 * ratio}px system-ui, sans-serif`;
      pen.fillText(text, x, y);
    };
    write(
      `${t("live.timeline")} · ${new Date().toLocaleString(page.language)}`,
      12 * ratio,
      24 * ratio,
    );
    pen.drawImage(from, 0, 36 * ratio);
    const most = Math.max(1, ...Object.values(totals));
    classes.forEach((c, i) => {
      const y = high + (i + 1) * line;
      const share = (totals[c.name] ?? 0) / most;
      const color = readable(c.color, node);
      pen.fillStyle = color;
      // Also where nothing was seen: the key of the lines above
      pen.fillRect(12 * ratio, y - 11 * ratio, 12 * ratio, 12 * ratio);
      write(`${c.emoji} ${wordOf(c)}`, 32 * ratio, y);
      pen.fillStyle = color;
      pen.fillRect(
        180 * ratio,
        y - 12 * ratio,
        share * Math.max(10, wide - 280 * ratio),
        14 * ratio,
      );
      write(
        seconds(totals[c.name] ?? 0),
        188 * ratio + share * Math.max(10, wide - 280 * ratio),
        y,
      );
    });
    save(await blobOf(canvas), `timeline-${stamp()}.png`);
  }

  // -- for screen readers: the expression when it changes, at most every 3 seconds

  function speak(now) {
    const face = faces.find((f) => f.number === chosen);
    const look = face && named(face, model);
    if (!look && now - lastFaceAt < AWAY_MS) return; // A face that is missed in a frame or two
    // The status line says that nobody is there
    let text = "";
    if (look) text = look.sure ? wordOf(look) : t("face.unsure");
    if (text === lastSpoken || now - lastSpokenAt < 3000) return;
    spoken.textContent = text;
    lastSpoken = text;
    lastSpokenAt = now;
  }

  // -- keys

  const KEYS = {
    s: () => shot.click(),
    a: () => allOrTop.click(),
    " ": () => pause.click(),
    q: () => stop.click(),
    escape: () => stop.click(),
  };

  function pressed(event) {
    const action = KEYS[event.key.toLowerCase()];
    const at = event.target;
    if (
      !action ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      event.repeat ||
      remember("keys") === "off" ||
      !node.isConnected ||
      !node.offsetParent
    )
      return;
    if (
      document.querySelector("dialog[open]") ||
      at.closest?.("input, select, textarea, [contenteditable]")
    )
      return;
    // There the space bar presses what it is on
    if (event.key === " " && at.closest?.("button, a, summary, [role=tab]")) return;
    if (!inVoila() && !node.contains(at)) return; // JupyterLab has keys of its own
    if (event.key === " ") {
      if (pause.disabled) return;
      event.preventDefault();
    } // else it scrolls the page
    action();
  }

  // Labels, language, threshold or theme changed
  function remake() {
    bars = barRows(model.get("classes"));
    barsHere.replaceChildren(bars.node);
    totalBars = barRows([...model.get("classes"), unsure()], { format: seconds });
    totalsHere.replaceChildren(totalBars.node);
    if (faces.length && !model.get("classes").every((c) => c.name in faces[0].probabilities)) {
      faces = [];
      chips.replaceChildren();
    }
    listCameras();
    showFaces();
    showTotals();
    setMirror(mirrored);
    if (inSight) makeChart();
  }

  let inSight = false;
  const sight = new IntersectionObserver(([e]) => {
    if (e.isIntersecting && !inSight) {
      inSight = true;
      makeChart();
    }
  });
  sight.observe(node);
  const closeTheme = onTheme(() => inSight && makeChart());
  const elsewhere = () => page.tab && page.tab !== "live";
  const left = () => {
    if (elsewhere() && state !== "idle") end();
  };
  document.addEventListener("fer-tab", left);
  document.addEventListener("keydown", pressed);
  document.addEventListener("visibilitychange", returned);
  setState("idle");
  try {
    if (sessionStorage.getItem("fer-go-on") === "live") {
      sessionStorage.removeItem("fer-go-on");
      setTimeout(() => {
        if (node.isConnected && !elsewhere()) begin();
      }, 300);
    }
  } catch {
    /* private window */
  }
  return {
    node,
    relabel: remake,
    close() {
      end();
      boxes.close();
      sender.close();
      making++;
      chart?.close();
      sight.disconnect();
      closeTheme();
      document.removeEventListener("fer-tab", left);
      document.removeEventListener("keydown", pressed);
      document.removeEventListener("visibilitychange", returned);
    },
  };
}

export default { render: ({ model, el: root }) => open(model, root, () => liveView(model)) };
