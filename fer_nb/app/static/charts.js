// Charts over time, drawn by uPlot in the colors of the theme. A finger works as a mouse does.
//
// Joined between faces.js and live.js, film.js or quality.js; see `script()` in
// fer_nb/app/widgets.py, which also sends uPlot itself when it is first needed.

// Null where it does not come, which is said in the chart's place

/**
 * Load uPlot. Where it does not come, say so in the chart's place.
 * @param {Object} model - The widget's model
 * @param {Element} holder - The chart's place
 * @param {function()} again - What "try again" does
 * @returns {Promise<?function>} uPlot, or null
 */
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

/**
 * Let a chart's cursor follow a finger: uPlot follows a mouse alone.
 * @param {Object} chart - Of uPlot
 * @returns {void}
 */
function touch(chart) {
  const follow = (event) => {
    const at = event.touches[0];
    const area = chart.over.getBoundingClientRect();
    chart.setCursor({ left: at.clientX - area.left, top: at.clientY - area.top });
  };
  for (const kind of ["touchstart", "touchmove"])
    chart.over.addEventListener(kind, follow, { passive: true });
}

/**
 * Draw lines in place of what `holder` shows.
 * @param {function} uPlot
 * @param {Element} holder
 * @param {{label: string, color: string, dash: ?number[]}[]} lines
 * @param {Object} options - `x` and `y` write a value; `height` is in pixels; `top` is the highest
 *   value of y (0: as the data are); `marks` are the x of dotted upright lines
 * @returns {{chart: Object, show: function(Array, ?number[]=), close: function()}} `show` takes
 *   uPlot's columns and the [from, to] of the x axis; null shows all
 */
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
      // `span`: [from, to] of the axis; null shows all
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

/**
 * Draw a dotted line from top to bottom.
 * @param {Object} chart - Of uPlot
 * @param {number} at - Its x, in the units of the data
 * @param {string} color
 * @returns {void}
 */
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

/**
 * Read a custom property as a color that a canvas takes: the browser works out light-dark().
 * @param {Element} node - Whose theme counts
 * @param {string} name - Such as "--fer-text"
 * @returns {string} "rgb(…)"
 */
function resolved(node, name) {
  const probe = el("i", { style: `color: var(${name})` });
  node.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

/**
 * Make a line's color stand out from the card. Yellow and light blue do not show on white, so lines
 * are darkened in the light theme and lightened in the dark one, until the contrast is 3:1.
 * @param {string} color - "#rrggbb"
 * @param {Element} node - Whose theme counts
 * @returns {string} "#rrggbb"
 */
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

/**
 * Place the key of a chart that is saved without the page around it.
 * @param {CanvasRenderingContext2D} pen - Has its font
 * @param {{label: string, color: string}[]} lines
 * @param {number} width - Of a row, in pixels
 * @param {number} unit - Pixels of the canvas in a pixel of the screen
 * @returns {Object[][]} Rows of { label, color, x }, with x in pixels
 */
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

/**
 * Draw charts again when the theme changes.
 * @param {function()} redo
 * @returns {function()} Stops listening
 */
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
