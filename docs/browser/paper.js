// A recording on ECG paper, 25 mm/s and 10 mm/mV, as ecgclf.plotting.RecordingDisplay draws it, in one row that scrolls.
"use strict";

(() => {
  const [SPEED, SCALE] = [25, 10]; // mm a second, mm a millivolt
  const PULSE = 10; // mm before the trace, for the pulse of 1 mV
  const SQUARE = 0.5; // mV
  const REACH = 3; // mV to each side of the baseline at most
  const MARGIN = 0.1; // mV from the trace to the edge
  const [TICKS, TRACK] = [6, 12]; // mm, beneath the paper
  const FINEST = 0.1; // mm between points of the trace

  function make(name, attributes, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  const points = (pairs) => `M${pairs.map(([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`).join("L")}`;

  // Points of values along `width` mm; of those that share a point's place, the lowest and the highest are drawn.
  function along(values, width, height) {
    const each = width / values.length;
    const bucket = Math.max(1, Math.floor(FINEST / each));
    const pairs = [];
    for (let start = 0; start < values.length; start += bucket) {
      const some = values.slice(start, start + bucket);
      const ends = bucket < 3 ? some : [Math.min(...some), Math.max(...some)];
      ends.forEach((value, i) => pairs.push([PULSE + each * (start + (bucket < 3 ? i : 0)), height(value)]));
    }
    return pairs;
  }

  // Squares of 1 mm and of 5 mm, for patterns that fill the paper.
  function squares(id, size) {
    const square = make("path", { d: `M${size} 0H0V${size}`, class: id });
    return make("pattern", { id, width: size, height: size, patternUnits: "userSpaceOnUse" }, square);
  }

  // The drawing, and whether it cuts off some of the trace. Attention, weights along the time of the recording, lies beneath in a track.
  function drawPaper({ signal, rate, attention = null, label }) {
    const centre = ecgclf.median(signal);
    let [low, high] = [0, 0];
    for (const value of signal) [low, high] = [Math.min(low, value - centre), Math.max(high, value - centre)];
    const squared = (mV) => Math.min(REACH, Math.ceil((mV + MARGIN) / SQUARE) * SQUARE);
    const [top, floor] = [Math.max(squared(high), 1.5), Math.max(squared(-low), SQUARE)];
    const seconds = signal.length / rate;
    const width = PULSE + Math.ceil((SPEED * seconds) / 5) * 5;
    const bottom = SCALE * (top + floor);
    const y = (mV) => SCALE * (top - Math.min(top - MARGIN, Math.max(MARGIN - floor, mV)));
    const height = bottom + TICKS + (attention ? TRACK : 0);

    const svg = make("svg", { width: `${width}mm`, height: `${height}mm`, viewBox: `0 0 ${width} ${height}`, role: "img" });
    svg.append(make("title", {}, label));
    // The coarse squares begin at the baseline, which lies on one of their lines.
    svg.append(make("defs", {}, squares("ecg-fine", 1), squares("ecg-coarse", 5)));
    for (const fill of ["ecg-fine", "ecg-coarse"]) {
      svg.append(make("rect", { width, height: bottom, fill: `url(#${fill})` }));
    }
    const pulse = [[1, 0], [2, 0], [2, 1], [7, 1], [7, 0], [8, 0]].map(([x, mV]) => [x, y(mV)]);
    svg.append(make("path", { d: points(pulse), class: "ecg-trace" }));
    const trace = along(signal, SPEED * seconds, (value) => y(value - centre));
    svg.append(make("path", { d: points(trace), class: "ecg-trace", id: "ecg-trace" }));
    for (let second = 0; second <= seconds; second++) {
      svg.append(make("text", { x: PULSE + SPEED * second, y: bottom + 4, class: "ecg-tick" }, `${second} s`));
    }
    if (attention) {
      const most = attention.reduce((most, value) => Math.max(most, value), 0) || 1;
      const base = height - 1;
      const above = along(attention, SPEED * seconds, (value) => base - ((TRACK - 2) * value) / most);
      const ends = [[PULSE + SPEED * seconds, base], [PULSE, base]];
      svg.append(make("path", { d: `${points([...above, ...ends])}Z`, class: "ecg-attention", id: "ecg-attention" }));
    }
    return { svg, cut: high > top - MARGIN || -low > floor - MARGIN };
  }

  Object.assign(ecgclf, { drawPaper });
})();
