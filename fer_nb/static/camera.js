// The visitor's webcam: the video stays in the browser, small JPEG frames go to the kernel, boxes come back.

const IN_FLIGHT = 2, GIVE_UP_MS = 4000;

const CAMERA_ERRORS = {
  NotAllowedError: "The camera is not allowed. Allow it beside the address bar, then press Start camera again.",
  NotFoundError: "No camera was found. Plug one in, then press Start camera again.",
  NotReadableError: "The camera is in use. Close the program that has it, then press Start camera again.",
};

function cameraError(error) {
  if (!navigator.mediaDevices) return "Browsers give a camera only to https pages and to localhost. Open this page at such an address.";
  return CAMERA_ERRORS[error.name] ?? `The camera did not start (${error.name}). Try another one, then press Start camera again.`;
}

function render({ model, el: root }) {
  const video = el("video", { playsinline: true, muted: true, "aria-label": "Your camera" });
  video.muted = true;
  const layer = el("svg", { preserveAspectRatio: "xMidYMid meet", "aria-hidden": "true" });
  const hint = el("p", {}, "Your picture appears here.");
  const start = el("button", { class: "fer-main", type: "button", onclick: begin }, "Start camera");
  const stop = el("button", { type: "button", onclick: () => end() }, "Stop");
  const meter = el("span", { class: "fer-soft fer-meter" });
  const status = el("p", { class: "fer-status", role: "status" });
  const panel = el("div", { class: "fer-live" });
  const spoken = el("p", { class: "fer-hidden", "aria-live": "polite" });
  stop.disabled = true;
  root.append(el("section", { class: "fer fer-card fer-camera", "aria-label": "Webcam" },
    el("h2", {}, "Webcam"),
    el("div", { class: "fer-stage" }, video, layer, hint),
    el("div", { class: "fer-row" }, start, stop, meter), status, panel, spoken,
    el("p", { class: "fer-soft" }, "Pictures go to the server that runs this page. They are not stored, and are forgotten once they are answered.")));

  const canvas = document.createElement("canvas");
  const waiting = new Map(); // frame id -> when it was sent
  let stream = null, timer = null, nextId = 0, lastDrawn = -1, replies = [], lastSpoken = "", lastSpokenAt = 0;

  function show(message, isError = false) {
    status.textContent = message;
    status.classList.toggle("fer-error", isError);
  }

  async function begin() {
    start.disabled = true;
    show("Waiting for the camera…");
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" }, audio: false });
      video.srcObject = stream;
      await video.play();
    } catch (error) {
      end();
      return show(cameraError(error), true);
    }
    stream.getVideoTracks()[0].addEventListener("ended", () => { end(); show("The camera stopped. Press Start camera to try again.", true); });
    hint.hidden = true; stop.disabled = false; show("");
    timer = setInterval(sendFrame, 15);
  }

  function end() {
    clearInterval(timer); timer = null;
    stream?.getTracks().forEach((track) => track.stop());
    stream = null; video.srcObject = null;
    waiting.clear(); replies = [];
    layer.replaceChildren(); panel.replaceChildren();
    meter.textContent = ""; hint.hidden = false;
    start.disabled = false; stop.disabled = true; show("");
  }

  let encoding = false;
  async function sendFrame() {
    const now = performance.now();
    for (const [id, sent] of waiting) if (now - sent > GIVE_UP_MS) waiting.delete(id);
    if (encoding || waiting.size >= IN_FLIGHT || !video.videoWidth || document.hidden) return;
    encoding = true;
    const scale = Math.min(1, model.get("frame_width") / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    const bytes = blob && (await blob.arrayBuffer());
    encoding = false;
    if (!stream || !bytes) return;
    const id = nextId++;
    waiting.set(id, now);
    model.send({ kind: "frame", id }, undefined, [bytes]);
  }

  function receive(reply) {
    if (reply.kind !== "frame" || !waiting.has(reply.id)) return;
    const now = performance.now(), delay = now - waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.error) return show(reply.error, true);
    if (reply.id < lastDrawn) return; // an older frame that was overtaken
    lastDrawn = reply.id;
    replies = [...replies.filter((t) => now - t < 2000), now];
    const classes = model.get("classes"), count = reply.faces.length;
    drawFaces(layer, reply, classes, true);
    const largest = reply.faces.reduce((a, b) => (a && a.box[2] * a.box[3] >= b.box[2] * b.box[3] ? a : b), null);
    panel.replaceChildren(...(largest ? [facePanel(largest, classes, count > 1 ? reply.faces.indexOf(largest) + 1 : null)] : []));
    show(count ? "" : "No face in view. Look at the camera, in better light if you can.");
    const span = (now - replies[0]) / 1000;
    meter.textContent = `${replies.length > 1 ? ((replies.length - 1) / span).toFixed(0) : "–"} frames per second, ${Math.round(delay)} ms, ${count} ${count === 1 ? "face" : "faces"}`;
    speak(largest, now);
  }

  function speak(face, now) { // for screen readers: the expression when it changes, at most every 3 seconds
    const text = face ? face.label : "no face";
    if (text === lastSpoken || now - lastSpokenAt < 3000) return;
    spoken.textContent = lastSpoken = text; lastSpokenAt = now;
  }

  model.on("msg:custom", receive);
  return () => { end(); model.off("msg:custom", receive); };
}

export default { render };
