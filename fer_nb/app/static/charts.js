// Charts over time on uPlot, in the colors of the theme; a finger works as a mouse does.

// null where it does not come, which is said in the chart's place
async function chartLibrary(model, holder, again) {
  try {
    return await library(model, "uplot");
  } catch (error) {
    holder.removeAttribute("role");
    holder.replaceChildren(
      el("p", { class: "fer-soft", say: trouble(error) }),
      button("error.again", again),
    );
    return null;
  }
}

// uPlot follows a mouse alone
function touch(chart) {
  const follow = (event) => {
    const at = event.touches[0];
    const area = chart.over.getBoundingClientRect();
    chart.setCursor({ left: at.clientX - area.left, top: at.clientY - area.top });
  };
  for (const kind of ["touchstart", "touchmove"])
    chart.over.addEventListener(kind, follow, { passive: true });
}

// Lines in place of what `holder` shows. `lines`: [{ label, color, dash }]; `x` and `y`: how to
// write a value
function lineChart(
  uPlot,
  holder,
  lines,
  { x = seconds, y = percent, xLabel = t("chart.time"), height = 200, top = 1, marks = [] } = {},
) {
  holder.replaceChildren();
  const soft = resolved(holder, "--fer-soft");
  const grid = resolved(holder, "--fer-line");
  const axis = {
    stroke: soft,
    grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid },
    font: "12px system-ui, sans-serif",
  };
  const options = {
    width: Math.max(200, holder.clientWidth),
    height,
    legend: { show: true, live: true },
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: false }, y: { range: top ? [0, top] : undefined } },
    axes: [
      { ...axis, space: 64, values: (_, at) => at.map(x) },
      { ...axis, size: 52, values: (_, at) => at.map((v) => y(v)) },
    ],
    series: [
      { label: xLabel, value: (_, v) => (v == null ? "–" : x(v)) },
      ...lines.map((l) => ({
        label: l.label,
        stroke: l.color,
        width: 2,
        dash: l.dash,
        spanGaps: false,
        points: { show: false },
        value: (_, v) => (v == null ? "–" : y(v)),
      })),
    ],
    hooks: { draw: [(u) => marks.forEach((at) => upright(u, at, soft))] },
  };
  const chart = new uPlot(options, [[], ...lines.map(() => [])], holder);
  touch(chart);
  const fit = new ResizeObserver(() => {
    if (holder.clientWidth) chart.setSize({ width: Math.max(200, holder.clientWidth), height });
  });
  fit.observe(holder);
  return {
    chart,
    show(data, span = null) {
      // span: [from, to] of the axis; null shows all
      chart.batch(() => {
        chart.setData(data, !span);
        if (span) chart.setScale("x", { min: span[0], max: span[1] });
      });
    },
    close() {
      fit.disconnect();
      chart.destroy();
    },
  };
}

// A dotted line from top to bottom
function upright({ ctx, bbox, valToPos }, at, color) {
  const x = Math.round(valToPos(at, "x", true));
  ctx.save();
  ctx.beginPath();
  ctx.strokeStyle = color;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

// A custom property as a color that a canvas takes: light-dark() is worked out by the browser
function resolved(node, name) {
  const probe = el("i", { style: `color: var(${name})` });
  node.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

// Yellow and light blue do not show on white: lines are darkened in the light theme, lightened in
// the dark one, until they stand out (3:1)
function readable(color, node) {
  const back = resolved(node, "--fer-card")
    .match(/[\d.]+/g)
    .slice(0, 3)
    .map((v) => Math.round(v).toString(16).padStart(2, "0"))
    .join("");
  const base = luminance(`#${back}`);
  const goal = base > 0.4 ? 0 : 255;
  let [r, g, b] = [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
  const hex = () =>
    `#${[r, g, b].map((v) => Math.round(v).toString(16).padStart(2, "0")).join("")}`;
  const contrast = () => {
    const [hi, lo] = [luminance(hex()), base].sort((p, q) => q - p);
    return (hi + 0.05) / (lo + 0.05);
  };
  for (let i = 0; i < 20 && contrast() < 3; i++)
    [r, g, b] = [r, g, b].map((v) => v + 0.1 * (goal - v));
  return hex();
}

// Which color is which, for a chart that is saved without the page around it: rows of { label,
// color, x }, x in pixels; `pen` has its font
function keyRows(pen, lines, width, unit) {
  const rows = [[]];
  let x = 0;
  for (const line of lines) {
    const wide = pen.measureText(line.label).width + 38 * unit;
    if (x + wide > width && rows.at(-1).length) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1).push({ ...line, x });
    x += wide;
  }
  return rows;
}

// Theme or language changed: charts are drawn again
function onTheme(redo) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const lab = new MutationObserver(redo); // JupyterLab says its theme on the body
  lab.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  system.addEventListener("change", redo);
  document.addEventListener("fer-theme", redo);
  return () => {
    lab.disconnect();
    system.removeEventListener("change", redo);
    document.removeEventListener("fer-theme", redo);
  };
}
