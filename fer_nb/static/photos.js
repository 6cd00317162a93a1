// Photos: chosen, dropped or pasted. Each goes to the kernel in parts, and is shown here from the visitor's own copy.

const PART_BYTES = 4_000_000;

function render({ model, el: root }) {
  const input = el("input", { type: "file", accept: "image/*", multiple: true, class: "fer-hidden", tabindex: -1, "aria-hidden": "true", onchange: () => { add([...input.files]); input.value = ""; } });
  const choose = el("button", { class: "fer-main", type: "button", onclick: () => input.click() }, "Choose photos");
  const sample = el("button", { type: "button", onclick: trySample }, "Try a sample photo");
  const clear = el("button", { type: "button", onclick: forget, hidden: true }, "Clear");
  const drop = el("div", { class: "fer-drop", ondragover: over, ondragleave: leave, ondrop: dropped },
    el("div", { class: "fer-row" }, choose, sample, clear), el("span", { class: "fer-soft" }, "or drop or paste them here"), input);
  const status = el("p", { class: "fer-status", role: "status" });
  const results = el("div", { class: "fer-results" });
  root.append(el("section", { class: "fer fer-card fer-photos", "aria-label": "Photos" },
    el("h2", {}, "Photos"), drop, status, results,
    el("p", { class: "fer-soft" }, "Photos go to the server that runs this page. They are not stored, and are forgotten once they are answered.")));

  const open = new Map(); // id -> what is shown for a photo
  const urls = [];
  let nextId = 0;

  function over(event) { event.preventDefault(); drop.classList.add("fer-over"); }
  function leave() { drop.classList.remove("fer-over"); }
  function dropped(event) { event.preventDefault(); leave(); add([...event.dataTransfer.files]); }
  function pasted(event) { if (event.clipboardData?.files.length) add([...event.clipboardData.files]); }

  function forget() {
    results.replaceChildren(); open.clear();
    urls.splice(0).forEach(URL.revokeObjectURL);
    clear.hidden = true; tell();
  }

  function tell() {
    const waiting = [...open.values()].filter((e) => !e.done).length;
    status.textContent = waiting ? `Looking at ${waiting} ${waiting === 1 ? "photo" : "photos"}…` : "";
  }

  // On a phone results are below the fold; only the newest is brought into view
  function show(node) {
    if (node === results.firstElementChild) node.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }

  function card(name, url) {
    const image = el("img", { alt: name, src: url });
    const layer = el("svg", { preserveAspectRatio: "xMidYMid meet", "aria-hidden": "true" });
    const photo = el("div", { class: "fer-photo" }, image, layer);
    const text = el("p", { class: "fer-soft" }, name);
    const faces = el("div", { class: "fer-results" });
    image.addEventListener("error", () => { photo.hidden = true; });
    if (!url) photo.hidden = true;
    const node = el("article", { class: "fer-result", "aria-label": name }, photo, text, faces);
    results.prepend(node);
    clear.hidden = false;
    return { name, node, image, layer, photo, text, faces, done: false };
  }

  async function add(files) {
    for (const file of files) {
      const id = nextId++, name = file.name || "pasted picture";
      const tooLarge = file.size > model.get("max_bytes");
      const url = tooLarge ? null : URL.createObjectURL(file);
      if (url) urls.push(url);
      const entry = card(name, url);
      open.set(id, entry); tell();
      if (tooLarge) { finish(id, { error: `${name} is ${Math.round(file.size / 1e6)} MB; the limit is ${model.get("max_bytes") / 1e6} MB: make it smaller first` }); continue; }
      for (let at = 0; at === 0 || at < file.size; at += PART_BYTES) {
        const bytes = await file.slice(at, at + PART_BYTES).arrayBuffer();
        model.send({ kind: "photo", id, name, last: at + PART_BYTES >= file.size }, undefined, [bytes]);
      }
    }
  }

  function trySample() {
    const id = nextId++;
    open.set(id, card("Sample: Eileen Collins, NASA, public domain", null)); tell();
    model.send({ kind: "sample", id });
  }

  function finish(id, reply) {
    const entry = open.get(id);
    if (!entry) return;
    entry.done = true; tell();
    if (reply.error) {
      entry.photo.hidden = true;
      entry.text.textContent = reply.error; entry.text.className = "fer-error";
      return;
    }
    const { faces } = reply, classes = model.get("classes");
    const found = faces.length ? `${faces.length} ${faces.length === 1 ? "face" : "faces"}` : "no face found; try a photo where faces are larger or turned to the camera";
    entry.text.textContent = `${entry.name}: ${found}`;
    entry.faces.replaceChildren(...faces.map((face, i) => facePanel(face, classes, faces.length > 1 ? i + 1 : null)));
    show(entry.node);
    const draw = () => drawFaces(entry.layer, reply, classes);
    entry.image.complete && entry.image.naturalWidth ? draw() : entry.image.addEventListener("load", draw, { once: true });
    new ResizeObserver(draw).observe(entry.photo);
  }

  function receive(reply, buffers) {
    if (reply.kind === "sample-file") {
      const entry = open.get(reply.id), url = URL.createObjectURL(new Blob(buffers, { type: "image/jpeg" }));
      urls.push(url);
      if (entry) { entry.image.src = url; entry.photo.hidden = false; }
    } else finish(reply.id, reply);
  }

  document.addEventListener("paste", pasted);
  model.on("msg:custom", receive);
  return () => { forget(); document.removeEventListener("paste", pasted); model.off("msg:custom", receive); };
}

export default { render };
