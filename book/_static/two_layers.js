// A network of two layers that the reader moves by hand: cells, fold and output, redrawn at once.
//
// h = max(0, W1 x + b1) has three filters, k = max(0, W2 h + b2) two, the output is v k. Each filter
// of the first layer is an arrow in the plane: it stands on the filter's line, where the
// pre-activation is 0, and points to where it is active; the pre-activation at its tip is 1 times its
// length squared, as w = tip - foot and b = -w . foot say. All else has a slider. Cells are cut
// exactly: the window by the three lines, and each piece by the two filters of the second layer,
// which are affine there.
(() => {
  const HALF = 2; // the window is [-HALF, HALF]^2
  const SVG = "http://www.w3.org/2000/svg";
  const COLOURS = ["#0072B2", "#D55E00", "#009E73"];
  const FILLS = ["#999999", "#0072B2", "#D55E00", "#CC79A7", "#009E73", "#56B4E9", "#E69F00", "#F0E442"];
  const START = {
    arrows: [[-1.1, -0.75, -0.2, -0.25], [1.0, -0.8, 0.4, 0.1], [0.1, 1.0, -0.1, 0.1]],
    W2: [[1, -0.9, 0.3], [-0.6, -0.2, -1.2]],
    b2: [0.1, 1.2],
    v: [1, -1],
  };
  const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const plus = (f, g, s) => f.map((x, i) => x + s * g[i]);
  const at = (f, [x, y]) => f[0] * x + f[1] * y + f[2]; // f is affine: [fx, fy, f0]

  const firstLayer = ({ arrows }) =>
    arrows.map(([x, y, u, v]) => [u - x, v - y, -((u - x) * x + (v - y) * y)]);

  // The part of a convex polygon where sign * f is positive.
  const cut = (polygon, f, sign) => {
    const kept = [];
    polygon.forEach((p, i) => {
      const q = polygon[(i + 1) % polygon.length];
      const [a, b] = [sign * at(f, p), sign * at(f, q)];
      if (a >= 0) kept.push(p);
      if ((a > 0 && b < 0) || (a < 0 && b > 0)) {
        const t = a / (a - b);
        kept.push([p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]);
      }
    });
    return kept;
  };
  const area = (polygon) =>
    Math.abs(polygon.reduce((sum, p, i) => {
      const q = polygon[(i + 1) % polygon.length];
      return sum + p[0] * q[1] - p[1] * q[0];
    }, 0)) / 2;
  const split = (pieces, filterOf) =>
    pieces.flatMap((piece) => [0, 1].map((on) => ({
      ...piece,
      polygon: cut(piece.polygon, filterOf(piece), on ? 1 : -1),
      pattern: piece.pattern + on,
    }))).filter(({ polygon }) => polygon.length > 2 && area(polygon) > 1e-9);

  // All cells: polygon, pattern (first layer, then second), and the affine maps of the second layer.
  const cellsOf = (network) => {
    const first = firstLayer(network), c = HALF;
    let pieces = [{ polygon: [[-c, -c], [c, -c], [c, c], [-c, c]], pattern: "" }];
    for (const f of first) pieces = split(pieces, () => f);
    for (const piece of pieces)
      piece.second = network.W2.map((row, j) => row.reduce(
        (sum, w, i) => (piece.pattern[i] === "1" ? plus(sum, first[i], w) : sum), [0, 0, network.b2[j]]));
    for (const j of [0, 1]) pieces = split(pieces, (piece) => piece.second[j]);
    return pieces;
  };
  const outputAt = (network, point) => {
    const h = firstLayer(network).map((f) => Math.max(0, at(f, point)));
    return dot(network.v, network.W2.map((row, j) => Math.max(0, dot(row, h) + network.b2[j])));
  };

  const make = (name, attributes, parent) => {
    const node = parent.namespaceURI === SVG || name === "svg"
      ? document.createElementNS(SVG, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes))
      key === "text" ? (node.textContent = value) : node.setAttribute(key, value);
    parent.append(node);
    return node;
  };
  const path = (polygon) => polygon.map(([x, y]) => `${x.toFixed(4)},${(-y).toFixed(4)}`).join(" ");
  const clamp = (x) => Math.min(HALF, Math.max(-HALF, x));

  const build = (host) => {
    let network = structuredClone(START);
    host.textContent = "";
    const panels = make("div", { class: "tl-panels" }, host);
    const panel = (title) => {
      const figure = make("figure", {}, panels);
      make("figcaption", { text: title }, figure);
      const canvas = make("svg", { viewBox: `${-HALF} ${-HALF} ${2 * HALF} ${2 * HALF}`, role: "group", "aria-label": title }, figure);
      return [make("g", {}, canvas), make("g", {}, canvas), canvas];
    };
    const [ground, lines, plane] = panel("The input plane: drag the arrows");
    const [sheet, axes, folded] = panel("The same plane as the second layer sees it");
    const status = make("p", { class: "tl-status", "aria-live": "polite" }, host);
    const controls = make("div", { class: "tl-controls" }, host);
    const mode = make("button", { type: "button", "aria-pressed": "false", text: "show the output" }, controls);
    const reset = make("button", { type: "button", text: "back to the start" }, controls);

    // Handles: foot and tip of each arrow.
    const handles = network.arrows.flatMap((_, i) => [0, 2].map((end) => {
      const name = `filter ${i + 1}, ${end ? "tip" : "foot"}`;
      const group = make("g", { class: "tl-handle", tabindex: "0", role: "slider", "aria-label": name,
        "aria-valuemin": -HALF, "aria-valuemax": HALF }, plane);
      make("circle", { r: 0.2, fill: "transparent" }, group);
      make("circle", { r: end ? 0.075 : 0.1, fill: COLOURS[i], class: "tl-dot" }, group);
      const move = (dx, dy) => {
        const arrow = network.arrows[i], before = [...arrow];
        for (const e of end ? [2] : [0, 2]) {
          arrow[e] = clamp(arrow[e] + dx);
          arrow[e + 1] = clamp(arrow[e + 1] + dy);
        }
        // An arrow without length has no line.
        if (Math.hypot(arrow[2] - arrow[0], arrow[3] - arrow[1]) < 0.05) network.arrows[i] = before;
        draw();
      };
      const place = ({ clientX, clientY }) => {
        const p = new DOMPoint(clientX, clientY).matrixTransform(plane.getScreenCTM().inverse());
        return [p.x, -p.y];
      };
      let from = null;
      group.addEventListener("pointerdown", (event) => {
        group.setPointerCapture(event.pointerId);
        from = place(event);
        group.focus({ preventScroll: true });
        event.preventDefault();
      });
      group.addEventListener("pointermove", (event) => {
        if (!from) return;
        const to = place(event);
        move(to[0] - from[0], to[1] - from[1]);
        from = to;
      });
      for (const over of ["pointerup", "pointercancel"]) group.addEventListener(over, () => (from = null));
      group.addEventListener("keydown", (event) => {
        const step = event.shiftKey ? 0.01 : 0.1;
        const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
        if (!way) return;
        event.preventDefault();
        move(step * way[0], step * way[1]);
      });
      return { group, i, end };
    }));

    // Sliders of the second layer and of the output.
    const folder = make("details", { class: "tl-more" }, host);
    make("summary", { text: "weights of the second layer and of the output" }, folder);
    const grid = make("div", { class: "tl-grid" }, folder);
    const entries = [0, 1].flatMap((j) => [
      ...[0, 1, 2].map((i) => [`filter ${j + 1}: weight of ${i + 1}`, (n) => [n.W2[j], i]]),
      [`filter ${j + 1}: bias`, (n) => [n.b2, j]],
      [`output: weight of ${j + 1}`, (n) => [n.v, j]],
    ]);
    const sliders = entries.map(([name, entry]) => {
      const label = make("label", { text: `${name} ` }, grid);
      const shown = make("output", {}, label);
      const input = make("input", { type: "range", min: -2, max: 2, step: 0.05, "aria-label": name }, label);
      input.addEventListener("input", () => {
        const [row, k] = entry(network);
        row[k] = Number(input.value);
        draw();
      });
      return { input, shown, entry };
    });

    const draw = () => {
      const cells = cellsOf(network), first = firstLayer(network);
      const output = mode.getAttribute("aria-pressed") === "true";
      const scale = Math.max(1e-9, ...cells.flatMap(({ polygon }) => polygon.map((p) => Math.abs(outputAt(network, p)))));
      ground.replaceChildren();
      for (const { polygon, pattern } of output ? [] : cells)
        make("polygon", { points: path(polygon), fill: FILLS[parseInt(pattern.slice(0, 3), 2)],
          "fill-opacity": [0.15, 0.4, 0.6, 0.85][parseInt(pattern.slice(3), 2)], class: "tl-cell" }, ground);
      if (output) {
        const n = 40, d = (2 * HALF) / n;
        for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) {
          const p = [-HALF + (i + 0.5) * d, -HALF + (j + 0.5) * d], y = outputAt(network, p) / scale;
          make("rect", { x: p[0] - d / 2, y: -p[1] - d / 2, width: d * 1.03, height: d * 1.03,
            fill: y > 0 ? COLOURS[1] : COLOURS[0], "fill-opacity": Math.abs(y).toFixed(3) }, ground);
        }
        for (const { polygon } of cells) make("polygon", { points: path(polygon), fill: "none", class: "tl-cell" }, ground);
      }
      lines.replaceChildren();
      first.forEach((f, i) => {
        const [x, y, u, v] = network.arrows[i], l = 6 / Math.hypot(f[0], f[1]);
        make("line", { x1: x - l * f[1], y1: -(y + l * f[0]), x2: x + l * f[1], y2: -(y - l * f[0]),
          stroke: COLOURS[i], class: "tl-line" }, lines);
        make("line", { x1: x, y1: -y, x2: u, y2: -v, stroke: COLOURS[i], class: "tl-arrow" }, lines);
      });
      for (const { group, i, end } of handles) {
        const [x, y] = network.arrows[i].slice(end, end + 2);
        group.setAttribute("transform", `translate(${x} ${-y})`);
        group.setAttribute("aria-valuenow", x.toFixed(2));
        group.setAttribute("aria-valuetext", `x ${x.toFixed(2)}, y ${y.toFixed(2)}`);
      }
      // The sheet: each cell by its affine map into the plane of the two pre-activations.
      const images = cells.map((cell) => ({ ...cell, image: cell.polygon.map((p) => cell.second.map((f) => at(f, p))) }));
      const most = Math.max(1, ...images.flatMap(({ image }) => image.flat().map(Math.abs)));
      const zoom = (0.95 * HALF) / most;
      sheet.replaceChildren();
      for (const { image, pattern } of images)
        make("polygon", { points: path(image.map((p) => p.map((x) => x * zoom))), "fill-opacity": 0.45,
          fill: FILLS[parseInt(pattern.slice(0, 3), 2)], class: "tl-cell" }, sheet);
      axes.replaceChildren();
      make("line", { x1: -HALF, y1: 0, x2: HALF, y2: 0, class: "tl-axis" }, axes);
      make("line", { x1: 0, y1: -HALF, x2: 0, y2: HALF, class: "tl-axis" }, axes);
      make("text", { x: HALF - 0.05, y: -0.08, "text-anchor": "end", class: "tl-text", text: "filter 1 active" }, axes);
      make("text", { x: 0.06, y: -HALF + 0.2, class: "tl-text", text: "filter 2 active" }, axes);
      for (const { input, shown, entry } of sliders) {
        const [row, k] = entry(network);
        input.value = row[k];
        shown.textContent = row[k].toFixed(2);
      }
      const patterns = new Set(cells.map(({ pattern }) => pattern)).size;
      const down = cells.filter(({ second: [f, g] }) => f[0] * g[1] - f[1] * g[0] < 0).length;
      status.textContent = `${cells.length} cells, ${patterns} patterns, ${down} face down; output at the origin ${outputAt(network, [0, 0]).toFixed(3)}`;
      host.network = { weights: network, first, cells, areas: cells.map(({ polygon }) => area(polygon)), outputAt: (p) => outputAt(network, p) };
    };
    mode.addEventListener("click", () => {
      const on = mode.getAttribute("aria-pressed") !== "true";
      mode.setAttribute("aria-pressed", on);
      draw();
    });
    reset.addEventListener("click", () => {
      network = structuredClone(START);
      draw();
    });
    draw();
  };
  const start = () => document.querySelectorAll(".two-layers").forEach(build);
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", start) : start();
})();
