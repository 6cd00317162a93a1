// Model, label set, detector and threshold: what may change while it runs.

function settingsView(model) {
  const pick = (key, onchange) => { const node = el("select", { onchange }); return { node, field: el("label", { class: "fer-field" }, el("span", { say: key }), node) }; };
  const network = pick("settings.model", () => change({ model: network.node.value })), labels = pick("settings.labels", () => change({ labels: labels.node.value }));
  const detector = pick("settings.detector", () => change({ detector: detector.node.value }));
  const sure = el("input", { type: "range", min: 0, max: 95, step: 5, oninput: () => { limit.textContent = percent(sure.value / 100); }, onchange: () => change({ threshold: sure.value / 100 }) }), limit = el("output");
  const trouble = el("p", { class: "fer-status fer-error", role: "status" });
  const node = el("details", { class: "fer-settings" }, el("summary", { class: "fer-icon" }, el("span", { "aria-hidden": "true", class: "fer-sign" }, "⚙"), el("span", { class: "fer-words", say: "settings" })),
    el("div", { class: "fer-settings-body" }, network.field, labels.field, detector.field,
      el("label", { class: "fer-field" }, el("span", {}, el("span", { say: "settings.threshold" }), " ", limit), sure),
      el("p", { class: "fer-soft", say: "settings.threshold-what" }), trouble));

  async function change(values) {
    node.setAttribute("aria-busy", "true"); trouble.textContent = "";
    try { await ask(model, { kind: "settings", ...values }); } catch (error) { trouble.textContent = error.message; relabel(); }
    node.removeAttribute("aria-busy");
  }

  const NAMES = { fer2013: "FER2013", ferplus: "FER+", yunet: "YuNet", haar: "Haar" };
  function fill(select, options, value) {
    select.replaceChildren(...options.map(([v, text]) => el("option", { value: v }, text)));
    select.value = value; select.disabled = options.length < 2;
  }

  function relabel() {
    const s = model.get("settings");
    fill(network.node, Object.keys(s.models).map((m) => [m, m]), s.model);
    fill(labels.node, Object.entries(s.models[s.model]).map(([name, n]) => [name, t("settings.label-count", { n: number(n), name: NAMES[name] ?? name })]), s.labels);
    fill(detector.node, s.detectors.map((d) => [d, NAMES[d] ?? d]), s.detector);
    sure.value = Math.round(100 * s.threshold); limit.textContent = percent(s.threshold);
  }
  return { node, relabel };
}
