// How good the model is. The figures come from the model's folder, and are asked for when the
// visitor comes to look.
//
// Draws the confusion matrix, the classes, the training history, the layers and the model card.
// Talks to fer_nb/app/quality.py.

function qualityView(model) {
  const body = el("div", { class: "fer-stack" });
  const status = el("p", { class: "fer-status", role: "status" });
  const node = el(
    "section",
    { class: "fer fer-card fer-quality", ...panel("quality") },
    el("h2", { say: "tab.quality" }),
    status,
    body,
  );
  let report = null;
  let read = null;
  let chart = null;
  let making = 0;
  let seen = false;

  async function load() {
    const s = model.get("settings");
    const wanted = [s.model, s.labels].join();
    if (read === wanted) return;
    read = wanted;
    say(status, "quality.loading");
    try {
      report = await ask(model, { kind: "report" });
      say(status, null);
      show();
    } catch (error) {
      read = null;
      say(status, ...trouble(error));
    }
  }

  const share = (v) =>
    number(v, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const fixed = (v) => number(v, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  const part = (title, ...children) =>
    el("section", { class: "fer-stack" }, el("h3", { say: title }), ...children);
  const missing = () => el("p", { class: "fer-soft", say: "quality.missing" });
  const look = (name) => classOf(model.get("classes"), name);
  const label = (name) => {
    const c = look(name);
    return el("span", {}, c.emoji && c.emoji !== "▪" ? mark(c) : null, ` ${wordOf(c)}`);
  };

  function show() {
    const m = report.metrics;
    const matrix = m?.confusion_matrix && m.per_class;
    chart?.close();
    chart = null;
    making++;
    const chartHere = el("div", { class: "fer-chart", dir: "ltr" });
    body.replaceChildren(
      el(
        "p",
        {},
        el("strong", {}, report.model),
        " ",
        m
          ? el("span", {
              say: [
                "quality.headline",
                {
                  accuracy: share(m.accuracy),
                  n: number(m.n),
                  data: dataName(m.dataset),
                  f1: fixed(m.macro_f1),
                  ece: m.ece == null ? "–" : fixed(m.ece),
                },
              ],
            })
          : null,
        " ",
        m?.accuracy_without_leaks
          ? el("span", { say: ["quality.leaks", { accuracy: share(m.accuracy_without_leaks) }] })
          : null,
      ),
      el(
        "div",
        { class: "fer-split fer-halves" },
        part(
          "quality.matrix",
          matrix ? el("p", { class: "fer-soft", say: "quality.matrix-what" }) : missing(),
          matrix ? confusion(m) : null,
        ),
        el(
          "div",
          { class: "fer-stack" },
          part("quality.classes", m?.per_class ? classTable(m) : missing()),
          part("quality.distribution", m?.per_class ? distribution(m) : missing()),
        ),
      ),
      part(
        "quality.history",
        report.history ? chartHere : missing(),
        report.history?.begins.length
          ? el("p", { class: "fer-soft", say: "quality.history-what" })
          : null,
      ),
      part(
        "quality.diagram",
        el("p", { class: "fer-soft", say: "quality.diagram-what" }),
        diagram(),
      ),
      part("quality.card", report.card ? card() : missing()),
    );
    relabel(body);
    if (report.history) history(chartHere);
  }

  function confusion({ confusion_matrix: counts, per_class }) {
    const names = Object.keys(per_class);
    const head = (name, scope) =>
      el(
        "th",
        { scope, title: wordOf(look(name)) },
        el("span", { class: "fer-short" }, label(name)),
      );
    return el(
      "div",
      { class: "fer-scroll", tabindex: 0, role: "region", "say-aria-label": "quality.matrix" },
      el(
        "table",
        { class: "fer-matrix" },
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            el(
              "td",
              { class: "fer-soft" },
              `${t("quality.label")} ↓ ${t("quality.answer")} ${onward()}`,
            ),
            ...names.map((n) => head(n, "col")),
          ),
        ),
        el(
          "tbody",
          {},
          ...counts.map((row, i) => {
            const all = row.reduce((a, b) => a + b, 0) || 1;
            return el(
              "tr",
              {},
              head(names[i], "row"),
              ...row.map((n, j) =>
                el(
                  "td",
                  {
                    class: i === j ? "fer-right" : "",
                    style: `--share:${(n / all).toFixed(3)}`,
                    title: `${wordOf(look(names[i]))} ${onward()} ${wordOf(look(names[j]))}: ${number(n)} (${share(n / all)})`,
                  },
                  percent(n / all),
                ),
              ),
            );
          }),
        ),
      ),
    );
  }

  function classTable({ per_class }) {
    const columns = ["precision", "recall", "f1", "support"];
    return el(
      "div",
      { class: "fer-scroll", tabindex: 0, role: "region", "say-aria-label": "quality.classes" },
      el(
        "table",
        { class: "fer-table" },
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            el("th", { scope: "col", say: "photos.expression" }),
            ...columns.map((c) =>
              el("th", { scope: "col", class: "fer-number", say: `quality.${c}` }),
            ),
          ),
        ),
        el(
          "tbody",
          {},
          ...Object.entries(per_class).map(([name, row]) =>
            el(
              "tr",
              {},
              el("th", { scope: "row" }, label(name)),
              ...columns.map((c) =>
                el("td", { class: "fer-number" }, c === "support" ? number(row[c]) : share(row[c])),
              ),
            ),
          ),
        ),
      ),
    );
  }

  function distribution({ per_class }) {
    const counts = Object.fromEntries(Object.entries(per_class).map(([k, v]) => [k, v.support]));
    const most = Math.max(...Object.values(counts), 1);
    const bars = barRows(Object.keys(counts).map(look), { format: number });
    bars.show(Object.fromEntries(Object.entries(counts).map(([k, v]) => [k, v / most])), counts);
    return bars.node;
  }

  async function history(holder) {
    const mine = ++making;
    const { epoch, train, validation, begins } = report.history;
    const uPlot = await chartLibrary(model, holder, () => history(holder));
    if (!uPlot || mine !== making) return;
    chart = lineChart(
      uPlot,
      holder,
      [
        { label: t("quality.train"), color: readable("#0072B2", node) },
        { label: t("quality.validation"), color: readable("#D55E00", node), dash: [6, 3] },
      ],
      {
        height: 220,
        x: (e) => number(Math.round(e)),
        xLabel: t("quality.epoch"),
        top: Math.min(1, Math.max(...train, ...validation) * 1.1),
        y: (v) => percent(v),
        marks: begins,
      },
    );
    chart.show([epoch, train, validation]);
  }

  // Stages by size of the feature maps; a bar as wide as the channels are many
  function diagram() {
    const stages = new Map();
    const most = Math.max(...report.layers.map((l) => l.channels));
    for (const l of report.layers) {
      const size = l.size.length ? `${l.size[0]}×${l.size[1]}` : "1×1";
      const what = [
        l.depthwise ? "DepthwiseConv" : l.op,
        l.kernel.length ? l.kernel.join("×") : null,
      ]
        .filter(Boolean)
        .join(" ");
      if (!stages.has(size)) stages.set(size, { size, steps: [], channels: 0, numbers: 0 });
      const stage = stages.get(size);
      const last = stage.steps.at(-1);
      if (last?.what === what && last.channels === l.channels) last.n++;
      else stage.steps.push({ what, channels: l.channels, n: 1 });
      stage.channels = Math.max(stage.channels, l.channels);
      stage.numbers += l.numbers;
    }
    return el(
      "ol",
      { class: "fer-diagram", dir: "ltr" },
      ...[...stages.values()].map((s) =>
        el(
          "li",
          {
            style: `--wide:${(0.25 + (0.75 * Math.log2(1 + s.channels)) / Math.log2(1 + most)).toFixed(3)}`,
          },
          el("strong", {}, `${s.size} × ${s.channels}`),
          s.numbers
            ? el(
                "span",
                { class: "fer-soft" },
                ` · ${t("quality.weights", { n: number(s.numbers) })}`,
              )
            : null,
          el(
            "div",
            {},
            s.steps
              .map(
                (x) =>
                  `${x.what}${x.what === "Relu" ? "" : ` → ${x.channels}`}${x.n > 1 ? ` ×${x.n}` : ""}`,
              )
              .join(" · "),
          ),
        ),
      ),
    );
  }

  // Made by the kernel with every tag of the card's own escaped; in a document apart, where no
  // picture is loaded
  function card() {
    const node = new DOMParser().parseFromString(report.card, "text/html").body;
    for (const h of node.querySelectorAll("h1, h2, h3, h4")) {
      const small = el("h4");
      small.append(...h.childNodes);
      h.replaceWith(small);
    }
    // No address outside of this page
    for (const image of node.querySelectorAll("img")) image.replaceWith(image.alt);
    for (const table of node.querySelectorAll("table")) {
      table.className = "fer-table";
      const holder = el("div", {
        class: "fer-scroll",
        tabindex: 0,
        role: "group",
        "aria-label": "table",
      });
      table.replaceWith(holder);
      holder.append(table);
    }
    for (const link of node.querySelectorAll("a")) {
      link.target = "_blank";
      link.rel = "noopener noreferrer";
    }
    return el("article", { class: "fer-model-card", lang: "en", dir: "ltr" }, ...node.childNodes);
  }

  const sight = new IntersectionObserver(([e]) => {
    if (e.isIntersecting) {
      seen = true;
      load();
    }
  });
  sight.observe(node);
  const redo = () => {
    if (report) show();
    if (seen) load();
  };
  const closeTheme = onTheme(() => report && show());
  return {
    node,
    relabel: redo,
    close() {
      sight.disconnect();
      making++;
      chart?.close();
      closeTheme();
    },
  };
}

export default { render: ({ model, el: root }) => open(model, root, () => qualityView(model)) };
